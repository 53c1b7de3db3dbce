"""Spec versions, compiled once. They never change, so what a hash names may be remembered."""

from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service.store import specs
from labels.compiled_spec import CompiledSpec, SpecCache
from schemas.events import IDS_MAX, RelabelRequested, SpecPublished

_CACHE = SpecCache(CompiledSpec)


async def compiled(transaction: Transaction, project: str, version: int) -> CompiledSpec | None:
    """Return a spec version; None while it is not known. Its document is read once per hash."""
    spec_hash = await specs.spec_hash(transaction, project, version)
    if spec_hash is None:
        return None
    return await _CACHE.get(spec_hash, lambda: specs.document(transaction, project, version))


async def add_spec(transaction: Transaction, event: SpecPublished) -> None:
    """Keep a spec version, and ask for the labels that it touches to be made again."""
    content = (event.spec_hash, event.document)
    await specs.add_spec(transaction, event.project, event.spec_version, content, event.relabel)
    if event.relabel == "touched":
        await _ask_for_touched(transaction, event)


async def _ask_for_touched(transaction: Transaction, event: SpecPublished) -> None:
    new = await compiled(transaction, event.project, event.spec_version)
    standing = await specs.standing_labels(transaction, event.project)
    touched: list[UUID] = []
    for item_id, version, label, rules in standing:
        old = await compiled(transaction, event.project, version)
        if new is not None and old is not None and is_touched(old, new, label, rules):
            touched.append(item_id)
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


def is_touched(
    old: CompiledSpec, new: CompiledSpec, label: dict[str, object], rules: list[str]
) -> bool:
    """Whether `new` no longer accepts the label, or says something else in a rule that it cites."""
    if new.labels.check(label):
        return True
    before = {rule.id: rule for rule in old.document.guidelines}
    after = {rule.id: rule for rule in new.document.guidelines}
    return any(before.get(rule) != after.get(rule) for rule in rules)
