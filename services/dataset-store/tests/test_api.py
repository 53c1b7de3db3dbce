"""The HTTP API of the dataset-store: roles, files in ranges, refused requests."""

from typing import Any

import pytest
from prometheus_client import generate_latest

from schemas.dataset_store import Lineage, Manifest

NO_HASH = "0" * 64


@pytest.fixture
async def published(store: Any, history: Any) -> str:
    """The hash of a version."""
    history.spec()
    history.decided()
    await store.deliver(history.events)
    name: str = (await store.publish())["hash"]
    return name


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/project"),
        ({"project": "P!"}, "/project"),
        ({"project": "p", "decision_no": "1"}, "/decision_no"),
        ({"project": "p", "decision_no": -1}, "/decision_no"),
        ({"project": "p", "decision_no": 2**31}, "/decision_no"),
        ({"project": "p", "tag": "a b"}, "/tag"),
        ({"project": "p", "hue": 1}, "/hue"),
    ],
)
async def test_a_bad_request_is_refused_with_its_place(
    store: Any, body: dict[str, Any], pointer: str
) -> None:
    url = "/v1/datasets/d/versions"

    answer = await store.http.post(url, json=body, headers=store.trainer)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"project": "nowhere"}, 404, "unknown-project"),
        ({"project": "p", "decision_no": 2}, 409, "beyond-ledger"),
        ({"project": "p", "decision_no": 0}, 409, "nothing-decided"),
    ],
)
async def test_a_version_that_cannot_be_published_is_refused(
    store: Any, published: str, body: dict[str, Any], status: int, kind: str
) -> None:
    answer = await store.post("/datasets/other/versions", **body)
    left = await store.get("/datasets")

    assert published
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:problem:{kind}")
    assert [entry["dataset"] for entry in left["datasets"]] == ["d"]
    assert len(list(store.app.state.settings.versions.iterdir())) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/versions/{NO_HASH}", 404),
        ("/versions/xyz", 422),
        ("/versions/{hash}/files/other.jsonl", 404),
        ("/versions/{hash}/files/..%2F..%2Fetc", 404),
        ("/versions/{hash}/files/RECORDS.jsonl", 422),
        (f"/versions/{{hash}}/diff/{NO_HASH}", 404),
        ("/versions/{hash}/diff/{hash}?limit=0", 422),
        ("/versions/{hash}/diff/{hash}?after=x", 422),
        ("/datasets/nothing/versions", 404),
        ("/datasets/d/versions?after=0", 422),
        ("/labels/00000000-0000-0000-0000-000000000000/lineage", 404),
        ("/labels/x/lineage", 422),
        ("/projects/nowhere/labels/summary", 404),
        ("/projects/a%00b/labels/summary", 422),
    ],
)
async def test_an_unknown_path_or_id_is_refused(
    store: Any, published: str, path: str, status: int
) -> None:
    url = "/v1" + path.replace("{hash}", published)

    answer = await store.http.get(url, headers=store.trainer)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_annotators_can_not_see_which_items_have_labels(
    store: Any, published: str, tokens: Any
) -> None:
    annotator = tokens.bearer("ada", "annotator", "reviewer", "adjudicator")
    paths = [
        "/datasets",
        "/datasets/d/versions",
        f"/versions/{published}",
        f"/versions/{published}/files/records.jsonl",
        f"/versions/{published}/diff/{published}",
        "/labels/00000000-0000-0000-0000-000000000000/lineage",
        "/projects/p/labels/summary",
    ]

    codes = [(await store.http.get("/v1" + path, headers=annotator)).status_code for path in paths]
    without_token = [(await store.http.get("/v1" + path)).status_code for path in paths]

    assert codes == [403] * len(paths)
    assert without_token == [401] * len(paths)


async def test_a_version_is_shown_only_to_callers_of_its_project(
    store: Any, history: Any, published: str, tokens: Any
) -> None:
    stranger = tokens.bearer("tom", "trainer", projects=["q"])
    item = history.events[1].item_id
    paths = [
        "/datasets/d/versions",
        f"/versions/{published}",
        f"/versions/{published}/files/labels.parquet",
        f"/versions/{published}/diff/{published}",
        f"/labels/{item}/lineage",
        "/projects/p/labels/summary",
    ]

    codes = [(await store.http.get("/v1" + path, headers=stranger)).status_code for path in paths]
    listed = await store.http.get("/v1/datasets", headers=stranger)
    use = {"model": "m", "run": "r"}
    used = await store.http.post(f"/v1/versions/{published}/uses", json=use, headers=stranger)

    assert codes == [404] * len(paths)
    assert used.status_code == 404
    assert listed.json()["datasets"] == []


async def test_a_file_is_served_in_ranges_and_never_changes(store: Any, published: str) -> None:
    manifest = Manifest.model_validate(await store.get(f"/versions/{published}"), strict=False)
    for entry in manifest.renderings:
        url = f"/v1/versions/{published}/files/{entry.name}"
        whole = await store.http.get(url, headers=store.trainer)
        part = await store.http.get(url, headers={**store.trainer, "range": "bytes=4-9"})
        etag = whole.headers["etag"]
        same = await store.http.get(url, headers={**store.trainer, "if-none-match": etag})

        assert etag == f'"{entry.sha256}"'
        assert "immutable" in whole.headers["cache-control"]
        assert whole.headers["repr-digest"].startswith("sha-256=:")
        assert (part.status_code, part.content) == (206, whole.content[4:10])
        assert (same.status_code, same.content) == (304, b"")


async def test_a_dataset_lists_its_versions_newest_first(
    store: Any, history: Any, published: str
) -> None:
    history.decided()
    await store.deliver(history.events)
    newer = await store.publish(tag="new")

    listed = await store.get("/datasets/d/versions")
    older = await store.get("/datasets/d/versions?after=2")
    datasets = await store.get("/datasets")

    assert [(entry["number"], entry["tags"]) for entry in listed["versions"]] == [
        (2, ["new"]),
        (1, []),
    ]
    assert [entry["hash"] for entry in older["versions"]] == [published]
    assert datasets["datasets"] == [{"dataset": "d", "versions": 2, "newest": newer["hash"]}]


async def test_the_lineage_shows_the_order_in_which_each_annotator_saw_the_options(
    store: Any, history: Any
) -> None:
    task = history.task()
    first = history.annotation(task, {"mood": "good"}, presentation={"mood": ["bad", "good"]})
    earlier = history.annotation(task, {"mood": "good"})
    await store.deliver(history.events)

    lineage = Lineage.model_validate(
        await store.get(f"/labels/{task.item_id}/lineage"), strict=False
    )

    [found] = lineage.tasks
    shown = {one.annotation_id: one.presentation for one in found.annotations}
    assert shown == {first: {"mood": ["bad", "good"]}, earlier: {}}


async def test_an_item_that_is_known_by_its_votes_alone_has_a_lineage(
    store: Any, history: Any
) -> None:
    task, _ = history.decided()
    history.events.remove(task)
    await store.deliver(history.events)

    lineage = Lineage.model_validate(
        await store.get(f"/labels/{task.item_id}/lineage"), strict=False
    )

    assert lineage.state == "unreleased"
    assert [entry.revision for entry in lineage.tasks] == [None]
    assert len(lineage.tasks[0].annotations) == 2


async def test_the_time_to_the_ledger_is_measured(published: str) -> None:
    metrics = generate_latest().decode()

    assert published
    assert "labelwright_dataset_store_ledger_seconds_count" in metrics
