"""Payloads too large for their records are served to callers who may read the version."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command

from chassis import migrations
from chassis.db.database import driver_url
from schemas.canonical import canonical, digest

LARGE = {"text": "x" * 300_000}
SHA256 = digest(LARGE)
REFERENCE = {"payload": None, "payload_sha256": SHA256, "blob": SHA256, "blob_size": 300_011}


@pytest.fixture
async def version(store: Any, history: Any) -> str:
    """The hash of a version with a large and a small payload."""
    await store.app.state.blobs.put_if_absent(SHA256, canonical(LARGE))
    history.spec()
    for more in (REFERENCE, {}):
        history.decided(**more)
    await store.deliver(history.events)
    published = await store.publish()
    hash_: str = published["hash"]
    return hash_


async def test_a_large_payload_is_given_by_the_digest_in_its_record(
    store: Any, version: str
) -> None:
    [named] = [entry for entry in await store.records(version) if entry["payload"] is None]
    url = f"/v1/versions/{version}/blobs/{named['payload_sha256']}"

    whole = await store.http.get(url, headers=store.trainer)
    part = await store.http.get(url, headers={**store.trainer, "range": "bytes=0-8"})

    assert hashlib.sha256(whole.content).hexdigest() == named["payload_sha256"] == SHA256
    assert whole.json() == LARGE
    assert (part.status_code, part.content) == (206, b'{"text":"')


async def test_a_large_payload_is_served_only_to_callers_who_may_read_the_version(
    store: Any, version: str, tokens: Any
) -> None:
    url = f"/v1/versions/{version}/blobs/{SHA256}"
    outside = tokens.bearer("t", "trainer", projects=["q"])

    anybody = await store.http.get(url)
    annotator = await store.http.get(url, headers=tokens.bearer("a", "annotator"))
    trainer = await store.http.get(url, headers=outside)

    assert [entry.status_code for entry in (anybody, annotator, trainer)] == [401, 403, 404]


async def test_a_payload_that_no_item_of_the_project_has_is_not_served(
    store: Any, version: str
) -> None:
    other = {"text": "of a honeypot, or of another project"}
    await store.app.state.blobs.put_if_absent(digest(other), canonical(other))

    answer = await store.http.get(
        f"/v1/versions/{version}/blobs/{digest(other)}", headers=store.trainer
    )

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:unknown-file")


async def test_a_large_payload_of_gold_alone_is_not_in_the_ledger(store: Any, history: Any) -> None:
    history.spec()
    history.task(purpose="honeypot", **REFERENCE)
    history.decided()
    await store.deliver(history.events)
    await store.app.state.blobs.put_if_absent(SHA256, canonical(LARGE))
    hash_ = (await store.publish())["hash"]

    answer = await store.http.get(f"/v1/versions/{hash_}/blobs/{SHA256}", headers=store.trainer)

    assert answer.status_code == 404


OLD_TASK = """
INSERT INTO tasks (task_id, project, item_id, revision, spec_version, payload_sha256, metadata)
VALUES ($1, 'p', $1, 1, 1, $2, '{}')
"""


async def test_the_migration_finds_the_large_payloads_stored_before_it(
    fresh_database: Any,
) -> None:
    url = fresh_database()
    with ThreadPoolExecutor(1) as thread:
        config = migrations.config("dataset_store_service", url)
        thread.submit(command.upgrade, config, "0002").result()
        connection = await asyncpg.connect(driver_url(url))
        for number, sha256 in enumerate(("a" * 64, "b" * 64, "a" * 64)):
            await connection.execute(OLD_TASK, UUID(int=number), sha256)
        await connection.execute("INSERT INTO payloads VALUES ($1, '{}')", "b" * 64)
        thread.submit(command.upgrade, config, "head").result()

    rows = await connection.fetch("SELECT project, sha256 FROM blobs")
    await connection.close()

    assert [tuple(row) for row in rows] == [("p", "a" * 64)]
