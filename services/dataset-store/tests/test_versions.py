"""Dataset versions with a real PostgreSQL: hash, files, tags, differences, lineage."""

import asyncio
from typing import Any

import pyarrow.parquet as pq

from schemas.canonical import digest, merkle_root
from schemas.dataset_store import Manifest, Record
from schemas.events import DatasetVersionPublished, TagMoved, VersionUsed

WIDER = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "mixed"]}]


async def test_a_version_matches_its_manifest(store: Any, history: Any) -> None:
    history.spec()
    for _ in range(12):
        history.decided()
    await store.deliver(history.events)

    published = await store.publish(tag="train")

    manifest = Manifest.model_validate(
        await store.get(f"/versions/{published['hash']}"), strict=False
    )
    assert digest(manifest.content()) == published["hash"] == manifest.hash
    assert manifest.records.count == published["records"] == 12
    assert [(entry.number, entry.tags) for entry in manifest.published] == [(1, ["train"])]
    files = {}
    for entry in manifest.renderings:
        url = f"/v1/versions/{manifest.hash}/files/{entry.name}"
        answer = await store.http.get(url, headers=store.trainer)
        files[entry.name] = answer.content
        assert len(answer.content) == entry.bytes
    lines = files["records.jsonl"].splitlines()
    assert merkle_root(lines) == manifest.records.root
    assert lines == sorted(lines, key=lambda line: Record.model_validate_json(line).item_id)


async def test_the_table_has_the_content_of_the_records(store: Any, history: Any) -> None:
    history.spec()
    history.spec(2, [*WIDER, {"name": "score", "kind": "number", "required": False}])
    history.decided()
    task = history.task(spec_version=2)
    history.decision(task, [])
    await store.deliver(history.events)
    published = await store.publish()

    path = next(store.app.state.settings.versions.glob("*/labels.parquet"))
    rows = pq.read_table(path).to_pylist()

    records = await store.records(published["hash"])
    assert [row["item_id"] for row in rows] == [record["item_id"] for record in records]
    assert [row["label.mood"] for row in rows] == ["good", "good"]
    assert {row["label.score"] for row in rows} == {None}
    assert {row["confidence"] for row in rows} == {0.123457}


