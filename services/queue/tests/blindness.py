"""Whether a classifier can tell one kind of lease from another by all that the API showed of it.

Scores come from gradient boosting, out of fold. A honeypot goes to everyone, so leases of one item
are alike by what the item is: nothing of an item that is judged was learned from, and they count
as one cluster. The area under the ROC curve has DeLong's interval (DeLong, DeLong and
Clarke-Pearson 1988; by mid-ranks, Sun and Xu 2014) as Obuchowski (1997) widens it for clusters.

That takes scores as given. Out of fold, two leases of different folds count twice, once with the
one teaching and the other judged and once the other way round, which can double the variance (and
no estimate of it is free of bias: Bengio and Grandvalet 2004). So it is doubled. With labels drawn
at random the area varied by 1.31 times DeLong's standard deviation, where 1.41 is granted.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Z = 3.2905
"""Of a normal distribution, 99.9 % lie within so many standard deviations."""
Z_EACH = 4.0556
"""And 99.995 %: for intervals of which there are several."""
NEIGHBOURS = 50
"""A duration is compared with so many before and after it: the speed of a machine drifts."""
SEED = 20_260_101
BYTES = (0, 1, 6, 8, 15)
"""Of an id: where a clock or a counter would stand, the version, the variant, the end."""

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An area under the curve with its 99.9 % interval."""

    auc: float
    low: float
    high: float


@dataclass(frozen=True)
class Reply:
    """What a client sees of one answer of the API."""

    ms: float
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    size: int
    body: Any

    @classmethod
    def of(cls, answer: httpx.Response, ms: float, at: datetime) -> "Reply":
        """The answer that came after so many milliseconds to what was sent `at`."""
        body = answer.json() if answer.content else None
        headers = tuple(one for one in answer.headers.items() if one[0] != "content-length")
        return cls(ms, at, answer.status_code, headers, len(answer.content), body)


@dataclass
class Sight:
    """All that its holder sees of one lease."""

    call: int
    """Leases of one call came together."""
    place: int
    shown: dict[str, Any]
    replies: dict[str, Reply] = field(default_factory=dict)
    """By what was done: asked, looked, beat, answered, skipped, released."""
    more: dict[str, float] = field(default_factory=dict)
    who: int = 0
    item: str = ""
    """What it is about, which the holder does not see."""


def tell(sights: Sequence[Sight], truth: Sequence[bool]) -> Interval:
    """How well the true ones can be told by what was seen."""
    features, labels = table(sights), np.array(truth)
    items = np.unique([sight.item for sight in sights], return_inverse=True)[1]
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=SEED)
    scores = np.zeros(len(labels))
    with threadpool_limits(1):
        for train, test in folds.split(features, labels, items):
            model = HistGradientBoostingClassifier(
                learning_rate=0.1, max_iter=50, max_leaf_nodes=8, random_state=SEED
            )
            model.fit(features[train], labels[train])
            # Each model has a zero of its own; ranks can be compared.
            scores[test] = rankdata(model.decision_function(features[test])) / len(test)
    return area(scores, labels, items, Z * 2**0.5)


def durations(sights: Sequence[Sight], truth: Sequence[bool]) -> dict[str, Interval]:
    """The same by nothing but how long one kind of call took: what is rare stands out here."""
    found = {}
    for what in sorted({what for sight in sights for what in sight.replies}):
        took = np.array(_against_drift(sights, what))
        some = ~np.isnan(took)
        items = np.unique([sight.item for sight in sights], return_inverse=True)[1]
        found[what] = area(took[some], np.array(truth)[some], items[some], Z_EACH)
    return found


def area(scores: Floats, labels: NDArray[np.bool_], items: NDArray[np.intp], z: float) -> Interval:
    """The area under the curve; its variance is that of what the items of either kind add to it."""
    yes, no = scores[labels], scores[~labels]
    ranks = rankdata(np.concatenate([yes, no]))
    above = (ranks[: len(yes)] - rankdata(yes)) / len(no)
    below = 1 - (ranks[len(yes) :] - rankdata(no)) / len(yes)
    auc = float(above.mean())
    variance = 0.0
    for placements, of in ((above, items[labels]), (below, items[~labels])):
        sums = np.bincount(of, placements - auc)[np.unique(of)]
        variance += len(sums) / (len(sums) - 1) * float((sums**2).sum()) / len(placements) ** 2
    half = z * variance**0.5
    return Interval(auc, auc - half, auc + half)


def table(sights: Sequence[Sight]) -> Floats:
    """One row a lease, one column for each thing about it that can be compared."""
    rows = [_row(sight) for sight in sights]
    for what in {what for sight in sights for what in sight.replies}:
        for row, drift in zip(rows, _against_drift(sights, what), strict=True):
            row[f"{what} relative"] = drift
    names = sorted({name for row in rows for name in row})
    codes: dict[str, dict[object, int]] = defaultdict(dict)
    found = np.full((len(rows), len(names)), np.nan)
    for n, row in enumerate(rows):
        for m, name in enumerate(names):
            value = row.get(name, np.nan)
            if not isinstance(value, float | int):
                value = codes[name].setdefault(value, len(codes[name]))
            found[n, m] = value
    return found


