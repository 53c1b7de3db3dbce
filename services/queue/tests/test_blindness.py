"""Honeypots cannot be recognized: a classifier of everything that the API shows stays at chance.

Annotators complete thousands of leases over HTTP, with honeypots among them, and record everything
visible, down to the milliseconds. The rates of honeypots are public, and higher for new annotators,
so only later leases are compared. Durations are real and not fixed by a seed, but a keyed hash
decides which lease is a honeypot, so noise of the machine is independent of it. False alarms are
those of the interval, about two runs in a thousand. Effects hidden by a busy machine are tested in
`test_equal_cost`; differences that must be found, in `test_planted_tells`.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence

from blindness import PLANTS, Sight, classifier_area, durations
from blindness_crowd import PEOPLE, Crowd, project

LEASES = 5_120
FIRST = 10
RATE = 0.2
"""A higher rate than usual, so that fewer leases suffice."""
WORK, GOLD = 5_000, 1_200
"""Enough items that most come once, because many leases of one item add little."""


def steady(sights: Sequence[Sight], truth: Sequence[bool]) -> tuple[list[Sight], list[bool]]:
    """Return the sights after the first tasks, in which honeypots are denser."""
    had: Counter[int] = Counter()
    kept = []
    for sight, is_true in zip(sights, truth, strict=True):
        had[sight.who] += 1
        if had[sight.who] > FIRST:
            kept.append((sight, is_true))
    return [sight for sight, _ in kept], [is_true for _, is_true in kept]


def drawn(sights: Sequence[Sight]) -> list[bool]:
    """Return random marks of items, which no classifier can predict."""
    chance = random.Random(7)
    others = {item for item in sorted({one.item for one in sights}) if chance.random() < RATE}
    return [one.item in others for one in sights]


async def test_nobody_can_tell_a_honeypot(crowd: Crowd) -> None:
    pots = {"first": FIRST, "first_rate": 0.5, "rate": RATE}
    await crowd.deliver(*project(crowd.chance, WORK, GOLD, **pots))
    await crowd.work(LEASES)
    sights, truth = steady(crowd.sights, await crowd.honeypots())
    untold = drawn(sights)

    found = {
        "honeypots": classifier_area(sights, truth),
        "nothing": classifier_area(sights, untold),
    }
    took = durations(sights, truth)
    planted = {
        name: classifier_area(plant(sights, untold), untold) for name, plant in PLANTS.items()
    }

    print(f"{len(sights)} leases, {sum(truth)} of them honeypots:", found, took, planted)  # noqa: T201
    assert len(sights) >= 5_000
    assert sum(truth) >= 800
    assert all(one.low <= 0.5 <= one.high for one in [*found.values(), *took.values()]), (
        found | took
    )
    assert all(one.low > 0.5 for one in planted.values()), planted


async def test_asking_what_waits_before_and_after_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.deliver(*project(crowd.chance, 600, 400, first_rate=0.5, rate=0.5))
    for n in range(500):
        who, before = n % PEOPLE, await crowd.call(n % PEOPLE, "GET", "explain?project=p")
        [sight] = await crowd.lease(who, 1)
        after = await crowd.call(who, "GET", "explain?project=p")
        await crowd.end(who, sight, "answered")
        sight.more = changes(before.body["sentences"], after.body["sentences"])

    found = classifier_area(crowd.sights, await crowd.honeypots())

    assert found.low <= 0.5 <= found.high, found


def changes(before: list[str], after: list[str]) -> dict[str, float]:
    """Return the differences of the numbers in two explanations."""
    numbers = [
        [float(x) for x in re.findall(r"[0-9]+", " ".join(sentences))]
        for sentences in (before, after)
    ]
    pairs = enumerate(zip(*numbers, strict=False))
    return {f"change {n}": now - then for n, (then, now) in pairs}


async def test_giving_it_back_and_asking_again_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.deliver(*project(crowd.chance, 900, 600, first_rate=0.5, rate=0.5))
    for n in range(500):
        [sight] = await crowd.lease(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, sight, "released")
        [again] = await crowd.lease(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, again, "answered")
        sight.more = {"again": float(again.shown["payload"] == sight.shown["payload"])}

    both = zip(crowd.sights, await crowd.honeypots(), strict=True)
    first = [(sight, is_true) for sight, is_true in both if sight.more]
    found = classifier_area([sight for sight, _ in first], [is_true for _, is_true in first])

    assert found.low <= 0.5 <= found.high, found
