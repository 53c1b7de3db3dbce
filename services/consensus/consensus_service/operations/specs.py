"""Spec versions, compiled once and cached by hash, and the labels that a new one affects."""

from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service.store import specs
from consensus_service.store.specs import CurrentLabel
from labels.compiled_spec import CompiledSpec, SpecCache
from labels.specs.diff import changed_rules
from schemas.events import IDS_MAX, RelabelRequested, SpecPublished

_CACHE = SpecCache(CompiledSpec)


async def compiled(transaction: Transaction, project: str, version: int) -> CompiledSpec | None:
    """Return a spec version; None while it is not known. Its document is read once per hash."""
    spec_hash = await specs.spec_hash(transaction, project, version)
    if spec_hash is None:
        return None
    return await _CACHE.get(spec_hash, lambda: specs.document(transaction, project, version))


async def add_spec(transaction: Transaction, event: SpecPublished) -> None:
    """Store a spec version; with `relabel: touched`, request that affected items be relabeled."""
    content = (event.spec_hash, event.document)
    await specs.add_spec(transaction, event.project, event.spec_version, content, event.relabel)
    if event.relabel == "touched":
        await _request_relabeling(transaction, event)


async def _request_relabeling(transaction: Transaction, event: SpecPublished) -> None:
    new = await compiled(transaction, event.project, event.spec_version)
    touched: list[UUID] = []
    for current in await specs.current_labels(transaction, event.project):
        old = await compiled(transaction, event.project, current.spec_version)
        if new is not None and old is not None and is_touched(old, new, current):
            touched.append(current.item_id)
    for start in range(0, len(touched), IDS_MAX):
        part = touched[start : start + IDS_MAX]
        await outbox.add(transaction, _request(event, part))


def _request(event: SpecPublished, item_ids: list[UUID]) -> RelabelRequested:
    return RelabelRequested(
        occurred_at=event.occurred_at,
        project=event.project,
        spec_version=event.spec_version,
        item_ids=item_ids,
        why="The newer version does not accept the label, or changed a rule that it cites.",
    )


def is_touched(old: CompiledSpec, new: CompiledSpec, current: CurrentLabel) -> bool:
    """Return True if `new` refuses the label, or changes a rule that its decision cites."""
    if new.labels.check(current.label):
        return True
    return not changed_rules(old.document, new.document).isdisjoint(current.rules)
