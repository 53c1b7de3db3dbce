"""Spec versions, compiled once. They never change, so what a hash names may be remembered."""

from dataclasses import dataclass
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service.store import specs
from labels import LabelSchema, compile_fields
from schemas.events import IDS_MAX, RelabelRequested, SpecPublished
from schemas.vocabulary import Policy, SpecDocument, document_of

REMEMBERED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Compiled:
    """A spec version ready for use."""

    document: SpecDocument
    labels: LabelSchema

    @property
    def policy(self) -> Policy:
        """The policy of the version."""
        return self.document.policy


_BY_HASH: dict[str, Compiled] = {}


async def compiled(transaction: Transaction, project: str, version: int) -> Compiled | None:
    """A spec version; None while it is not known. Its document is read once per hash."""
    spec_hash = await specs.spec_hash(transaction, project, version)
    if spec_hash is None:
        return None
    known = _BY_HASH.get(spec_hash)
    if known is None:
        document = document_of(await specs.document(transaction, project, version))
        known = Compiled(document, compile_fields(document.fields, ignore_unknown=True))
        if len(_BY_HASH) >= REMEMBERED_MAX:
            _BY_HASH.clear()
        _BY_HASH[spec_hash] = known
    return known


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


def is_touched(old: Compiled, new: Compiled, label: dict[str, object], rules: list[str]) -> bool:
    """Whether `new` no longer accepts the label, or says something else in a rule that it cites."""
    if new.labels.check(label):
        return True
    before = {rule.id: rule for rule in old.document.guidelines}
    after = {rule.id: rule for rule in new.document.guidelines}
    return any(before.get(rule) != after.get(rule) for rule in rules)
