"""Publish spec versions, and create the tasks that a new version needs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.events import outbox
from ingest_service.domain.model import Spec, TaskContext
from ingest_service.domain.refusals import SpecChanged, UnknownSpec
from ingest_service.domain.specs import spec_hash
from ingest_service.operations.projects import get_project, lock_project
from ingest_service.operations.tasks import reconcile_tasks
from ingest_service.store import items as item_store
from ingest_service.store import projects as project_store
from ingest_service.store import specs as store
from ingest_service.store import tasks as task_store
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    SpecPublished,
)
from schemas.ingest import SpecHead, SpecPublication, SpecRequest, Specs, SpecView

STEP_ITEMS = 1000
"""The number of items that one transaction of a rollout handles."""


async def publish_spec(
    transaction: Transaction, name: str, request: SpecRequest, now: datetime
) -> tuple[SpecPublication, bool]:
    """Return the version of the document, and if it is new. The caller has checked it.

    Raise SpecChanged if another version than the expected one is the newest.
    """
    document = request.document()
    project = await lock_project(transaction, name)
    newest = await store.newest_spec(transaction, name)
    digest = spec_hash(document)
    if newest is not None and newest.hash == digest:
        return SpecPublication(version=newest.version, hash=digest), False
    _check_expected(request.expected_version, project.newest_version)
    spec = Spec(project.newest_version + 1, digest, document)
    published = store.Published(spec.version, digest, request.resolves, request.relabel, now)
    await store.add_spec(transaction, name, spec, published)
    await store.add_rollout(transaction, name, spec.version, relabel_all=request.relabel == "all")
    event = SpecPublished(
        occurred_at=now,
        project=name,
        spec_version=spec.version,
        spec_hash=digest,
        document=document.model_dump(mode="json"),
        resolves=request.resolves,
        relabel=request.relabel,
    )
    await outbox.add(transaction, event)
    return SpecPublication(version=spec.version, hash=digest), True


def _check_expected(expected: int | None, newest: int) -> None:
    if expected is None or expected == newest:
        return
    found = f"version {newest} is the newest" if newest else "there is no version yet"
    raise SpecChanged(
        f"Version {expected} was expected to be the newest; {found}."
        " Read it, then publish again with its number as expected_version."
    )


async def list_specs(transaction: Transaction, name: str) -> Specs:
    """Return the spec versions of a project, newest first."""
    await get_project(transaction, name)
    heads = await store.spec_heads(transaction, name)
    return Specs(specs=[SpecHead.model_validate(_columns(head)) for head in heads])


async def view_spec(transaction: Transaction, name: str, version: int) -> SpecView:
    """Return a spec version with its document. Raise UnknownSpec."""
    await get_project(transaction, name)
    found = await store.published_spec(transaction, name, version)
    if found is None:
        raise UnknownSpec(f"Project '{name}' has no spec version {version}.")
    head, document = found
    return SpecView.model_validate(
        {**_columns(head), "project": name, "document": document}, strict=False
    )


def _columns(head: store.Published) -> dict[str, object]:
    return {
        "version": head.version,
        "hash": head.hash,
        "resolves": head.resolves,
        "relabel": head.relabel,
        "published_at": head.published_at,
    }


async def roll_out(transaction: Transaction, name: str, now: datetime) -> None:
    """Handle the next items of a project's rollout of a new spec version."""
    rollout = await store.next_rollout(transaction, name)
    if rollout is None:
        return
    project = await lock_project(transaction, rollout.project)
    items = await item_store.items_after(transaction, project.name, rollout.after, STEP_ITEMS)
    below = rollout.version if rollout.relabel_all else 0
    spec = await store.newest_spec(transaction, project.name)
    if items and spec is not None:
        await reconcile_tasks(
            transaction, TaskContext(project, spec, now), items, relabel_below=below
        )
    is_last = len(items) < STEP_ITEMS
    await store.advance_rollout(transaction, rollout, None if is_last else items[-1].position)


async def decide_tasks(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Mark the tasks of these decisions as decided."""
    await project_store.projects_for_update(
        transaction, sorted({event.project for event in events})
    )
    await task_store.decide_tasks(transaction, [event.task_id for event in events])


async def relabel(
    transaction: Transaction, event: RelabelRequested | EvidenceRelabelRequested
) -> None:
    """Create new tasks for the items that were decided under an older version than the event's."""
    projects = await project_store.projects_for_update(transaction, [event.project])
    project = projects.get(event.project)
    spec = await store.newest_spec(transaction, event.project)
    if project is None or spec is None:
        return
    ids: list[UUID] = sorted(set(event.item_ids))
    items = await item_store.items(transaction, project.name, ids)
    context = TaskContext(project, spec, utc_now())
    await reconcile_tasks(
        transaction, context, list(items.values()), relabel_below=event.spec_version
    )
