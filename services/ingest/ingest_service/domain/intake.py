"""Parse incoming items, and compute the changes that they make to known items."""

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import ValidationError

import labels
from ingest_service.domain.model import Gold, Item
from ingest_service.domain.signals import newest_signals
from schemas.canonical import NotCanonical, canonical
from schemas.error_words import plain_words
from schemas.ingest import GoldRequest, ItemProblem, ItemRequest, Rejection
from schemas.json_values import json_pointer
from schemas.vocabulary import Payload, Strict, item_id

INLINE_BYTES_MAX = 262_144
"""A payload with more canonical bytes is stored as a blob, and is not part of events."""
FIELDS_BYTES_MAX = 262_144
"""The most bytes of an item without its payload, so that its events fit into Kafka."""

UNBOUNDED_FIELDS = frozenset({"metadata", "skills", "signals", "prelabels", "label", "rules"})
"""The fields that can make an item too large; the others have at most a few thousand bytes."""

UPDATABLE_FIELDS = ("source", "metadata", "priority", "due_at", "skills", "prelabels", "redundancy")
"""The fields that a repeated item with the same payload may change. New signals are added."""

Request = TypeVar("Request", bound=Strict)


class InvalidItem(Exception):
    """This item or signal is invalid; `problem` says where and why."""

    def __init__(self, pointer: str, keyword: str, message: str) -> None:
        """Create the problem at the JSON pointer `pointer`."""
        super().__init__(message)
        self.problem = ItemProblem(pointer=pointer, keyword=keyword, message=message)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A parsed item with its id."""

    item: Item
    blob: bytes | None
    """The canonical bytes of the payload; None if it is inline."""
    fields_set: frozenset[str] = frozenset()
    """The names of the fields that the request set."""
    restores: bool = True
    """True if the item counts again when it was withdrawn."""


@dataclass(slots=True)
class Changes:
    """The changes of a batch: the items to store, and the verdict on each incoming item."""

    items: dict[UUID, Item] = field(default_factory=dict)
    changed_gold: set[UUID] = field(default_factory=set)
    """The items whose gold label has changed."""
    restored: set[UUID] = field(default_factory=set)
    """The withdrawn items that the batch has again."""
    verdicts: list[str] = field(default_factory=list)
    raised: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    """The known items with a changed priority or new signals, with these signals."""
    pending: list[tuple[int, str]] = field(default_factory=list)
    """(index in the batch, field) of each changed field that the current task does not get."""


def parse_request(model: type[Request], value: object) -> Request:
    """Parse `value`. Raise InvalidItem with its first problem."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidItem(json_pointer(*first["loc"]), first["type"], plain_words(first)) from error


def incoming_item(project: str, request: ItemRequest, position: int) -> Incoming:
    """Return the item that `request` describes, at its first revision. Raise InvalidItem."""
    try:
        payload = canonical(request.payload)
    except NotCanonical as error:
        raise InvalidItem(
            "/payload", "canonical", f"The payload cannot be stored as exact JSON: {error}."
        ) from error
    _check_size(request)
    sha256 = hashlib.sha256(payload).hexdigest()
    inline = len(payload) <= INLINE_BYTES_MAX
    item = Item(
        item_id=item_id(project, request.external_id, sha256),
        project=project,
        external_id=request.external_id,
        revision=1,
        payload_sha256=sha256,
        payload=request.payload if inline else None,
        blob_size=None if inline else len(payload),
        source=request.source,
        metadata=request.metadata,
        priority=request.priority,
        due_at=_utc(request.due_at),
        skills=tuple(request.skills),
        signals=[signal.model_dump(mode="json") for signal in request.signals],
        prelabels=[prelabel.model_dump(mode="json") for prelabel in request.prelabels],
        redundancy=request.redundancy,
        is_work=not isinstance(request, GoldRequest),
        position=position,
        gold=Gold(1, request.label, tuple(request.rules))
        if isinstance(request, GoldRequest)
        else None,
    )
    return Incoming(item, None if inline else payload, frozenset(request.model_fields_set))


def check_payload(payload: Payload, schema: labels.LabelSchema | None) -> None:
    """Raise InvalidItem if an item with this payload could not be labeled under `schema`.

    `schema` is None while a project has no specification: then every payload is accepted.
    """
    for refusal in schema.check_payload(payload) if schema is not None else ():
        raise InvalidItem("/payload" + refusal.pointer, refusal.keyword, refusal.message)


def check_properties(item: Item) -> None:
    """Raise InvalidItem if the properties of an item would not fit into its events."""
    _check_bytes(orjson.dumps([item.metadata, item.signals, item.prelabels]))


def _check_size(request: ItemRequest) -> None:
    if UNBOUNDED_FIELDS.intersection(request.model_fields_set):
        _check_bytes(orjson.dumps(request.model_dump(mode="json", exclude={"payload"})))


def _check_bytes(fields: bytes) -> None:
    if len(fields) > FIELDS_BYTES_MAX:
        message = (
            f"Without the payload, an item may have {FIELDS_BYTES_MAX} bytes;"
            f" this one has {len(fields)}."
        )
        raise InvalidItem("", "size", message)


def _utc(time: datetime | None) -> datetime | None:
    try:
        return time and time.astimezone(UTC)
    except OverflowError as error:
        raise InvalidItem(
            "/due_at", "range", "The time lies outside the years 1 to 9999."
        ) from error


