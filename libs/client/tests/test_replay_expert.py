from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from labelwright_client.replay.expert import cause
from labelwright_client.replay.monitor import poll_until
from labelwright_client.replay.plan import Plan, ReplayOptions, make_plan
from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.scale import Scale, ScaleName, Value
from schemas.queue import ContextVote, Lease, LeaseContext


def plan_of(scale: ScaleName, low: Value, high: Value) -> Plan:
    votes = [Vote("1", "a", low), Vote("1", "b", high)]
    recording = Recording(Scale(scale, "as asked"), votes, {"1": {"item_id": "1"}}, gold={})
    return make_plan(recording, ReplayOptions())


def lease_about(*answers: Any) -> Lease:
    votes = [ContextVote(label={"label": answer}) for answer in answers]
    return Lease(
        lease_id=uuid4(),
        expires_at=datetime.now(UTC),
        stage="adjudicate",
        project="replay-x",
        spec_version=1,
        task_type="replay",
        task_id=uuid4(),
        external_id="1",
        payload={},
        context=LeaseContext(reason="They disagree.", votes=votes),
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["x", "x", "y"], "slip"),
        (["x", "y", "y"], "ambiguous_data"),
        (["x", "y"], "ambiguous_data"),
        ([], "ambiguous_data"),
    ],
)
def test_a_conflict_is_a_slip_only_where_most_were_right(answers: list[str], expected: str) -> None:
    assert cause(plan_of("nominal", "x", "y"), lease_about(*answers), "x") == expected


def test_a_rating_is_compared_as_the_file_writes_it() -> None:
    assert cause(plan_of("ordinal", "1", "6"), lease_about(6, 6, 1), "6") == "slip"


def test_a_number_within_the_tolerance_was_right() -> None:
    assert cause(plan_of("interval", 0, 100), lease_about(45, 55, 90), 50) == "slip"


async def test_polling_ends_with_the_wanted_state() -> None:
    seen = iter(range(9))

    async def read() -> int:
        return next(seen)

    assert await poll_until(read, lambda number: number >= 2, seconds=60) == 2


async def test_polling_ends_after_its_time() -> None:
    async def read() -> int:
        return 0

    assert await poll_until(read, lambda number: number > 0, seconds=0) == 0
