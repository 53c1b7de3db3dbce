"""Tests of the submissions over time, which people who lead a project read."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from queue_harness import FAR, GOOD, Queue, conflict, honeypot, spec, task

from chassis.clock import utc_now


async def activity(
    queue: Queue, role: str = "spec_owner", status: int = 200, project: str = "p", **query: Any
) -> dict[str, Any]:
    who = queue.tokens.bearer("lea", role)
    path = f"/v1/projects/{project}/activity"
    answer = await queue.http.get(path, headers=who, params=query)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(found: dict[str, Any]) -> list[tuple[int, int, int]]:
    names = ("annotations", "reviews", "adjudications")
    rows = [tuple(bucket[name] for name in names) for bucket in found["buckets"]]
    return [row for row in rows if any(row)]


async def test_submissions_are_counted_by_time_and_stage(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2), task(4), task(3, project="q"), conflict(n=4))
    for lease in await queue.lease("ada", count=2):
        await queue.answer("ada", lease, GOOD)
    [lease] = await queue.lease("judy", "adjudicator")
    await queue.settle("judy", lease)

    found = await activity(queue, hours=1)

    assert found["bucket_seconds"] == 60
    assert len(found["buckets"]) == 60
    assert sum(row[0] for row in counts(found)) == 2
    assert sum(row[2] for row in counts(found)) == 1
    times = [datetime.fromisoformat(bucket["since"]) for bucket in found["buckets"]]
    assert {after - before for before, after in itertools.pairwise(times)} == {
        timedelta(seconds=60)
    }
    assert times[-1] <= utc_now() < times[-1] + timedelta(seconds=61)


async def test_honeypots_are_no_activity(queue: Queue) -> None:
    always = {"honeypots": {"first_rate": 1.0, "rate": 1.0}}
    await queue.deliver(spec(**always), task(1), honeypot(1))
    given = []
    while leases := await queue.lease("ada"):
        given += leases
        await queue.answer("ada", leases[0], GOOD)

    found = await activity(queue)

    assert len(given) == 2
    assert sum(row[0] for row in counts(found)) == 1


async def test_open_work_after_its_time_is_overdue(queue: Queue) -> None:
    passed = utc_now() - timedelta(hours=1)
    await queue.deliver(spec(), task(1, due_at=passed), task(2, due_at=FAR), task(3))

    assert (await activity(queue))["overdue"] == 1


async def test_a_pause_is_shown_to_leads(queue: Queue) -> None:
    await queue.deliver(spec())
    assert (await activity(queue))["paused"] is False
    path = "/v1/projects/p/pause"
    await queue.http.put(
        path, json={"paused": True}, headers=queue.tokens.bearer("lea", "spec_owner")
    )

    assert (await activity(queue))["paused"] is True


async def test_annotators_may_not_read_activity_and_unknown_projects_have_none(
    queue: Queue,
) -> None:
    await queue.deliver(spec())

    await activity(queue, "annotator", 403)
    await activity(queue, status=404, project="nothing")
    await activity(queue, status=422, hours=0)