def upsert(batch: Sequence[Incoming], known: Mapping[UUID, Item]) -> Changes:
    """Return the changes that `batch` makes to the `known` items; repeats apply in their order."""
    changes = Changes()
    for index, incoming in enumerate(batch):
        known_item = changes.items.get(incoming.item.item_id) or known.get(incoming.item.item_id)
        upsert_one = _upsert_work if incoming.item.is_work else _upsert_gold
        verdict, item = upsert_one(incoming.item, known_item)
        if known_item is not None and item.revision == known_item.revision:
            verdict, item = _update_fields(changes, index, incoming, (verdict, known_item, item))
        if item.is_withdrawn and incoming.restores:
            item = replace(item, is_withdrawn=False)
            changes.restored.add(item.item_id)
            verdict = "restored" if verdict in ("unchanged", "updated") else verdict
        changes.verdicts.append(verdict)
        if verdict == "unchanged":
            continue
        changes.items[item.item_id] = item
        if item.gold is not None and (known_item is None or known_item.gold != item.gold):
            changes.changed_gold.add(item.item_id)
    return changes


def _upsert_work(new: Item, known: Item | None) -> tuple[str, Item]:
    if known is None:
        return "created", new
    if new.payload_sha256 != known.payload_sha256:
        return ("changed" if known.is_work else "created"), _next_revision(new, known)
    if known.is_work:
        return "unchanged", known
    return "created", _merged(new, known)


def _update_fields(
    changes: Changes, index: int, incoming: Incoming, result: tuple[str, Item, Item]
) -> tuple[str, Item]:
    """Set the fields that the request set and that differ; the payload is the same.

    An open task gets the new priority and signals; other fields apply to the next task. `result`
    is the verdict so far, the known item and the item to store; return the verdict and the item.
    """
    verdict, known, item = result
    new = incoming.item
    changed = [
        name
        for name in UPDATABLE_FIELDS
        if name in incoming.fields_set and getattr(new, name) != getattr(known, name)
    ]
    signals = [signal for signal in new.signals if signal not in known.signals]
    if not changed and not signals:
        return verdict, item
    item = replace(item, **{name: getattr(new, name) for name in changed})
    item = replace(item, signals=newest_signals([*known.signals, *signals]))
    immediate = {"priority"} if item.open_tasks() else set()
    if signals or immediate.intersection(changed):
        changes.raised.setdefault(item.item_id, []).extend(signals)
    if item.work is not None or item.honeypot is not None:
        changes.pending += [(index, name) for name in changed if name not in immediate]
    return ("updated" if verdict == "unchanged" else verdict), item


def _upsert_gold(new: Item, known: Item | None) -> tuple[str, Item]:
    if known is None:
        return "created", new
    verdict = "created" if known.gold is None else "changed"
    gold = new.gold and replace(new.gold, revision=known.revision)
    if new.payload_sha256 != known.payload_sha256:
        revised = _next_revision(new, known)
        return verdict, replace(revised, gold=gold and replace(gold, revision=revised.revision))
    if gold == known.gold:
        return "unchanged", known
    return verdict, replace(known, gold=gold)


def _next_revision(new: Item, known: Item) -> Item:
    """Return the next revision of `known`, with the payload and fields of `new`.

    It belongs to no import any more, so that undoing one does not withdraw it.
    """
    return replace(_merged(new, known), revision=known.revision + 1, import_id=None)


def _merged(new: Item, known: Item) -> Item:
    """Return `new` with the revision, gold and tasks of `known`."""
    return replace(
        new,
        revision=known.revision,
        is_work=known.is_work or new.is_work,
        position=known.position if known.is_work else new.position,
        import_id=known.import_id,
        is_withdrawn=known.is_withdrawn,
        gold=known.gold,
        work=known.work,
        honeypot=known.honeypot,
    )


def with_import(incoming: Incoming, import_id: UUID) -> Incoming:
    """Return the item as one that the import `import_id` creates if it is new."""
    return replace(incoming, item=replace(incoming.item, import_id=import_id))


def prelabel_problems(incoming: Incoming, schema: labels.LabelSchema) -> dict[int, ItemProblem]:
    """Return the first problem of each invalid prelabel of an item, by its index.

    A prelabel may leave out required fields.
    """
    blob = incoming.blob
    payload = incoming.item.payload if blob is None else orjson.loads(blob)
    found: dict[int, ItemProblem] = {}
    for index, prelabel in enumerate(incoming.item.prelabels):
        for refusal in schema.check(prelabel["value"], payload):
            if refusal.keyword == "required":
                continue
            place = f"/prelabels/{index}/value{refusal.pointer}"
            message = f"The prelabel is left out: {refusal.message}"
            found[index] = ItemProblem(pointer=place, keyword=refusal.keyword, message=message)
            break
    return found


def rejection(index: int, external_id: object, problem: ItemProblem) -> Rejection:
    """Return the rejection of the entry at `index`; `external_id` counts if it is text."""
    known = external_id if isinstance(external_id, str) else None
    return Rejection(index=index, line=index + 1, external_id=known, problem=problem)


def without_prelabels(incoming: Incoming, left_out: Container[int]) -> Incoming:
    """Return the item without the prelabels at the indices `left_out`."""
    prelabels = incoming.item.prelabels
    rest = [prelabel for index, prelabel in enumerate(prelabels) if index not in left_out]
    return replace(incoming, item=replace(incoming.item, prelabels=rest))
