"""Payloads that are too large to be inline, and payloads without the text that fields need."""

from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from blobs import MissingBlob
from schemas.canonical import canonical, digest
from schemas.events import TaskCreated

TEXT = "Grüße aus 東京 😀. " * 20_000
LARGE = {"text": TEXT}
SPANS = [{"name": "who", "kind": "spans"}]
RIGHT = {"who": [{"start": 10, "end": 12, "quote": "東京"}]}
WRONG = {"who": [{"start": 10, "end": 12, "quote": "xy"}]}


async def test_the_task_of_a_large_payload_names_its_blob_and_size(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [{"external_id": "a", "payload": LARGE}])

    [task] = await ingest.published(TaskCreated)

    assert (task.payload, task.blob, task.blob_size) == (None, digest(LARGE), len(canonical(LARGE)))


async def test_the_size_is_published_again_when_the_item_is_relabeled(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [{"external_id": "a", "payload": LARGE}])
    await ingest.publish(relabel="all", redundancy=2)
    await ingest.roll_out()

    tasks = await ingest.published(TaskCreated)

    assert [task.blob_size for task in tasks] == [len(canonical(LARGE))] * 2


async def test_a_small_payload_has_no_blob_even_with_a_key_named_blob(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [{"payload": {"blob": "0" * 64}}])

    [task] = await ingest.published(TaskCreated)

    assert (task.payload, task.blob, task.blob_size) == ({"blob": "0" * 64}, None, None)


async def test_a_large_payload_may_be_stored_in_an_object_store(
    ingest_on_object_store: Any,
) -> None:
    ingest = ingest_on_object_store
    await ingest.publish()
    await ingest.post_ok("/items", [{"external_id": "a", "payload": LARGE}])
    [task] = await ingest.published(TaskCreated)
    url = f"/v1/blobs/{task.blob}"

    whole = await ingest.http.get(url, headers=ingest.owner)
    part = await ingest.http.get(url, headers={**ingest.owner, "range": "bytes=0-8"})

    assert whole.json() == LARGE
    assert (part.status_code, part.content) == (206, canonical(LARGE)[:9])
    address = await ingest.app.state.blobs.signed_url(task.blob, timedelta(seconds=60))
    async with httpx.AsyncClient() as outside:
        assert (await outside.get(address)).json() == LARGE
    assert not (ingest.app.state.settings.state_dir / "blobs").exists()


async def test_a_payload_that_was_deleted_from_the_store_is_missing(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [{"payload": LARGE}])
    await ingest.app.state.blobs.delete(digest(LARGE))

    answer = await ingest.http.get(f"/v1/blobs/{digest(LARGE)}", headers=ingest.owner)

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:missing-blob")
    with pytest.raises(MissingBlob):
        await ingest.app.state.blobs.get(digest(LARGE))


@pytest.mark.parametrize("payload", [LARGE, {"text": TEXT[:100]}], ids=["large", "small"])
async def test_gold_spans_are_checked_against_the_text_however_large(
    ingest: Any, payload: dict[str, Any]
) -> None:
    await ingest.publish(SPANS)

    wrong = await ingest.post_ok(
        "/gold", [{"external_id": "a", "payload": payload, "label": WRONG}]
    )
    right = await ingest.post_ok(
        "/gold", [{"external_id": "a", "payload": payload, "label": RIGHT}]
    )

    [refused] = wrong["rejected"]
    assert refused["problem"]["pointer"] == "/label/who/0/quote"
    assert (wrong["created"], right["created"], right["rejected"]) == (0, 1, [])


@pytest.mark.parametrize("payload", [LARGE, {"text": TEXT[:100]}], ids=["large", "small"])
async def test_suggested_spans_are_checked_against_the_text_however_large(
    ingest: Any, payload: dict[str, Any]
) -> None:
    await ingest.publish(SPANS)
    suggested = [{"model": "m", "value": value} for value in (WRONG, RIGHT)]

    verdict = await ingest.post_ok("/items", [{"payload": payload, "prelabels": suggested}])
    [task] = await ingest.published(TaskCreated)

    assert [entry["problem"]["pointer"] for entry in verdict["warnings"]] == [
        "/prelabels/0/value/who/0/quote"
    ]
    assert [entry.value for entry in task.prelabels] == [RIGHT]


WITHOUT_TEXT = [{"title": "no text"}, {"text": 5}, {"text": None}]


@pytest.mark.parametrize("payload", WITHOUT_TEXT)
@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/items", {}),
        ("/gold", {"label": {"who": []}}),
        ("/signals", {"kind": "low_confidence", "external_id": "a"}),
    ],
)
async def test_an_item_without_the_text_that_its_spans_need_is_rejected(
    ingest: Any, path: str, more: dict[str, Any], payload: dict[str, Any]
) -> None:
    await ingest.publish(SPANS)
    good = {"payload": {"text": "x"}, **more, "external_id": "good"}

    verdict = await ingest.post_ok(path, [{"payload": payload, **more}, good])

    [refused] = verdict["rejected"]
    assert (refused["index"], refused["problem"]["pointer"]) == (0, "/payload/text")
    assert "no text “text”" in refused["problem"]["message"]
    assert verdict["created"] == 1


async def test_a_signal_about_a_known_item_need_not_repeat_its_text(ingest: Any) -> None:
    await ingest.publish(SPANS)
    await ingest.post_ok("/items", [{"external_id": "a", "payload": {"text": "x"}}])
    signal = {"kind": "low_confidence", "external_id": "a", "payload": {"score": "low"}}

    verdict = await ingest.post_ok("/signals", [signal])

    assert (verdict["raised"], verdict["rejected"]) == (1, [])


async def test_without_a_specification_any_payload_is_taken(ingest: Any) -> None:
    lines = b"\n".join(orjson.dumps({"payload": payload}) for payload in WITHOUT_TEXT)

    answer = await ingest.http.post(
        "/v1/projects/p/items",
        content=lines,
        headers={**ingest.owner, "content-type": "application/x-ndjson"},
    )

    assert answer.json()["created"] == 3
