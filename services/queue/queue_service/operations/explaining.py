"""Why nothing comes or what comes next, and what waits."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from chassis.db.database import Transaction
from chassis.http.auth import UnknownProject
from queue_service import metrics
from queue_service.domain.choice import NOBODY, Ask, Person, Shard, hindrance
from queue_service.domain.leases import Worker
from queue_service.operations.choosing import Desk, peek
from queue_service.operations.specs import policy_of
from queue_service.store import leasing, views
from queue_service.store.leasing import Scene
from schemas.queue import Explanation, QueueDepth
from schemas.vocabulary import Policy, Quotas, Stage

_SENTENCES = {
    "paused": "{n} wait, but the project is paused.",
    "suspended": "{n} wait, but your work in this project is suspended; a lead can tell you why.",
    "skills": "{n} need {skills}, which you do not have.",
    "declined": "{n} need {skills}; you said that this is not your skill.",
    "circle": "{n} are offered first to people who have done much of this work; then to you too.",
    "open": "{n} are open to you, but for those about items that you have seen.",
}


async def explain(
    transaction: Transaction,
    desk: Desk,
    worker: Worker,
    project: str,
    stages: Sequence[Stage],
    *,
    exactly: bool,
) -> Explanation:
    """Why this annotator gets nothing, or what comes next, in sentences.

    `exactly`: with counts, priority and deadline, for leads. An annotator who saw how they change
    with a lease would know whether that was work.
    """
    version = await views.newest_version(transaction, project)
    if version is None:
        raise UnknownProject(project)
    scene = await leasing.scene(transaction, [worker.annotator])
    await desk.learn_shards(transaction, scene.newest_shard)
    person = scene.people[worker.annotator]
    policy = await policy_of(transaction, project, version) or Policy()
    limits = [
        *_limits(desk, person, project, policy.quotas),
        *([] if policy.quotas.total is None else await _total(transaction, project, policy.quotas)),
    ]
    ask = Ask(worker, tuple(stages), frozenset([project]))
    best = None if limits or not stages else await peek(transaction, desk, scene, ask)
    say = str if exactly else _about
    sentences = limits + await _waiting(transaction, desk, scene, ask, say)
    if best is not None:
        what = await views.what(transaction, best.work_id)
        sentences.insert(0, _next(what, exactly=exactly))
    if person.held:
        sentences.append(f"You hold {person.held} leases; GET /v1/leases shows them.")
    return Explanation(
        project=project,
        would_get="nothing" if best is None else "work",
        sentences=sentences,
        kind=worker.kind,
    )


def _about(count: int) -> str:
    """The size of a number, which a single lease hardly ever changes."""
    return "no" if count == 0 else f"{10 ** (len(str(count)) - 1):,} or more"


def _next(what: dict[str, Any], *, exactly: bool) -> str:
    told = f"Next comes a task of type {what['task_type']} at the stage {what['stage']}"
    if not exactly:
        return told + "."
    due = "" if what["due_at"] is None else f", due {what['due_at'].isoformat()}"
    return f"{told}, priority {what['priority']}{due}."


def _limits(desk: Desk, person: Person, project: str, quotas: Quotas) -> Iterator[str]:
    """The bounds that the annotator has reached."""
    if person.held >= desk.open_leases_max:
        yield f"You hold {person.held} leases, as many as one may: answer or release some."
    taken = person.projects.get(project, NOBODY).taken
    if quotas.per_annotator is not None and taken >= quotas.per_annotator:
        yield f"You have had {taken} tasks, as many as one annotator may in this project."


async def _total(transaction: Transaction, project: str, quotas: Quotas) -> list[str]:
    taken = await leasing.taken_in(transaction, project)
    full = f"{taken} tasks of the project were given, as many as its quota allows."
    return [full] if quotas.total is not None and taken >= quotas.total else []


async def _waiting(
    transaction: Transaction, desk: Desk, scene: Scene, ask: Ask, say: Callable[[int], str]
) -> list[str]:
    """What waits at these stages, and for each part of it what stands in the way."""
    if not ask.stages:
        return ["None of your roles allows a stage."]
    here = [
        one
        for one in desk.shards.values()
        if one.stage in ask.stages and one.project in (ask.projects or ())
    ]
    counts = await views.waiting(transaction, [one.shard for one in here])
    person = scene.people[ask.worker.annotator]
    total = say(sum(counts.values()))
    many = "at least " if say is str and views.COUNTED_MAX in counts.values() else ""
    told = f"{many}{total} tasks with a free place wait at the stages {', '.join(ask.stages)}."
    parts = _parts(here, counts, person, scene)
    return [told, *(_SENTENCES[why].format(n=say(n), skills=skills) for why, skills, n in parts)]


def _parts(
    shards: Sequence[Shard], counts: dict[int, int], person: Person, scene: Scene
) -> Iterator[tuple[str, str, int]]:
    """What stands in the way of how many tasks, with the skills that it is about."""
    found: Counter[tuple[str, str]] = Counter()
    for shard in shards:
        why = hindrance(shard, person, scene.paused) or "open"
        named = {"skills": shard.skills - person.skills_in(shard.project), "declined": shard.skills}
        found[why, ", ".join(sorted(named.get(why, ())))] += counts[shard.shard]
    last = sorted(found.items(), key=lambda one: one[0][0] == "open")
    yield from ((why, skills, n) for (why, skills), n in last if n)


async def depths(
    transaction: Transaction, projects: list[str] | None, now: datetime
) -> list[QueueDepth]:
    """What waits and what is in flight, by shard and priority."""
    rows = await views.depths(transaction, projects, now)
    names = ("project", "stage", "task_type", "priority", "ready", "in_flight", "oldest_seconds")
    return [
        QueueDepth(
            **{name: row[name] for name in names},
            skill=", ".join(row["skills"]) or None,
            circle=row["circle"],
            per_minute=row["per_minute"],
        )
        for row in rows
    ]


async def measure_depths(transaction: Transaction, now: datetime) -> None:
    """Tell the metrics what waits."""
    found = await depths(transaction, None, now)
    for gauge in (metrics.READY, metrics.IN_FLIGHT, metrics.OLDEST, metrics.RATE):
        gauge.clear()
    for one in sorted(found, key=lambda one: one.oldest_seconds):  # Circles share a gauge.
        labels = (one.project, one.stage, one.task_type, one.skill or "", str(one.priority))
        metrics.READY.labels(*labels).inc(one.ready)
        metrics.IN_FLIGHT.labels(*labels).inc(one.in_flight)
        metrics.RATE.labels(*labels).inc(one.per_minute)
        metrics.OLDEST.labels(*labels).set(one.oldest_seconds)
