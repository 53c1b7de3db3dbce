"""People keep their own settings of the page on the server, each their own."""

from typing import Any

import pytest
from queue_harness import Queue

KEYS = {"keys": {"skip": "x", "suggestion": "F2"}}


async def call(
    queue: Queue, name: str, method: str, body: Any = None, role: str = "annotator"
) -> Any:
    who = queue.tokens.bearer(name, role)
    return await queue.http.request(method, "/v1/me/preferences", json=body, headers=who)


async def test_preferences_are_kept_for_each_person(queue: Queue) -> None:
    stored = await call(queue, "ada", "PUT", KEYS)

    assert stored.status_code == 204, stored.text
    assert (await call(queue, "ada", "GET")).json() == KEYS
    assert (await call(queue, "ada", "GET", role="adjudicator")).json() == KEYS
    assert (await call(queue, "bob", "GET")).json() == {"keys": {}}


async def test_the_last_preferences_replace_the_earlier_ones(queue: Queue) -> None:
    await call(queue, "ada", "PUT", KEYS)
    await call(queue, "ada", "PUT", {"keys": {}})

    assert (await call(queue, "ada", "GET")).json() == {"keys": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"keys": {"skip": "x" * 21}},
        {"keys": {"Skip it": "x"}},
        {"keys": {f"command_{n}".replace("0", "o"): "x" for n in range(51)}},
        {"keys": {}, "colour": "red"},
    ],
    ids=["long key", "no command", "too many", "unknown"],
)
async def test_preferences_are_small_and_known(queue: Queue, body: Any) -> None:
    refused = await call(queue, "ada", "PUT", body)

    assert refused.status_code == 422
    assert (await call(queue, "ada", "GET")).json() == {"keys": {}}
