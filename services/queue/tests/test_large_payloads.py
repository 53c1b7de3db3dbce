"""Items with payloads in the blob store are leased, annotated and checked like all others."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from alembic import command
from queue_harness import NOW, Queue, conflict, honeypot, review, spec, task

from blobs import digest_of
from chassis import migrations, testing
from chassis.db.database import driver_url
from labelwright_local import object_store
from queue_service.app import create_app
from queue_service.settings import Settings
from schemas.canonical import canonical, digest
from schemas.events import AnnotationSubmitted, SpecPublished, TaskCreated
from schemas.queue import Leases
from schemas.vocabulary import SpecDocument

TEXT = "Grüße aus 東京 😀. " * 20_000
LARGE = {"text": TEXT}
RIGHT = {"who": [{"start": 10, "end": 12, "quote": "東京"}]}
WRONG = {"who": [{"start": 10, "end": 12, "quote": "xy"}]}
BEYOND = {"who": [{"start": len(TEXT), "end": len(TEXT) + 2, "quote": "xy"}]}
NOTHING: dict[str, Any] = {"who": []}
QUOTE = "/label/who/0/quote"


def spans(**policy: Any) -> SpecPublished:
    event = spec(**policy)
    fields = [{"name": "who", "kind": "spans"}]
    document = SpecDocument.model_validate({**event.document, "fields": fields}, strict=False)
    content = document.model_dump(mode="json")
    return event.model_copy(update={"document": content, "spec_hash": digest(content)})


def large(n: int = 1, **more: Any) -> TaskCreated:
    facts = {"payload": None, "blob": digest(LARGE), "blob_size": len(canonical(LARGE))}
    return task(n, **{**facts, **more})


async def store_payload(queue: Queue, payload: dict[str, Any] = LARGE) -> None:
    await queue.app.state.blobs.put_if_absent(digest(payload), canonical(payload))


@pytest.fixture
def own_settings(tmp_path: Any, fresh_database: Any, migrated: str, tokens: testing.Tokens) -> Any:
    def made(**more: Any) -> Settings:
        url = fresh_database(template=migrated)
        return testing.settings(Settings, tokens, url, state_dir=tmp_path, **more)

    return made


async def serving(settings: Settings, tokens: testing.Tokens) -> AsyncIterator[Queue]:
    app = create_app(settings)
    async with testing.serving(app) as http:
        queue = Queue(app, http, tokens)
        await queue.deliver(spans(), large())
        await store_payload(queue)
        yield queue


@pytest.fixture
async def queue(own_settings: Any, tokens: testing.Tokens) -> AsyncIterator[Queue]:
    async for one in serving(own_settings(), tokens):
        yield one


@pytest.fixture
async def on_object_store(
    own_settings: Any, tokens: testing.Tokens, object_store_server: Any
) -> AsyncIterator[Queue]:
    settings = own_settings(
        blob_store_url=f"s3://{object_store.BUCKET}/{uuid4().hex}",
        blob_store_endpoint=object_store_server.endpoint,
        blob_store_access_key_id=object_store.ACCESS_KEY_ID,
        blob_store_secret_access_key=object_store.SECRET_ACCESS_KEY,
    )
    async for one in serving(settings, tokens):
        yield one


# Leases.


async def test_a_lease_names_a_large_payload_outside_the_payload(queue: Queue) -> None:
    [lease] = await queue.lease("ada")

    blob = lease["blob"]
    assert lease["payload"] is None
    assert (blob["sha256"], blob["size"]) == (digest(LARGE), len(canonical(LARGE)))
    answer = await queue.http.get(blob["url"])
    assert (answer.status_code, answer.json()) == (200, LARGE)
    Leases.model_validate({"leases": [lease]}, strict=False)


async def test_an_item_that_looks_like_a_reference_is_shown_as_it_is(queue: Queue) -> None:
    looks_like_one = {"blob": "0" * 64}
    await queue.deliver(task(2, payload=looks_like_one, priority=9))

    [lease] = await queue.lease("ada")

    assert (lease["payload"], lease["blob"]) == (looks_like_one, None)


async def test_each_response_signs_the_address_anew(
    queue: Queue, tokens: testing.Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lease] = await queue.lease("ada")
    bearer = tokens.bearer("ada", "annotator")
    monkeypatch.setattr("blobs.signing.time", lambda: 4_000_000_000)
    expired = await queue.http.get(lease["blob"]["url"])

    again = (await queue.http.get("/v1/leases", headers=bearer)).json()["leases"][0]

    assert (expired.status_code, expired.json()["type"]) == (403, "urn:problem:invalid-signature")
    assert (await queue.http.get(again["blob"]["url"])).json() == LARGE


async def test_the_address_of_an_object_store_is_presigned(on_object_store: Queue) -> None:
    queue = on_object_store
    [lease] = await queue.lease("ada")

    async with httpx.AsyncClient() as outside:
        found = await outside.get(lease["blob"]["url"])
    wrong = await queue.answer("ada", lease, WRONG)
    right = await queue.answer("ada", lease, RIGHT)

    assert found.json() == LARGE
    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_the_size_of_what_came_in_before_sizes_were_told_is_unknown(queue: Queue) -> None:
    await queue.deliver(large(2, blob_size=None, priority=9))

    [lease] = await queue.lease("ada")

    assert lease["blob"]["size"] is None


# Checks.


async def test_spans_are_checked_against_a_large_text(queue: Queue) -> None:
    [lease] = await queue.lease("ada")

    wrong = await queue.answer("ada", lease, WRONG)
    beyond = await queue.answer("ada", lease, BEYOND)
    right = await queue.answer("ada", lease, RIGHT)
    again = await queue.answer("ada", lease, RIGHT)

    assert [one.status_code for one in (wrong, beyond, right, again)] == [422, 422, 201, 200]
    assert wrong.json()["errors"][0]["pointer"] == QUOTE
    assert beyond.json()["errors"][0]["pointer"] == "/label/who/0/end"
    [event] = await queue.published()
    assert event.label == RIGHT


async def test_a_change_while_the_answer_is_held_is_checked_too(queue: Queue) -> None:
    await queue.empty()
    await queue.deliver(spans(undo_seconds=600), large())
    [lease] = await queue.lease("ada")
    await queue.answer("ada", lease, NOTHING)

    wrong = await queue.answer("ada", lease, WRONG)
    right = await queue.answer("ada", lease, RIGHT)

    assert (wrong.status_code, right.status_code) == (422, 200)


async def test_many_answers_at_once_are_each_checked(queue: Queue) -> None:
    await queue.deliver(*(large(n, redundancy=1) for n in range(2, 30)))
    leases = await queue.lease("ada", count=20)
    labels = [(RIGHT, WRONG, NOTHING)[n % 3] for n in range(len(leases))]

    answers = await asyncio.gather(
        *(queue.answer("ada", lease, label) for lease, label in zip(leases, labels, strict=True))
    )

    expected = [422 if label is WRONG else 201 for label in labels]
    assert [answer.status_code for answer in answers] == expected


async def test_bulk_answers_are_checked_against_large_texts(
    queue: Queue, tokens: testing.Tokens
) -> None:
    await queue.deliver(large(2), large(3), task(4, payload={"text": TEXT[:100]}))
    labels = {"x1": RIGHT, "x2": WRONG, "x3": NOTHING, "x4": RIGHT}
    annotations = [{"external_id": one, "label": label} for one, label in labels.items()]
    model = tokens.bearer("m", "annotator", kind="model")
    body = {"project": "p", "annotations": annotations}

    first = await queue.http.post("/v1/annotations/bulk", json=body, headers=model)
    again = await queue.http.post("/v1/annotations/bulk", json=body, headers=model)

    assert first.json()["accepted"] == 3
    assert [one["index"] for one in first.json()["refused"]] == [1]
    assert "/label/who/0/quote" in first.json()["refused"][0]["problem"]
    assert (again.json()["accepted"], again.json()["unchanged"]) == (0, 3)
    published = [
        event for event in await queue.published() if isinstance(event, AnnotationSubmitted)
    ]
    assert len(published) == 3


async def test_a_honeypot_is_answered_like_work(queue: Queue) -> None:
    await queue.empty()
    mixed = {"first_rate": 1.0, "rate": 1.0}
    gold = {"payload": None, "blob": digest(LARGE), "blob_size": len(canonical(LARGE))}
    await queue.deliver(spans(honeypots=mixed), large(), honeypot(1, **gold))
    [shown] = await queue.lease("ada")
    assert shown["blob"]["sha256"] == digest(LARGE)

    wrong = await queue.answer("ada", shown, WRONG)
    right = await queue.answer("ada", shown, RIGHT)

    assert (wrong.status_code, right.status_code) == (422, 201)
    [event] = await queue.published()
    assert event.purpose == "honeypot"


async def test_later_stages_and_skips_are_checked_too(queue: Queue) -> None:
    await queue.empty()
    at_once = {"experienced_first_seconds": 0}
    await queue.deliver(spans(adjudication=at_once, review=at_once), *(large(n) for n in (1, 2, 3)))
    await queue.deliver(conflict(n=1), review(2))
    [settling] = await queue.lease("cleo", "adjudicator")
    [reviewing] = await queue.lease("remy", "reviewer")
    [leased] = await queue.lease("ada")
    fix = {"verdict": "fix"}
    two = [RIGHT, NOTHING]

    answers = [
        await queue.settle("cleo", settling, WRONG),
        await queue.settle("cleo", settling, RIGHT),
        await queue.put("remy", reviewing, "review", {**fix, "label": WRONG}),
        await queue.put("remy", reviewing, "review", {**fix, "label": RIGHT}),
        await queue.skip("ada", leased, "two_labels_fit", labels=[WRONG, NOTHING]),
        await queue.skip("ada", leased, "two_labels_fit", labels=two),
    ]

    assert settling["blob"]["sha256"] == reviewing["blob"]["sha256"] == digest(LARGE)
    assert [one.status_code for one in answers] == [422, 201, 422, 201, 422, 204]
    assert answers[4].json()["errors"][0]["pointer"] == "/labels/0/who/0/quote"


# Failures of the blob store.


async def test_an_answer_that_cannot_be_checked_is_not_taken(
    queue: Queue, tokens: testing.Tokens
) -> None:
    [lease] = await queue.lease("ada")
    await queue.app.state.blobs.delete(digest(LARGE))

    absent = await queue.answer("ada", lease, RIGHT)
    blank = await queue.answer("ada", lease, NOTHING)
    body = {"project": "p", "annotations": [{"external_id": "x1", "label": RIGHT}]}
    bulk = await queue.http.post(
        "/v1/annotations/bulk", json=body, headers=tokens.bearer("m", "annotator", kind="model")
    )

    assert (absent.status_code, absent.json()["type"]) == (503, "urn:problem:payload-unavailable")
    assert absent.headers["retry-after"] == "5"
    assert blank.status_code == 201
    [refused] = bulk.json()["refused"]
    assert "cannot be read at this moment" in refused["problem"]


async def test_a_payload_that_rotted_is_no_measure_of_an_answer(queue: Queue) -> None:
    [lease] = await queue.lease("ada")
    path = queue.app.state.blobs.folder / digest(LARGE)
    path.write_bytes(canonical({"text": TEXT.replace("東京", "xy")}))
    assert digest_of(path.read_bytes()) != digest(LARGE)

    answer = await queue.answer("ada", lease, WRONG)

    assert answer.status_code == 503


async def test_nothing_is_held_in_the_database_while_a_payload_is_read(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lease] = await queue.lease("ada")
    store, waits = queue.app.state.blobs, asyncio.Event()
    read, reading = store.get, asyncio.Event()

    async def slow(sha256: str) -> bytes:
        reading.set()
        await waits.wait()
        content: bytes = await read(sha256)
        return content

    monkeypatch.setattr(store, "get", slow)
    answer = asyncio.create_task(queue.answer("ada", lease, RIGHT))
    await asyncio.wait_for(reading.wait(), 20)
    open_now = await queue.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
    )
    waits.set()

    assert open_now[0][0] == 0
    assert (await answer).status_code == 201


# Migration of the old form.

OLD_WORK = """
INSERT INTO work (task_id, stage, subject, project, item_id, spec_version, task_type, purpose,
    priority, skills, shard, payload, prelabels, pick, created_at)
