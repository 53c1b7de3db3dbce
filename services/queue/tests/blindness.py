"""A classifier that tries to distinguish two kinds of leases by everything that the API showed.

Scores come from gradient boosting, out of fold. Many people get the same honeypot, so leases of one
item resemble each other: an item is never both learned from and scored, and its leases are one
cluster. The area under the ROC curve has DeLong's interval (DeLong, DeLong and
Clarke-Pearson 1988; by mid-ranks, Sun and Xu 2014) as Obuchowski (1997) widens it for clusters.

That treats the scores as fixed. Out of fold, two leases of different folds influence each other's
score, which can double the variance (no unbiased estimate of it exists: Bengio and Grandvalet
2004). So the variance is doubled. With random labels, the standard deviation of the area was 1.31
times DeLong's; the doubled variance allows 1.41.
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
"""The standard deviations that contain 99.9 % of a normal distribution."""
Z_EACH = 4.0556
"""The same for 99.995 %, for several intervals at once."""
NEIGHBOURS = 50
"""The number of durations before and after one that it is compared with, because speed drifts."""
SEED = 20_260_101
BYTES = (0, 1, 6, 8, 15)
"""The positions in an id of a clock or a counter, the version, the variant, and the end."""

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An area under the curve with its 99.9 % interval."""

    auc: float
    low: float
    high: float


@dataclass(frozen=True)
class Reply:
    """One response of the API as a client sees it."""

    ms: float
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    size: int
    body: Any

    @classmethod
    def of(cls, answer: httpx.Response, ms: float, at: datetime) -> "Reply":
        """Return a response that took `took` milliseconds to a request sent `at`."""
        body = answer.json() if answer.content else None
        headers = tuple(one for one in answer.headers.items() if one[0] != "content-length")
        return cls(ms, at, answer.status_code, headers, len(answer.content), body)


@dataclass
class Sight:
    """Everything that the holder sees of one lease."""

    call: int
    """The number of the call that returned the lease."""
    place: int
    shown: dict[str, Any]
    replies: dict[str, Reply] = field(default_factory=dict)
    """By action: asked, looked, beat, answered, skipped, released."""
    more: dict[str, float] = field(default_factory=dict)
    who: int = 0
    item: str = ""
    """The item of the lease, which the holder does not see."""


def classifier_area(sights: Sequence[Sight], truth: Sequence[bool]) -> Interval:
    """Return the area of a classifier that tries to find the leases marked in `truth`."""
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
            # The scores of two models are not comparable, but their ranks are.
            scores[test] = rankdata(model.decision_function(features[test])) / len(test)
    return area(scores, labels, items, Z * 2**0.5)


def durations(sights: Sequence[Sight], truth: Sequence[bool]) -> dict[str, Interval]:
    """Return the same by the durations of each kind of call, which show rare effects."""
    found = {}
    for what in sorted({what for sight in sights for what in sight.replies}):
        took = np.array(_against_drift(sights, what))
        some = ~np.isnan(took)
        items = np.unique([sight.item for sight in sights], return_inverse=True)[1]
        found[what] = area(took[some], np.array(truth)[some], items[some], Z_EACH)
    return found


def area(scores: Floats, labels: NDArray[np.bool_], items: NDArray[np.intp], z: float) -> Interval:
    """Return the area under the curve, with a variance by items."""
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
    """Return one row for each lease and one column for each comparable feature."""
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
    lease, reply = sight.shown, sight.replies["asked"]
    granted = reply.body["leases"]
    prelabel = lease["prelabel"]
    row: dict[str, Any] = {
        "place": sight.place,
        "behind": len(granted) - sight.place,
        "keys": tuple(lease),
        "size": len(json.dumps(lease)),
        "size without payload": len(json.dumps({**lease, "payload": None})),
        "payload": len(json.dumps(lease["payload"])),
        "call without payloads": reply.size - sum(len(json.dumps(x["payload"])) for x in granted),
        "seconds": (_time(lease["expires_at"]) - reply.at).total_seconds(),
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
    """Return how much longer each call took than the calls around it with as many leases."""
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


# Differences that must be found: each returns the sights with one change for the true leases.

Plant = Callable[[Sequence[Sight], Sequence[bool]], list[Sight]]


def slower(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """Make the calls of true leases slower by 2 ms or by half, like one more statement."""
    longer = max(2.0, float(np.median([sight.replies["asked"].ms for sight in sights])) / 2)
    more: dict[int, float] = defaultdict(float)
    for sight, is_true in zip(sights, truth, strict=True):
        more[sight.call] += longer * is_true
    reply = {s.call: s.replies["asked"] for s in sights}
    later = {call: replace(reply, ms=reply.ms + more[call]) for call, reply in reply.items()}
    return [replace(s, replies={**s.replies, "asked": later[s.call]}) for s in sights]


def marked(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """Make the first byte of the task's id small for true leases."""

    def mark(lease: dict[str, Any]) -> dict[str, Any]:
        first = UUID(lease["task_id"]).bytes
        return {**lease, "task_id": str(UUID(bytes=bytes([first[0] & 0x7F]) + first[1:]))}

    return [
        replace(s, shown=mark(s.shown)) if is_true else s
        for s, is_true in zip(sights, truth, strict=True)
    ]


def older(sights: Sequence[Sight], truth: Sequence[bool]) -> list[Sight]:
    """Add an age, on average twice as large for gold as for work."""
    ages = np.random.default_rng(SEED).exponential(1.0, len(sights))
    return [
        replace(s, more={"age": float(age) * (2.0 if is_true else 1.0)})
        for s, age, is_true in zip(sights, ages, truth, strict=True)
    ]


PLANTS: dict[str, Plant] = {"slower": slower, "marked": marked, "older": older}
