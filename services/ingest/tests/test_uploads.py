"""Uploaded files: a preview before anything is imported, a verdict with lines, rejected rows."""

import asyncio
import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from ingest_service.operations import upload_imports
from schemas.events import TaskCreated

SHEET = "Item ID;text\r\nT-1;Grüße, Ada\r\nT-2;\r\nT-1;Anders\r\n;leer\r\n".encode("cp1252")


async def upload(ingest: Any, content: bytes, name: str = "a.csv", **query: str) -> Any:
    return await ingest.http.post(
        "/v1/projects/p/uploads",
        params={"filename": name, **query},
        content=content,
        headers=ingest.owner,
    )


async def items(ingest: Any) -> list[dict[str, Any]]:
    async with ingest.database.transaction() as transaction:
        connection = await transaction.connection()
        rows = await connection.fetch(
            "SELECT external_id, revision, payload, metadata, source FROM items ORDER BY position"
        )
    return [dict(row) for row in rows]


async def test_an_uploaded_file_is_understood_before_anything_is_imported(ingest: Any) -> None:
    answer = await upload(ingest, SHEET, "Tickets März.csv")
    body = answer.json()

    assert answer.status_code == 201, answer.text
    understood = body["understood"]
    assert (understood["encoding"], understood["delimiter"]) == ("cp1252", ";")
    assert (understood["id_column"], understood["payload_columns"]) == ("Item ID", ["text"])
    assert (body["rows"], body["duplicates"]) == (4, 1)
    assert body["first_rows"][0] == {
        "line": 2,
        "item": {"external_id": "T-1", "payload": {"text": "Grüße, Ada"}},
    }
    assert body["problems"] == [
        {
            "message": "The id 'T-1' came on line 2 with other content.",
            "column": "Item ID",
            "lines": [4],
            "external_ids": [],
            "count": 1,
        },
        {
            "message": "The id is empty.",
            "column": "Item ID",
            "lines": [5],
            "external_ids": [],
            "count": 1,
        },
    ]
    assert await items(ingest) == []
    again = await ingest.http.get(f"/v1/projects/p/uploads/{body['id']}", headers=ingest.owner)
    assert again.json() == body


async def test_a_confirmed_file_is_imported_and_bad_rows_come_back_to_be_mended(
    ingest: Any,
) -> None:
    spec = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
    await ingest.publish(spec)
    path = f"/uploads/{(await upload(ingest, SHEET)).json()['id']}"
    assert (await ingest.http.get(f"/v1/projects/p{path}/rejected", headers=ingest.owner)).json()[
        "type"
    ] == "urn:problem:not-imported"

    verdict = await ingest.post_ok(f"{path}/import", {})

    assert (verdict["created"], verdict["changed"], verdict["rejected"]) == (2, 1, 1)
    assert verdict["problems"] == [
        {
            "message": "The id is empty.",
            "column": "Item ID",
            "lines": [5],
            "external_ids": [],
            "count": 1,
        }
    ]
    assert [item["payload"] for item in await items(ingest)] == [{"text": "Anders"}, {"text": ""}]
    assert len(await ingest.published(TaskCreated)) == 2
    rejected = await ingest.http.get(f"/v1/projects/p{path}/rejected", headers=ingest.owner)
    assert rejected.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(rejected.content.decode("utf-8-sig"))))
    assert rows == [
        ["rejected_because", "Item ID", "text"],
        ["Line 5, 'Item ID': The id is empty.", "", "leer"],
    ]
    mended = rejected.content.replace(b",,leer", b",T-3,leer")
    path = f"/uploads/{(await upload(ingest, mended)).json()['id']}"
    verdict = await ingest.post_ok(f"{path}/import", {})
    assert (verdict["created"], verdict["rejected"]) == (1, 0)
    assert (await items(ingest))[-1]["payload"] == {"text": "leer"}


async def test_a_file_without_an_id_column_is_not_imported_by_accident(ingest: Any) -> None:
    content = b"text,lang\na,de\nb,de\n"
    path = f"/uploads/{(await upload(ingest, content)).json()['id']}/import"

    refused = await ingest.post(path, {})
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:problem:no-id-column"
    assert "pass `id_column` with one of 'text', 'lang', or `no_id`" in refused.json()["detail"]
    assert (await ingest.post(path, {"id_column": "nr"})).json()["type"] == (
        "urn:problem:unknown-column"
    )
    verdict = await ingest.post_ok(path, {"no_id": True, "metadata_columns": ["lang"]})
    assert verdict["created"] == 2
    assert [(item["external_id"], item["metadata"]) for item in await items(ingest)] == [
        (None, {"lang": "de"})
    ] * 2


@pytest.mark.parametrize("label", ["label", "label.mood"])
async def test_gold_of_a_file_is_read_by_the_kind_of_its_field(ingest: Any, label: str) -> None:
    await ingest.publish([{"name": "mood", "kind": "rating"}])
    content = f"id,text,{label}\n1,a,4\n2,b,nine\n".encode()
    path = f"/uploads/{(await upload(ingest, content)).json()['id']}/import"

    verdict = await ingest.post_ok(path, {"gold": True})

    assert (verdict["created"], verdict["rejected"]) == (1, 1)
    assert verdict["rejected_rows"][0]["message"] == (
        "'nine' is no answer to a field of kind rating: write JSON, for example 4."
    )


