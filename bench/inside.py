"""The queue's own operations, called from here: its statements, with no HTTP or Kafka before them.

Whoever wants a million tasks or half a million answers in minutes has them written by the code of
the service itself, in transactions like its own. So they are the rows that intake and people leave;
`same_rows` compares a sample with what came through Kafka and HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from scene import Scene

from chassis.clock import utc_now
from chassis.db.database import Database, create_pool
from chassis.events import inbox
from labelwright_client import tokens
from queue_service.domain.dispatch import LeaseQuery
from queue_service.domain.leases import Annotator, Holder
from queue_service.operations import annotations, dispatch, event_handlers
from queue_service.operations.allocation import PoolCache
from queue_service.operations.annotations import Submission
from queue_service.operations.blob_checks import BlobChecks, PayloadReader
from queue_service.settings import Settings
from schemas.events import TaskCreated
from schemas.queue import AnnotationRequest

TASKS_A_TRANSACTION = 2000
LANES = 2
"""How many transactions are under way at a time: one waits for the database, one computes."""
ANSWER = AnnotationRequest(label={"mood": "good"})

# What differs from task to task, or says when something happened.
_OWN = {
    "w": "work_id task_id subject item_id external_id payload sort_key created_at pool",
    "r": "work_id item_id changed_xid since rank pool",
    "l": "lease_id work_id annotator leased_at expires_at ended_at",
    "a": "lease_id answer_id work_id annotator submitted_at",
}
_ROWS = """
SELECT count(*) AS tasks, {w} AS work, {r} AS ready, {l} AS lease, {a} AS answer,
    l.expires_at - l.leased_at AS held_for, l.ended_at IS NULL AS is_held,
    s.annotator IS NULL AS is_unseen, a.submitted_at = l.ended_at AS is_at_once,
    r.since = w.created_at AND r.pool = w.pool AND r.item_id = w.item_id AS fits,
    extract(epoch FROM w.created_at)::int / 3600 - w.priority - r.rank AS rank_is_off_by
FROM (SELECT * FROM work WHERE project = $1 AND lease_count = $2 AND answered = lease_count
        ORDER BY hashint8(work_id) LIMIT $3) w
    LEFT JOIN ready r USING (work_id) LEFT JOIN leases l USING (work_id)
    LEFT JOIN answers a USING (lease_id)
    LEFT JOIN seen s ON s.annotator = l.annotator AND s.item_id = w.item_id
        AND s.spec_version = w.spec_version
GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
""".format(**{one: f"to_jsonb({one}) - '{{{','.join(names.split())}}}'::text[]"
              for one, names in _OWN.items()})  # fmt: skip
SAMPLE = 500


class Inside:
    """The operations of one more process of the queue."""

    def __init__(self, scene: Scene, database: Database, settings: Settings) -> None:
        """Nobody here is held to the limit of open leases."""
        self._home = scene.home
        self._sessions = database
        self._checks = BlobChecks(PayloadReader(settings.open_blob_store()))
        self._cache = PoolCache(
            settings.pseudonym_key.get_secret_value().encode(), open_leases_max=1_000_000
        )
        self._leasing, self._answering = asyncio.Lock(), asyncio.Lock()

    async def take_in(self, events: Iterable[TaskCreated]) -> None:
        """Take in tasks, as if Kafka had told of them."""
        batches = _batches(events)

        async def lane() -> None:
            for batch in batches:
                arrived = [(event.event_id, event.topic) for event in batch]
                async with self._sessions.transaction() as transaction:
                    await inbox.first_deliveries(transaction, arrived)
                    await event_handlers.on_task_created(transaction, batch)

        await asyncio.gather(*(lane() for _ in range(LANES)))

    async def answer(
        self, project: str, names: Sequence[str], cycles: int, *, at_once: int = 1
    ) -> None:
        """So many leases and answers; each of `names` leases `at_once` tasks a time.

        As behind the API, one transaction at a time leases for many, and one takes many answers.
        """
        who = [tokens.pseudonym(self._home, name) for name in names]
        done = 0

        async def lane(mine: Sequence[str]) -> None:
            nonlocal done
            while done < cycles:
                count = min(at_once, cycles - done)
                asks = [_ask(name, project, count) for name in mine]
                leased = await self._lease(asks)
                done += len(leased)
                await self._submit(leased)

        lanes = [who[n::LANES] for n in range(LANES)]
        await asyncio.gather(*(lane(mine) for mine in lanes if mine))

    async def _lease(self, asks: Sequence[LeaseQuery]) -> list[Submission]:
        async with self._leasing, self._sessions.transaction() as transaction:
            given = await dispatch.lease_batch(transaction, self._cache, asks, utc_now())
        found = [
            Submission(
                lease["lease_id"], Holder(ask.annotator.pseudonym, None), ANSWER, self._checks
            )
            for ask, leases in zip(asks, given, strict=True)
            for lease in (leases if isinstance(leases, list) else ())
        ]
        if not found and all(isinstance(leases, list) for leases in given):
            raise RuntimeError("there is no more work: the bench has too few tasks")
        return found

    async def _submit(self, submissions: Sequence[Submission]) -> None:
        async with self._answering, self._sessions.transaction() as transaction:
            found = await annotations.submit_batch(transaction, submissions, utc_now())
        for one in found:
            if isinstance(one, Exception):
                raise one


@asynccontextmanager
async def inside(scene: Scene) -> AsyncIterator[Inside]:
    """The operations on the queue's database in `scene`."""
    key = (scene.home / "keys" / "pseudonym").read_text("utf-8").strip()
    settings = Settings(
        database_url=scene.database("queue"),
        kafka_bootstrap=scene.ready["kafka"]["bootstrap"],
        pseudonym_key=key,
    )
    pool = await create_pool(settings)
    try:
        yield Inside(scene, Database(pool, settings.service), settings)
    finally:
        await pool.close()


def same_rows(real: Scene, filled: Scene, project: str, *, answers: int) -> int:
    """Compare the rows of tasks that were answered so often, in two stacks; return of how many.

    Raises RuntimeError where they differ in more than ids and times.
    """
    kinds = []
    tasks = SAMPLE
    for scene in (real, filled):
        rows = scene.asked(_ROWS, project, answers, SAMPLE)
        kinds.append({str(sorted(dict(row, tasks=None).items())) for row in rows})
        tasks = min(tasks, sum(row["tasks"] for row in rows))
    if not tasks or kinds[0] != kinds[1]:
        raise RuntimeError(f"filled and real rows differ:\n{kinds[0]}\n{kinds[1]}")
    return tasks


def _ask(annotator: str, project: str, count: int) -> LeaseQuery:
    return LeaseQuery(
        Annotator(annotator, "human"), ("annotate",), frozenset([project]), count=count
    )


def _batches(events: Iterable[TaskCreated]) -> Iterator[list[TaskCreated]]:
    rest = iter(events)
    while batch := list(islice(rest, TASKS_A_TRANSACTION)):
        yield batch
