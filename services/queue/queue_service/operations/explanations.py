"""Explanations of the work that an annotator gets or does not get, and the depths of the queue."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from chassis.db.database import Transaction
from chassis.http.auth import UnknownProject
from queue_service import metrics
from queue_service.domain.dispatch import AnnotatorProfile, LeaseQuery, Pool, ineligibility
from queue_service.domain.leases import Annotator
from queue_service.operations.allocation import PoolCache, preview
from queue_service.operations.specs import policy_of
from queue_service.store import leases, views
from queue_service.store.leases import Snapshot
from queue_service.store.views import WorkView
from schemas.queue import Explanation, QueueDepth
from schemas.vocabulary import Policy, Quotas, Stage

_SENTENCES = {
    "paused": "{n} wait, but the project is paused.",
    "suspended": "{n} wait, but your work in this project is suspended; ask a lead for the reason.",
    "skills": "{n} need {skills}, which you do not have.",
    "declined": "{n} need {skills}; you skipped such a task with the reason not_my_skill.",
    "audience": "{n} go to people who have experience in such work first, and to you later.",
    "open": "{n} are open to you, except those about items that you have seen.",
}


async def explain(
    transaction: Transaction,
    cache: PoolCache,
    annotator: Annotator,
    project: str,
    stages: Sequence[Stage],
    *,
    exactly: bool,
) -> Explanation:
    """Return in sentences which work an annotator would get next, or why it gets none.

    `exactly`: with counts, priority and deadline, for leads. From the way these change with a
    lease, an annotator could find out if it was for a honeypot.
    """
    version = await views.newest_version(transaction, project)
    if version is None:
        raise UnknownProject(project)
    snapshot = await leases.snapshot(transaction, [annotator.pseudonym])
    await cache.load_pools(transaction, snapshot.newest_pool)
    profile = snapshot.profiles[annotator.pseudonym]
    policy = await policy_of(transaction, project, version) or Policy()
    limits = [
        *_limits(cache, profile, project, policy.quotas),
        *([] if policy.quotas.total is None else await _total(transaction, project, policy.quotas)),
    ]
    query = LeaseQuery(annotator, tuple(stages), frozenset([project]))
    best = None if limits or not stages else await preview(transaction, cache, snapshot, query)
    say = str if exactly else _about
    sentences = limits + await _waiting(transaction, cache, snapshot, query, say)
    if best is not None:
        work = await views.work_view(transaction, best.work_id)
        sentences.insert(0, _next(work, exactly=exactly))
    if profile.held:
        sentences.append(f"You hold {_leases(profile.held)}; GET /v1/leases lists what you hold.")
    return Explanation(
        project=project,
        would_get="nothing" if best is None else "work",
        sentences=sentences,
        kind=annotator.kind,
    )


def _leases(count: int) -> str:
    return "1 lease" if count == 1 else f"{count} leases"


def _about(count: int) -> str:
    """Return the order of magnitude of a number, which a single lease hardly ever changes."""
    return "no" if count == 0 else f"{10 ** (len(str(count)) - 1):,} or more"


def _next(work: WorkView, *, exactly: bool) -> str:
    sentence = f"Next comes a task of type {work.task_type} at the stage {work.stage}"
    if not exactly:
        return sentence + "."
    due = "" if work.due_at is None else f", due {work.due_at.isoformat()}"
    return f"{sentence}, priority {work.priority}{due}."


def _limits(
    cache: PoolCache, profile: AnnotatorProfile, project: str, quotas: Quotas
) -> Iterator[str]:
    """Yield a sentence for each limit that the annotator has reached."""
    if profile.held >= cache.open_leases_max:
        yield f"You hold {_leases(profile.held)}, which is the limit: submit or release some."
    taken = profile.membership(project).taken
    if quotas.per_annotator is not None and taken >= quotas.per_annotator:
        yield f"You have had {taken} tasks, which is the limit per annotator in this project."


async def _total(transaction: Transaction, project: str, quotas: Quotas) -> list[str]:
    taken = await leases.taken_in(transaction, project)
    sentence = f"{taken} tasks of the project were given, which is the limit of its quota."
    return [sentence] if quotas.total is not None and taken >= quotas.total else []


async def _waiting(
    transaction: Transaction,
    cache: PoolCache,
    snapshot: Snapshot,
    query: LeaseQuery,
    say: Callable[[int], str],
) -> list[str]:
    """Return how much work waits at the stages of `query`, and what keeps the annotator from it."""
    if not query.stages:
        return ["None of your roles allows a stage."]
    pools = [
        pool
        for pool in cache.pools.values()
        if pool.stage in query.stages and pool.project in (query.projects or ())
    ]
    counts = await views.waiting(transaction, [pool.pool for pool in pools])
    profile = snapshot.profiles[query.annotator.pseudonym]
    total = say(sum(counts.values()))
    at_least = "at least " if say is str and views.COUNTED_MAX in counts.values() else ""
    stages = ", ".join(query.stages)
    sentence = f"{at_least}{total} tasks with a free slot wait at the stages {stages}."
    parts = _parts(pools, counts, profile, snapshot)
    return [
        sentence,
        *(_SENTENCES[reason].format(n=say(n), skills=skills) for reason, skills, n in parts),
    ]


def _parts(
    pools: Sequence[Pool], counts: dict[int, int], profile: AnnotatorProfile, snapshot: Snapshot
) -> Iterator[tuple[str, str, int]]:
    """Yield each reason why work is not given, the skills that it names, and the task count."""
    found: Counter[tuple[str, str]] = Counter()
    for pool in pools:
        reason = ineligibility(pool, profile, snapshot.paused) or "open"
        skills = {
            "skills": pool.skills - profile.skills_in(pool.project),
            "declined": pool.skills,
        }.get(reason, ())
        found[reason, ", ".join(sorted(skills))] += counts[pool.pool]
    last = sorted(found.items(), key=lambda entry: entry[0][0] == "open")
    yield from ((reason, skills, n) for (reason, skills), n in last if n)


async def depths(
    transaction: Transaction, projects: list[str] | None, now: datetime
) -> list[QueueDepth]:
    """Return the open slots, open leases and rates by pool and priority (`projects` None: all)."""
    rows = await views.depths(transaction, projects, now)
    names = ("project", "stage", "task_type", "priority", "ready", "in_flight", "oldest_seconds")
    return [
        QueueDepth(
            **{name: row[name] for name in names},
            skill=", ".join(row["skills"]) or None,
            circle=row["audience"],
            per_minute=row["per_minute"],
        )
        for row in rows
    ]


async def measure_depths(transaction: Transaction, now: datetime) -> None:
    """Set the gauges of the queue's depth."""
    found = await depths(transaction, None, now)
    for gauge in (metrics.READY, metrics.IN_FLIGHT, metrics.OLDEST, metrics.RATE):
        gauge.clear()
    # Pools that differ in their audience share a gauge.
    for depth in sorted(found, key=lambda one: one.oldest_seconds):
        labels = (
            depth.project,
            depth.stage,
            depth.task_type,
            depth.skill or "",
            str(depth.priority),
        )
        metrics.READY.labels(*labels).inc(depth.ready)
        metrics.IN_FLIGHT.labels(*labels).inc(depth.in_flight)
        metrics.RATE.labels(*labels).inc(depth.per_minute)
        metrics.OLDEST.labels(*labels).set(depth.oldest_seconds)
