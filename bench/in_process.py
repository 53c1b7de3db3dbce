"""Calls the queue's operations in this process, without HTTP and Kafka.

A million tasks or half a million annotations are written in minutes by the code of the service
itself, in the same transactions, so the rows are the same as those of real use. `same_rows`
compares a sample with rows that came through Kafka and HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from stack import Stack

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
"""Number of parallel transactions: one waits for the database while one computes."""
ANSWER = AnnotationRequest(label={"mood": "good"})

# Columns that differ from task to task, or hold times.
_DIFFERENT_COLUMNS = {
    "w": "work_id task_id subject item_id external_id payload sort_key created_at pool position",
    "r": "work_id item_id changed_xid since rank pool position",
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
""".format(**{table: f"to_jsonb({table}) - '{{{','.join(names.split())}}}'::text[]"
              for table, names in _DIFFERENT_COLUMNS.items()})  # fmt: skip
SAMPLE = 500


class QueueOperations:
    """The operations of the queue, as another replica would call them."""

    def __init__(self, stack: Stack, database: Database, settings: Settings) -> None:
        """Use the database of `stack`, without a limit of open leases."""
        self._home = stack.home
        self._database = database
        self._checks = BlobChecks(PayloadReader(settings.open_blob_store()))
        self._cache = PoolCache(
            settings.pseudonym_key.get_secret_value().encode(), open_leases_max=1_000_000
        )
        self._leasing, self._answering = asyncio.Lock(), asyncio.Lock()

    async def add_tasks(self, events: Iterable[TaskCreated]) -> None:
        """Handle events of new tasks, as if they came from Kafka."""
        batches = _batches(events)

        async def lane() -> None:
            for batch in batches:
                arrived = [(event.event_id, event.topic) for event in batch]
                async with self._database.transaction() as transaction:
                    await inbox.first_deliveries(transaction, arrived)
                    await event_handlers.on_task_created(transaction, batch)

        await asyncio.gather(*(lane() for _ in range(LANES)))

    async def annotate(
        self, project: str, names: Sequence[str], cycles: int, *, at_once: int = 1
    ) -> None:
        """Lease and annotate `cycles` tasks; each of `names` leases `at_once` tasks at a time.

        As behind the API, one transaction leases for many annotators, and one stores many
        annotations.
        """
        annotators = [tokens.pseudonym(self._home, name) for name in names]
        done = 0

        async def lane(mine: Sequence[str]) -> None:
            nonlocal done
            while done < cycles:
                count = min(at_once, cycles - done)
                queries = [_lease_query(name, project, count) for name in mine]
                leased = await self._lease(queries)
                done += len(leased)
                await self._submit(leased)

        lanes = [annotators[n::LANES] for n in range(LANES)]
        await asyncio.gather(*(lane(mine) for mine in lanes if mine))

    async def _lease(self, queries: Sequence[LeaseQuery]) -> list[Submission]:
        async with self._leasing, self._database.transaction() as transaction:
            granted = await dispatch.lease_batch(transaction, self._cache, queries, utc_now())
        found = [
            Submission(
                lease["lease_id"], Holder(query.annotator.pseudonym, None), ANSWER, self._checks
            )
            for query, leases in zip(queries, granted, strict=True)
            for lease in (leases if isinstance(leases, list) else ())
        ]
        if not found and all(isinstance(leases, list) for leases in granted):
            raise RuntimeError("no work is left: the benchmark has too few tasks")
        return found

    async def _submit(self, submissions: Sequence[Submission]) -> None:
        async with self._answering, self._database.transaction() as transaction:
            found = await annotations.submit_batch(transaction, submissions, utc_now())
        for result in found:
            if isinstance(result, Exception):
                raise result


@asynccontextmanager
async def queue_operations(stack: Stack) -> AsyncIterator[QueueOperations]:
    """Open the operations on the queue's database in `stack`."""
    key = (stack.home / "keys" / "pseudonym").read_text("utf-8").strip()
    settings = Settings(
        database_url=stack.database("queue"),
        kafka_bootstrap=stack.ready["kafka"]["bootstrap"],
        pseudonym_key=key,
    )
    pool = await create_pool(settings)
    try:
        yield QueueOperations(stack, Database(pool, settings.service), settings)
    finally:
        await pool.close()


def same_rows(real: Stack, filled: Stack, project: str, *, answers: int) -> int:
    """Compare the rows of tasks with `answers` annotations in two stacks.

    Return the number of compared tasks. Raises RuntimeError if rows differ in more than ids and
    times.
    """
    kinds = []
    tasks = SAMPLE
    for stack in (real, filled):
        rows = stack.query(_ROWS, project, answers, SAMPLE)
        kinds.append({str(sorted(dict(row, tasks=None).items())) for row in rows})
        tasks = min(tasks, sum(row["tasks"] for row in rows))
    if not tasks or kinds[0] != kinds[1]:
        raise RuntimeError(f"filled and real rows differ:\n{kinds[0]}\n{kinds[1]}")
    return tasks


def _lease_query(annotator: str, project: str, count: int) -> LeaseQuery:
    return LeaseQuery(
        Annotator(annotator, "human"), ("annotate",), frozenset([project]), count=count
    )


def _batches(events: Iterable[TaskCreated]) -> Iterator[list[TaskCreated]]:
    rest = iter(events)
    while batch := list(islice(rest, TASKS_A_TRANSACTION)):
        yield batch
