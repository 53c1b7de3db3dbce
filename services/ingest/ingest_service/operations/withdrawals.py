"""Withdraw and restore items: jobs that handle the named items in transactions of their own."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from chassis.clock import utc_now
from chassis.db.database import Database, Transaction
from chassis.jobs.jobs import NewJob, Outcome, Progress
from chassis.jobs.runner import Handler
from ingest_service.domain.model import Item, TaskContext
from ingest_service.operations.projects import get_project, lock_project
from ingest_service.operations.tasks import reconcile_tasks
from ingest_service.operations.withdrawn_events import publish_restored, publish_withdrawn
from ingest_service.store import item_lists
from ingest_service.store import items as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import RestorationRequest, SelectionVerdict, WithdrawalRequest
from schemas.vocabulary import item_id

WITHDRAW: Literal["withdraw"] = "withdraw"
RESTORE: Literal["restore"] = "restore"
CHUNK_ITEMS = 500
SHOWN_IDS = 100


async def new_job(
    transaction: Transaction,
    project: str,
    request: WithdrawalRequest | RestorationRequest,
    key: str | None,
) -> NewJob:
    """Return the job of a withdrawal or a restoration. Raise UnknownProject."""
    await get_project(transaction, project)
    kind = WITHDRAW if isinstance(request, WithdrawalRequest) else RESTORE
    arguments = {"project": project, "request": request.model_dump(mode="json")}
    return NewJob(kind, project, arguments, key)


def withdraw_job(database: Callable[[], Database]) -> Handler:
    """Return the handler of withdrawals. `database`: returns the service's database."""

    async def run(_: Transaction, arguments: dict[str, Any], progress: Progress) -> Outcome:
        request = WithdrawalRequest.model_validate(arguments["request"], strict=False)
        return await _set_withdrawn(database(), arguments["project"], request, progress)

    return run


def restore_job(database: Callable[[], Database]) -> Handler:
    """Return the handler of restorations. `database`: returns the service's database."""

    async def run(_: Transaction, arguments: dict[str, Any], progress: Progress) -> Outcome:
        request = RestorationRequest.model_validate(arguments["request"], strict=False)
        return await _set_withdrawn(database(), arguments["project"], request, progress)

    return run


async def _set_withdrawn(
    database: Database,
    project: str,
    request: WithdrawalRequest | RestorationRequest,
    progress: Progress,
) -> Outcome:
    progress.unit = "items"
    names = _named(project, request)
    count = 0
    found: set[UUID] = set()
    async for ids in _chunks(database, project, request, list(names)):
        async with database.transaction() as transaction:
            handled = await _handle(transaction, project, request, ids)
        count += len(handled)
        found.update(handled if names else ())
        progress.done = count
    unknown = [name for id_, name in names.items() if id_ not in found]
    verdict = SelectionVerdict(items=count, unknown=unknown[:SHOWN_IDS], unknown_count=len(unknown))
    return Outcome(verdict.model_dump(mode="json"), 200)


def _named(project: str, request: WithdrawalRequest | RestorationRequest) -> dict[UUID, str]:
    """Return the ids of the items that are named one by one, each with the name in the request."""
    named = {item_id(project, name, ""): name for name in request.external_ids}
    return named or {id_: str(id_) for id_ in request.item_ids}


async def _chunks(
    database: Database,
    project: str,
    request: WithdrawalRequest | RestorationRequest,
    ids: Sequence[UUID],
) -> AsyncIterator[Sequence[UUID]]:
    if request.import_id is None:
        for start in range(0, len(ids), CHUNK_ITEMS):
            yield ids[start : start + CHUNK_ITEMS]
        return
    after = 0
    while True:
        async with database.transaction() as transaction:
            rows = await item_lists.of_import(
                transaction, project, request.import_id, after, CHUNK_ITEMS
            )
        if not rows:
            return
        yield [row.item_id for row in rows]
        after = rows[-1].position


async def _handle(
    transaction: Transaction,
    name: str,
    request: WithdrawalRequest | RestorationRequest,
    ids: Sequence[UUID],
) -> list[UUID]:
    """Withdraw or restore items; return the ids of those that are known."""
    is_withdrawn = isinstance(request, WithdrawalRequest)
    project = await lock_project(transaction, name)
    known = await store.items(transaction, name, ids)
    changed = [
        replace(item, is_withdrawn=is_withdrawn)
        for item in sorted(known.values(), key=_position)
        if item.is_withdrawn != is_withdrawn
    ]
    if changed:
        now = utc_now()
        await store.save_items(transaction, changed)
        changed_ids = [item.item_id for item in changed]
        if isinstance(request, WithdrawalRequest):
            reason = (request.reason, request.import_id)
            await publish_withdrawn(transaction, name, changed_ids, reason, now)
        else:
            await publish_restored(transaction, name, changed_ids, now)
        spec = await newest_spec(transaction, name)
        if spec is not None:
            await reconcile_tasks(transaction, TaskContext(project, spec, now), changed)
    return list(known)


def _position(item: Item) -> int:
    return item.position