async def test_the_same_content_is_the_same_version(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    await store.deliver(history.events)
    first = await store.publish()
    again = await store.post("/datasets/d/versions", project="p", tag="best")
    elsewhere = await store.post("/datasets/e/versions", project="p")

    history.decided()
    await store.deliver(history.events)
    second = await store.publish()
    back = await store.publish(decision_no=1)

    assert again.status_code == 200
    assert again.json() == first
    assert (elsewhere.status_code, elsewhere.json()["hash"]) == (201, first["hash"])
    assert (second["number"], back["number"]) == (2, 1)
    assert second["hash"] != first["hash"] == back["hash"]
    published_events = await store.published_events()
    versions = [e for e in published_events if isinstance(e, DatasetVersionPublished)]
    assert [(e.dataset, e.number, e.hash) for e in versions] == [
        ("d", 1, first["hash"]),
        ("e", 1, first["hash"]),
        ("d", 2, second["hash"]),
    ]
    assert [(e.tag, e.hash) for e in published_events if isinstance(e, TagMoved)] == [
        ("best", first["hash"])
    ]


async def test_concurrent_publishing_gives_one_version(store: Any, history: Any) -> None:
    history.spec()
    for _ in range(30):
        history.decided()
    await store.deliver(history.events)

    published = await asyncio.gather(*(store.publish(name) for name in "ddeeff"))

    assert len({entry["hash"] for entry in published}) == 1
    assert {entry["number"] for entry in published} == {1}
    assert len(list(store.app.state.settings.versions.iterdir())) == 1


async def test_a_dataset_holds_labels_of_one_project(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    other = type(history)("q")
    other.spec()
    other.decided()
    await store.deliver([*history.events, *other.events])
    await store.publish()

    answer = await store.post("/datasets/d/versions", project="q")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem:other-project"


async def test_a_training_is_noted_once(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    await store.deliver(history.events)
    hash_ = (await store.publish())["hash"]
    await store.published_events()

    first = await store.post(f"/versions/{hash_}/uses", model="m", run="1")
    again = await store.post(f"/versions/{hash_}/uses", model="m", run="1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    [event] = await store.published_events()
    assert isinstance(event, VersionUsed)


async def test_a_difference_has_the_changed_records_with_their_causes(
    store: Any, history: Any
) -> None:
    history.spec()
    history.spec(2, WIDER)
    tasks = [history.decided() for _ in range(5)]
    await store.deliver(history.events)
    a = (await store.publish())["hash"]
    (lost, lost_decision), (fixed, fixed_decision), (again, _), *_ = tasks
    history.conflict(lost, lost_decision.annotation_ids)
    history.decision(fixed, fixed_decision.annotation_ids, "review")
    newer = history.task(again, spec_version=2, supersedes=again.task_id)
    history.decision(newer, [])
    added, _ = history.decided()
    await store.deliver(history.events)
    b = (await store.publish())["hash"]

    diff = await store.get(f"/versions/{a}/diff/{b}")
    back = await store.get(f"/versions/{b}/diff/{a}")
    pages = [await store.get(f"/versions/{a}/diff/{b}?limit=1")]
    while pages[-1]["next"]:
        pages.append(await store.get(f"/versions/{a}/diff/{b}?limit=1&after={pages[-1]['next']}"))

    assert diff["counts"] == {
        "added": 1,
        "removed": 1,
        "changed": 2,
        "labels_changed": 0,
        "unchanged": 2,
    }
    assert [entry["item_id"] for entry in diff["added"]] == [str(added.item_id)]
    assert [entry["item_id"] for entry in diff["removed"]] == [str(lost.item_id)]
    assert {entry["item_id"]: entry["cause"] for entry in diff["changed"]} == {
        str(fixed.item_id): "review",
        str(again.item_id): "new_spec",
    }
    assert [entry["item_id"] for entry in back["added"]] == [str(lost.item_id)]
    assert len(pages) == 4
    assert sorted(entry["item_id"] for p in pages for entry in p["changed"]) == sorted(
        entry["item_id"] for entry in diff["changed"]
    )


async def test_every_label_has_its_lineage(store: Any, history: Any) -> None:
    history.spec()
    for _ in range(40):
        history.decided()
    task = history.task()
    ids = history.annotations(task, {"mood": "good"}, {"mood": "bad"})
    history.conflict(task, ids)
    adjudication = history.adjudication(task)
    decision = history.decision(task, [*ids, adjudication], "adjudicated")
    history.review(task, decision, "accept")
    await store.deliver(history.events)
    published = await store.publish()

    for record in await store.records(published["hash"]):
        lineage = await store.get(f"/labels/{record['item_id']}/lineage")
        [version] = lineage["versions"]
        assert version["hash"] == published["hash"]
        assert version["decision_no"] == record["decision_no"]
    lineage = await store.get(f"/labels/{task.item_id}/lineage")
    [task_lineage] = lineage["tasks"]
    assert lineage["state"] == "decided"
    assert [entry["adjudication_id"] for entry in task_lineage["adjudications"]] == [
        str(adjudication)
    ]
    assert [entry["verdict"] for entry in task_lineage["reviews"]] == ["accept"]
    assert [entry["contested"] for entry in task_lineage["decisions"]] == [False]
    assert len(task_lineage["conflicts"]) == 1
    assert len(task_lineage["annotations"]) == 2


async def test_files_that_a_crash_left_behind_are_replaced(store: Any, history: Any) -> None:
    history.spec()
    history.decided()
    await store.deliver(history.events)
    home = store.app.state.settings.versions
    hash_ = (await store.publish())["hash"]
    manifest = await store.get(f"/versions/{hash_}")
    (home / hash_ / "records.jsonl").write_bytes(b"half")
    async with store.app.state.database.transaction() as transaction:
        await (await transaction.connection()).execute("DELETE FROM versions")
        await (await transaction.connection()).execute("DELETE FROM publications")

    again = await store.publish()

    assert again["hash"] == hash_
    assert (await store.get(f"/versions/{hash_}"))["records"] == manifest["records"]
    assert len(await store.records(hash_)) == 1


async def test_five_thousand_items_are_published_in_seconds(store: Any, history: Any) -> None:
    history.spec()
    for _ in range(5_000):
        history.decided()
    by_kind = sorted(history.events, key=lambda event: str(event.kind()))
    for start in range(0, len(by_kind), 2000):
        await store.deliver(by_kind[start : start + 2000])
    loop = asyncio.get_running_loop()
    started = loop.time()

    published = await store.publish()

    assert published["records"] == 5_000
    assert loop.time() - started < 20


async def test_a_conflict_after_the_cut_changes_no_version_at_the_cut(
    store: Any, history: Any
) -> None:
    history.spec()
    task, decision = history.decided()
    history.decided()
    await store.deliver(history.events)
    before = await store.publish(decision_no=2)

    late = history.conflict(task, decision.annotation_ids).model_copy(update={"decision_no": 3})
    await store.deliver([late])
    again = await store.publish(decision_no=2)
    newest = await store.publish("newest")

    assert again["hash"] == before["hash"]
    assert (newest["decision_no"], newest["records"]) == (3, 1)
    assert newest["left_out"]["contested"] == 1
