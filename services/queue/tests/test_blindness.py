"""Nobody can tell a honeypot: a classifier over everything that the API shows stays at chance.

Annotators work through thousands of leases over HTTP, with honeypots among them, and note all
that can be seen, down to the milliseconds. How often honeypots come is public, and that they come
more often at first: so only leases after that are compared. Durations are real, so no seed fixes
them; but whether a lease is a honeypot is decided by a keyed hash, which no noise of the machine
knows. What remains of false alarms is what the interval grants, about two runs in a thousand.
What a busy machine hides is in `test_equal_cost`, and what must be found in `test_planted_tells`.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence

from blindness import PLANTS, Sight, durations, tell
from blindness_crowd import PEOPLE, Crowd, project

LEASES = 5_120
FIRST = 10
RATE = 0.2
"""More than a policy has, so that fewer leases tell as much."""
WORK, GOLD = 5_000, 1_200
"""Enough for most items to come once: many leases of one item tell no more than one."""


def steady(sights: Sequence[Sight], truth: Sequence[bool]) -> tuple[list[Sight], list[bool]]:
    """Those that came when honeypots no longer come more often."""
    had: Counter[int] = Counter()
    kept = []
    for sight, is_true in zip(sights, truth, strict=True):
        had[sight.who] += 1
        if had[sight.who] > FIRST:
            kept.append((sight, is_true))
    return [sight for sight, _ in kept], [is_true for _, is_true in kept]


def drawn(sights: Sequence[Sight]) -> list[bool]:
    """For some items at random, that they were something else: what nothing can tell."""
    chance = random.Random(7)
    others = {item for item in sorted({one.item for one in sights}) if chance.random() < RATE}
    return [one.item in others for one in sights]


async def test_nobody_can_tell_a_honeypot(crowd: Crowd) -> None:
    pots = {"first": FIRST, "first_rate": 0.5, "rate": RATE}
    await crowd.hear(*project(crowd.chance, WORK, GOLD, **pots))
    await crowd.work(LEASES)
    sights, truth = steady(crowd.sights, await crowd.honeypots())
    untold = drawn(sights)

    found = {"honeypots": tell(sights, truth), "nothing": tell(sights, untold)}
    took = durations(sights, truth)
    planted = {name: tell(plant(sights, untold), untold) for name, plant in PLANTS.items()}

    print(f"{len(sights)} leases, {sum(truth)} of them honeypots:", found, took, planted)  # noqa: T201
    assert len(sights) >= 5_000
    assert sum(truth) >= 800
    assert all(one.low <= 0.5 <= one.high for one in [*found.values(), *took.values()]), (
        found | took
    )
    assert all(one.low > 0.5 for one in planted.values()), planted


async def test_asking_what_waits_before_and_after_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.hear(*project(crowd.chance, 600, 400, first_rate=0.5, rate=0.5))
    for n in range(500):
        who, before = n % PEOPLE, await crowd.call(n % PEOPLE, "GET", "explain?project=p")
        [sight] = await crowd.ask(who, 1)
        after = await crowd.call(who, "GET", "explain?project=p")
        await crowd.end(who, sight, "answered")
        sight.more = changes(before.body["sentences"], after.body["sentences"])

    found = tell(crowd.sights, await crowd.honeypots())

    assert found.low <= 0.5 <= found.high, found


def changes(before: list[str], after: list[str]) -> dict[str, float]:
    """By how much the numbers in what was told differ."""
    numbers = [
        [float(x) for x in re.findall(r"[0-9]+", " ".join(told))] for told in (before, after)
    ]
    pairs = enumerate(zip(*numbers, strict=False))
    return {f"change {n}": now - then for n, (then, now) in pairs}


async def test_giving_it_back_and_asking_again_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.hear(*project(crowd.chance, 900, 600, first_rate=0.5, rate=0.5))
    for n in range(500):
        [sight] = await crowd.ask(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, sight, "released")
        [again] = await crowd.ask(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, again, "answered")
        sight.more = {"again": float(again.shown["payload"] == sight.shown["payload"])}

    both = zip(crowd.sights, await crowd.honeypots(), strict=True)
    first = [(sight, is_true) for sight, is_true in both if sight.more]
    found = tell([sight for sight, _ in first], [is_true for _, is_true in first])

    assert found.low <= 0.5 <= found.high, found
