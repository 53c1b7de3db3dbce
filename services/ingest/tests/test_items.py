"""Reading the items of a project: one by its id, all in the order in which they came."""

from typing import Any
from uuid import uuid4

import pytest

from schemas.vocabulary import item_id

ITEMS = [
    {
        "external_id": f"song-{number}",
        "payload": {"text": f"la {number}"},
        "metadata": {"n": number},
    }
    for number in range(5)
]


async def got(ingest: Any, path: str = "", **params: Any) -> Any:
    return await ingest.http.get(f"/v1/projects/p/items{path}", params=params, headers=ingest.owner)


async def test_items_are_listed_page_by_page_in_the_order_they_came(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS)

    first = (await got(ingest, limit=3)).json()
    second = (await got(ingest, limit=3, cursor=first["next"])).json()

    assert [item["external_id"] for item in first["items"]] == ["song-0", "song-1", "song-2"]
    assert [item["external_id"] for item in second["items"]] == ["song-3", "song-4"]
    assert second["next"] is None


async def test_an_item_is_seen_with_its_newest_payload_and_whether_it_is_gold(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS)
    gold = {"external_id": "song-1", "payload": {"text": "new"}, "label": {"mood": "good"}}
    await ingest.post_ok("/gold", [gold])

    seen = (await got(ingest, f"/{item_id('p', 'song-1', '')}/content")).json()

    assert (seen["external_id"], seen["payload"]) == ("song-1", {"text": "new"})
    assert (seen["revision"], seen["gold"]) == (2, True)


async def test_of_a_large_payload_the_digest_is_given_by_which_it_is_a_blob(ingest: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [{"external_id": "long", "payload": {"text": "x" * 300_000}}])

    seen = (await got(ingest, f"/{item_id('p', 'long', '')}/content")).json()
    blob = await ingest.http.get(f"/v1/blobs/{seen['payload_sha256']}", headers=ingest.owner)

    assert seen["payload"] is None
    assert blob.json() == {"text": "x" * 300_000}


@pytest.mark.parametrize("cursor", ["x", "-1", "٣", str(2**63)])
async def test_what_is_no_cursor_is_refused(ingest: Any, cursor: str) -> None:
    assert (await got(ingest, cursor=cursor)).json()["type"] == "urn:problem:bad-cursor"


async def test_items_are_not_shown_to_annotators_and_others_projects_have_none(
    ingest: Any, tokens: Any
) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", ITEMS)
    annotator = tokens.bearer("ada", "annotator")

    unknown = await got(ingest, f"/{uuid4()}/content")
    refused = await ingest.http.get("/v1/projects/p/items", headers=annotator)

    assert (unknown.status_code, refused.status_code) == (404, 403)