async def test_json_lines_of_items_are_imported_with_all_their_fields(ingest: Any) -> None:
    lines = [
        {"external_id": "a", "payload": {"text": "x"}, "priority": 8},
        {"external_id": "b", "payload": {"text": "y"}, "priority": 80},
    ]
    content = gzip.compress("\n".join(map(json.dumps, lines)).encode())
    path = f"/uploads/{(await upload(ingest, content, 'a.ndjson.gz')).json()['id']}"

    verdict = await ingest.post_ok(f"{path}/import", {})

    assert (verdict["created"], verdict["rejected"]) == (1, 1)
    assert verdict["rejected_rows"][0]["line"] == 2
    assert verdict["rejected_rows"][0]["external_id"] == "b"
    rejected = await ingest.http.get(f"/v1/projects/p{path}/rejected", headers=ingest.owner)
    assert json.loads(rejected.content)["external_id"] == "b"


async def test_a_repeated_import_with_its_key_has_the_same_verdict(ingest: Any) -> None:
    path = f"/uploads/{(await upload(ingest, SHEET)).json()['id']}/import"
    first = await ingest.post_ok(path, {}, **{"Idempotency-Key": "k"})
    assert await ingest.post_ok(path, {}, **{"Idempotency-Key": "k"}) == first
    other = await ingest.post_ok(path, {})
    assert (other["created"], other["import_id"] == first["import_id"]) == (0, False)


async def test_an_import_killed_between_chunks_imports_every_row_once(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_imports, "CHUNK_ROWS", 10)
    content = "id,text\n" + "".join(f"{n},text {n}\n" for n in range(95))
    path = f"/uploads/{(await upload(ingest, content.encode())).json()['id']}/import"
    chunk_import = upload_imports._ImportJob._import
    calls = 0

    async def die_after_three(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise asyncio.CancelledError
        await chunk_import(*arguments)

    monkeypatch.setattr(upload_imports._ImportJob, "_import", die_after_three)
    started = await ingest.post(path, {}, prefer="wait=1")
    assert started.status_code == 202, started.text
    assert len(await items(ingest)) == 30
    async with ingest.database.transaction() as transaction:  # The claim of a killed process.
        await (await transaction.connection()).execute("UPDATE jobs SET claimed_until = now()")
    assert await ingest.app.state.job_runner.run_one(ingest.database)
    job = (await ingest.http.get(started.json()["url"], headers=ingest.owner)).json()
    assert (job["state"], job["result"]["created"]) == ("done", 95)
    assert len(await items(ingest)) == 95


async def test_a_file_that_cannot_be_read_is_refused_in_words(ingest: Any) -> None:
    refused = await upload(ingest, b"", "a.csv")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:problem:unreadable-file")
    assert (
        refused.json()["detail"]
        == "The file is empty: its first line must name the columns, for example 'id' and 'text'."
    )
    refused = await upload(ingest, b"x", "a.docx")
    assert "The format of 'a.docx' is unknown" in refused.json()["detail"]
    missing = await ingest.http.get(f"/v1/projects/p/uploads/{uuid4()}", headers=ingest.owner)
    assert missing.status_code == 404


async def test_a_file_may_be_larger_than_other_bodies_but_has_a_limit(ingest: Any) -> None:
    content = b"id,text\n" + b"".join(b"%d,%s\n" % (n, b"x" * 1000) for n in range(21_000))
    assert (await upload(ingest, content)).status_code == 201
    refused = await ingest.http.post("/v1/projects/p/items", content=content, headers=ingest.owner)
    assert refused.status_code == 413
    announced = {**ingest.owner, "content-length": "1000000001"}
    refused = await ingest.http.post(
        "/v1/projects/p/uploads?filename=a.csv", content=b"", headers=announced
    )
    assert refused.status_code == 413
    assert not list(ingest.app.state.settings.state_dir.glob("upload-*"))


async def test_a_spreadsheet_is_understood_and_imported_whatever_it_is_stored_as(
    ingest: Any, tmp_path: Path
) -> None:
    await ingest.publish()
    workbook = openpyxl.Workbook()
    for row in (["id", "text"], ["a", "first"], ["b", "second"]):
        workbook.active.append(row)
    workbook.save(tmp_path / "sheet.xlsx")
    workbook.close()

    uploaded = (await upload(ingest, (tmp_path / "sheet.xlsx").read_bytes(), "sheet.xlsx")).json()
    path = f"/v1/projects/p/uploads/{uploaded['id']}/import"
    verdict = await ingest.http.post(path, json={}, headers=ingest.owner)
    damaged = await upload(ingest, b"PK\x03\x04rest", "sheet.xlsx")

    assert uploaded["rows"] == 2
    assert verdict.status_code == 201, verdict.text
    assert verdict.json()["created"] == 2
    assert (damaged.status_code, damaged.json()["type"]) == (422, "urn:problem:unreadable-file")
