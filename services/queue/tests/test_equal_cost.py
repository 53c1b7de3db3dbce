"""Honeypots cost the service the same as work: the same statements, and the same bytes written.

Durations depend on these, but noise of the machine hides them, so nothing is timed here. Statements
are counted; written bytes are read from PostgreSQL's write-ahead log, which grows by about 400
bytes for a row with its index entries. The tenth of the calls with the most bytes is left out,
because whole pages are written after a checkpoint and in a vacuum.
"""

from collections import Counter, defaultdict
from statistics import mean
from typing import Any

import pytest
from blindness_crowd import ENDS, PEOPLE, Crowd, project
from queue_costs import APART_MAX, typical, written

LEASES = 360
Costs = dict[tuple[str, bool], list[int]]
"""Costs by kind of call, for work (False) and honeypots (True)."""


async def costs(crowd: Crowd, statements: Counter[str]) -> tuple[Costs, Costs]:
    """Return the statements and bytes of each call, for one lease after the other."""
    calls: list[tuple[str, int, int]] = []

    async def noted(what: str, call: Any) -> Any:
        before = await written(crowd)
        statements.clear()
        found = await call
        sent = statements.total()
        calls.append((what, sent, await written(crowd) - before))
        return found

    for n in range(LEASES):
        [sight] = await noted("asked", crowd.lease(n % PEOPLE, 1))
        how = ENDS[n // PEOPLE % len(ENDS)]
        await noted(how, crowd.end(n % PEOPLE, sight, how))
    sent, wrote = defaultdict(list), defaultdict(list)
    truth = [is_true for is_true in await crowd.honeypots() for _ in ("asked", "ended")]
    # The first calls fill the caches.
    for (what, count, size), is_true in list(zip(calls, truth, strict=True))[2:]:
        sent[what, is_true].append(count)
        wrote[what, is_true].append(size)
    return sent, wrote


@pytest.mark.parametrize("redundancy", [1, 2])
async def test_a_honeypot_takes_the_statements_and_the_writes_that_work_takes(
    crowd: Crowd, statements: Counter[str], redundancy: int
) -> None:
    policy = {"redundancy": redundancy, "first_rate": 0.5, "rate": 0.5}
    await crowd.deliver(*project(crowd.chance, 900, 400, **policy))

    sent, wrote = await costs(crowd, statements)

    kinds = ("asked", *ENDS)
    apart = {one: typical(wrote[one, True]) - typical(wrote[one, False]) for one in kinds}
    counts = {one: (mean(sent[one, True]), mean(sent[one, False])) for one in kinds}
    assert all(min(some) > 2 for some in sent.values()), counts
    assert all(set(sent[one, True]) == set(sent[one, False]) for one in kinds), counts
    assert all(abs(size) <= APART_MAX for size in apart.values()), apart