VALUES ($1, 'annotate', $1, 'p', $1, 1, 'mood', 'work', 5, '{}', 1, $2, '[]', 0, $3)
"""


@pytest.mark.parametrize(
    ("stored", "is_name"),
    [
        ('{"blob": "%s"}' % ("ab" * 32), True),
        ('{"blob": "short"}', False),
        ('{"blob": 5}', False),
        ('{"blob": "%s", "text": "x"}' % ("ab" * 32), False),
        ('{"text": "x"}', False),
    ],
    ids=["a name", "a short one", "a number", "more than a name", "a text"],
)
async def test_names_of_large_payloads_leave_the_payload(
    fresh_database: Any, stored: str, is_name: bool
) -> None:
    url = fresh_database()
    with ThreadPoolExecutor(1) as thread:
        config = migrations.config("queue_service", url)
        thread.submit(command.upgrade, config, "0003").result()
        connection = await asyncpg.connect(driver_url(url))
        await connection.execute(OLD_WORK, UUID(int=1), stored, NOW)
        thread.submit(command.upgrade, config, "head").result()

    row = await connection.fetchrow("SELECT payload, blob, blob_size FROM work")
    await connection.close()

    expected = (None, "ab" * 32, None) if is_name else (stored, None, None)
    assert tuple(row) == expected
