"""The limit of dead letters: a general fault stops the consumer, that of one project does not."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.events.dead_letters import DeadLetters, TooManyDeadLetters

RECORD = cast(
    "Any", SimpleNamespace(topic="t", partition=0, offset=0, value=b"", key=b"", headers=[])
)


class Producer:
    """Accepts every record; test_chassis.py tests with Kafka."""

    async def send_and_wait(self, *_args: object, **_more: object) -> None: ...


async def put_aside(projects: list[str]) -> None:
    letters = DeadLetters(cast("Any", Producer()), "toy", 10)
    for project in projects:
        await letters.add(RECORD, ValueError("no"), project)


async def test_one_project_never_stops_the_consumer() -> None:
    await put_aside(["p"] * 100 + ["q"] * 100)


@pytest.mark.parametrize("projects", [["p", "q", "r"] * 10, [""] * 30])
async def test_many_projects_or_unreadable_records_do(projects: list[str]) -> None:
    with pytest.raises(TooManyDeadLetters):
        await put_aside(projects)


async def test_the_limit_itself_is_allowed() -> None:
    await put_aside([""] * 10)
