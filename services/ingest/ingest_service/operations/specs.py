"""Publishing spec versions, and what follows from it for the items that are there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import utc_now
from chassis.database import Session
from chassis.problem import Fault, Invalid
from ingest_service.domain.model import Basis, Spec
from ingest_service.domain.refusals import UnknownSpec
from ingest_service.domain.specs import problems, spec_hash
from ingest_service.operations.projects import known_project, locked_project
from ingest_service.operations.tasks import bring_up_to_date
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
"""How many items one transaction of a rollout looks at."""


async def publish_spec(
    session: Session, name: str, request: SpecRequest, now: datetime
) -> tuple[SpecPublication, bool]:
    """The version that the document has, and whether it is new. Raises Invalid."""
    document = request.document()
    if found := problems(document):
        raise Invalid([Fault(one.pointer, one.keyword, one.message) for one in found])
    project = await locked_project(session, name)
    newest = await store.newest_spec(session, name)
    digest = spec_hash(document)
    if newest is not None and newest.hash == digest:
        return SpecPublication(version=newest.version, hash=digest), False
    spec = Spec(project.newest_version + 1, digest, document)
    published = store.Published(spec.version, digest, request.resolves, request.relabel, now)
    await store.add_spec(session, name, spec, published)
    await store.add_rollout(session, name, spec.version, relabel_all=request.relabel == "all")
    event = SpecPublished(
        occurred_at=now,
        project=name,
        spec_version=spec.version,
        spec_hash=digest,
        document=document.model_dump(mode="json"),
        resolves=request.resolves,
        relabel=request.relabel,
    )
    await outbox.add(session, event)
    return SpecPublication(version=spec.version, hash=digest), True


async def list_specs(session: Session, name: str) -> Specs:
    """The spec versions of a project, newest first."""
    await known_project(session, name)
    heads = await store.spec_heads(session, name)
    return Specs(specs=[SpecHead.model_validate(_facts(head)) for head in heads])


async def view_spec(session: Session, name: str, version: int) -> SpecView:
    """A spec version, whole. Raises UnknownSpec."""
    await known_project(session, name)
    found = await store.published_spec(session, name, version)
    if found is None:
        raise UnknownSpec(f"'{name}' has no spec version {version}.")
    head, document = found
    return SpecView.model_validate(
        {**_facts(head), "project": name, "document": document}, strict=False
    )


def _facts(head: store.Published) -> dict[str, object]:
    return {
        "version": head.version,
        "hash": head.hash,
        "resolves": head.resolves,
        "relabel": head.relabel,
        "published_at": head.published_at,
    }


async def roll_out(session: Session, name: str, now: datetime) -> None:
    """Bring the next items of a project's rollout under its newest spec version."""
    rollout = await store.next_rollout(session, name)
    if rollout is None:
        return
    project = await locked_project(session, rollout.project)
    items = await item_store.items_after(session, project.name, rollout.after, STEP_ITEMS)
    below = rollout.version if rollout.relabel_all else 0
    spec = await store.newest_spec(session, project.name)
    if items and spec is not None:
        await bring_up_to_date(session, Basis(project, spec, now), items, relabel_below=below)
    is_last = len(items) < STEP_ITEMS
    await store.advance(session, rollout, None if is_last else items[-1].position)


async def record_decisions(session: Session, events: Sequence[LabelDecided]) -> None:
    """These tasks have their label."""
    await project_store.projects_for_update(session, sorted({event.project for event in events}))
    await task_store.decide(session, [event.task_id for event in events])


async def relabel(session: Session, event: RelabelRequested | EvidenceRelabelRequested) -> None:
    """Have these items labeled again, where they were decided before the version of the event."""
    projects = await project_store.projects_for_update(session, [event.project])
    project = projects.get(event.project)
    spec = await store.newest_spec(session, event.project)
    if project is None or spec is None:
        return
    ids: list[UUID] = sorted(set(event.item_ids))
    items = await item_store.items(session, project.name, ids)
    basis = Basis(project, spec, utc_now())
    await bring_up_to_date(session, basis, list(items.values()), relabel_below=event.spec_version)