def _row(sight: Sight) -> dict[str, Any]:
    lease, asked = sight.shown, sight.replies["asked"]
    given = asked.body["leases"]
    prelabel = lease["prelabel"]
    row: dict[str, Any] = {
        "place": sight.place,
        "behind": len(given) - sight.place,
        "keys": tuple(lease),
        "size": len(json.dumps(lease)),
        "size without payload": len(json.dumps({**lease, "payload": None})),
        "payload": len(json.dumps(lease["payload"])),
        "call without payloads": asked.size - sum(len(json.dumps(x["payload"])) for x in given),
        "seconds": (_time(lease["expires_at"]) - asked.at).total_seconds(),
        "microsecond": _time(lease["expires_at"]).microsecond,
        "empty": tuple(name for name, value in lease.items() if value is None),
        "score": np.nan if prelabel is None else prelabel["score"],
        "prelabel keys": None if prelabel is None else tuple(prelabel),
        **_bytes("lease id", lease["lease_id"]),
        **_bytes("task id", lease["task_id"]),
        **sight.more,
    }
    for what, reply in sight.replies.items():
        row |= _of_reply(what, reply, lease)
    return row


def _of_reply(what: str, reply: Reply, lease: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        f"{what} ms": reply.ms,
        f"{what} status": reply.status,
        f"{what} headers": reply.headers,
        f"{what} size": reply.size,
        f"{what} keys": tuple(reply.body or ()),
    }
    if what == "looked":
        ids = [one["lease_id"] for one in reply.body["leases"]]
        row["looked place"] = ids.index(lease["lease_id"])
        row["looked differs"] = reply.body["leases"][ids.index(lease["lease_id"])] != lease
    if what == "beat":
        row["beat seconds"] = (_time(reply.body["expires_at"]) - reply.at).total_seconds()
    if what == "answered":
        row |= _bytes("annotation id", reply.body["annotation_id"])
    return row


def _bytes(name: str, value: str) -> dict[str, int]:
    found = UUID(value).bytes
    return {f"{name} {n}": found[n] for n in BYTES}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _against_drift(sights: Sequence[Sight], what: str) -> list[float]:
    """How much longer a call took than those around it that brought as many leases."""
    replies = {id(one.replies[what]): one.replies[what] for one in sights if what in one.replies}
    alike: dict[int, list[Reply]] = defaultdict(list)
    for reply in replies.values():
        alike[len(reply.body["leases"]) if what == "asked" else 0].append(reply)
    longer: dict[int, float] = {}
    for some in alike.values():
        took = np.array([reply.ms for reply in some])
        for n, reply in enumerate(some):
            around = took[max(0, n - NEIGHBOURS) : n + NEIGHBOURS + 1]
            longer[id(reply)] = reply.ms - float(np.median(around))
    return [longer.get(id(one.replies.get(what)), np.nan) for one in sights]


# Tells that must be found: each returns the same sights with one thing changed for the true ones.

Plant = Callable[[Sequence[Sight], Sequence[bool]], list[Sight]]


def slower(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """Each true one makes its call longer, as one more statement would: by 2 ms or by half."""
    longer = max(2.0, float(np.median([sight.replies["asked"].ms for sight in sights])) / 2)
    more: dict[int, float] = defaultdict(float)
    for sight, is_true in zip(sights, truth, strict=True):
        more[sight.call] += longer * is_true
    asked = {s.call: s.replies["asked"] for s in sights}
    later = {call: replace(reply, ms=reply.ms + more[call]) for call, reply in asked.items()}
    return [replace(s, replies={**s.replies, "asked": later[s.call]}) for s in sights]


def marked(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """The first byte of the task's id is small for true ones."""

    def mark(lease: dict[str, Any]) -> dict[str, Any]:
        first = UUID(lease["task_id"]).bytes
        return {**lease, "task_id": str(UUID(bytes=bytes([first[0] & 0x7F]) + first[1:]))}

    return [
        replace(s, shown=mark(s.shown)) if is_true else s
        for s, is_true in zip(sights, truth, strict=True)
    ]


def older(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """An age is told, and gold is twice as old as work, on the average."""
    ages = np.random.default_rng(SEED).exponential(1.0, len(sights))
    return [
        replace(s, more={"age": float(age) * (2.0 if is_true else 1.0)})
        for s, age, is_true in zip(sights, ages, truth, strict=True)
    ]


PLANTS: dict[str, Plant] = {"slower": slower, "marked": marked, "older": older}
