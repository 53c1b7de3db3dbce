"""What comes in: reading an item, and what it changes about what is known."""

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
from ingest_service.domain.signals import kept
from schemas.canonical import NotCanonical, canonical
from schemas.ingest import GoldRequest, ItemProblem, ItemRequest
from schemas.vocabulary import Payload, Strict, item_id

INLINE_MAX = 262_144
"""A larger payload, in canonical bytes, is kept as a blob and doesn't travel in events."""
BESIDE_MAX = 262_144
"""What an item may carry beside its payload, in bytes, so that every event fits into Kafka."""

WISHES = ("source", "metadata", "priority", "due_at", "skills", "prelabels", "redundancy")
"""What may be said anew of an item whose payload stays the same. Signals are added to its own."""

Request = TypeVar("Request", bound=Strict)


class Unfit(Exception):
    """This can't be taken in."""

    def __init__(self, pointer: str, keyword: str, message: str) -> None:
        """Say where, and why."""
        super().__init__(message)
        self.problem = ItemProblem(pointer=pointer, keyword=keyword, message=message)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An item as it came, with its identity."""

    item: Item
    blob: bytes | None
    """The payload's canonical bytes, if it is too large to travel inline."""
    given: frozenset[str] = frozenset()
    """The names of the fields that its sender set."""


@dataclass(slots=True)
class Changes:
    """What a batch does: the items to be stored, and the verdict on each that came."""

    items: dict[UUID, Item] = field(default_factory=dict)
    regold: set[UUID] = field(default_factory=set)
    """The items whose gold label is another now."""
    verdicts: list[str] = field(default_factory=list)
    raised: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    """The known items whose priority is another now or that have new signals, with these."""
    pending: list[tuple[int, str]] = field(default_factory=list)
    """The place in the batch and the name of each field that the item's present task lacks."""


def read(model: type[Request], value: object) -> Request:
    """`value` as a request. Raises Unfit with the first thing that is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise Unfit(pointer(first["loc"]), first["type"], first["msg"]) from error


def pointer(parts: Sequence[object]) -> str:
    """The JSON pointer made of `parts`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def incoming(project: str, request: ItemRequest) -> Incoming:
    """The item that `request` describes, at its first revision. Raises Unfit."""
    try:
        payload = canonical(request.payload)
    except NotCanonical as error:
        raise Unfit("/payload", "canonical", f"The payload has no exact JSON: {error}.") from error
    _check_size(request)
    sha256 = hashlib.sha256(payload).hexdigest()
    inline = len(payload) <= INLINE_MAX
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
        gold=Gold(1, request.label, tuple(request.rules))
        if isinstance(request, GoldRequest)
        else None,
    )
    return Incoming(item, None if inline else payload, frozenset(request.model_fields_set))


def check_payload(payload: Payload, schema: labels.LabelSchema | None) -> None:
    """Raise Unfit if an item with this payload could not be labeled under the specification.

    `schema` is None while a project has no specification: then anything is taken.
    """
    for refusal in schema.check_payload(payload) if schema is not None else ():
        raise Unfit("/payload" + refusal.pointer, refusal.keyword, refusal.message)


def _check_size(request: ItemRequest) -> None:
    beside = orjson.dumps(request.model_dump(mode="json", exclude={"payload"}))
    if len(beside) > BESIDE_MAX:
        message = f"All but the payload may have {BESIDE_MAX} bytes; this has {len(beside)}."
        raise Unfit("", "size", message)


def _utc(time: datetime | None) -> datetime | None:
    try:
        return time and time.astimezone(UTC)
    except OverflowError as error:
        raise Unfit("/due_at", "range", "The time lies outside the years 1 to 9999.") from error


def take_in(batch: Sequence[Incoming], known: Mapping[UUID, Item]) -> Changes:
    """What `batch` changes about the `known` items. What comes twice counts as it comes."""
    changes = Changes()
    for place, one in enumerate(batch):
        held = changes.items.get(one.item.item_id) or known.get(one.item.item_id)
        take = _take_work if one.item.is_work else _take_gold
        verdict, item = take(one.item, held)
        if held is not None and item.revision == held.revision:
            verdict, item = _take_wishes(changes, place, one, (verdict, held, item))
        changes.verdicts.append(verdict)
        if verdict == "unchanged":
            continue
        changes.items[item.item_id] = item
        if item.gold is not None and (held is None or held.gold != item.gold):
            changes.regold.add(item.item_id)
    return changes


def _take_work(new: Item, held: Item | None) -> tuple[str, Item]:
    if held is None:
        return "created", new
    if new.payload_sha256 != held.payload_sha256:
        return ("changed" if held.is_work else "created"), _revised(new, held)
    if held.is_work:
        return "unchanged", held
    return "created", _described(new, held)


def _take_wishes(
    changes: Changes, place: int, one: Incoming, taken: tuple[str, Item, Item]
) -> tuple[str, Item]:
    """The verdict and the item with the fields that its sender set; the payload is the same.

    The priority and new signals reach an open task; every other field waits for the next one.
    `taken`: the verdict so far, the item as it was, and as it is to be.
    """
    verdict, held, item = taken
    new = one.item
    wished = [
        name for name in WISHES if name in one.given and getattr(new, name) != getattr(held, name)
    ]
    signals = [signal for signal in new.signals if signal not in held.signals]
    if not wished and not signals:
        return verdict, item
    item = replace(item, **{name: getattr(new, name) for name in wished})
    item = replace(item, signals=kept([*held.signals, *signals]))
    at_once = {"priority"} if item.open_tasks() else set()
    if signals or at_once.intersection(wished):
        changes.raised.setdefault(item.item_id, []).extend(signals)
    if item.work is not None or item.honeypot is not None:
        changes.pending += [(place, name) for name in wished if name not in at_once]
    return ("updated" if verdict == "unchanged" else verdict), item


def _take_gold(new: Item, held: Item | None) -> tuple[str, Item]:
    if held is None:
        return "created", new
    verdict = "created" if held.gold is None else "changed"
    gold = new.gold and replace(new.gold, revision=held.revision)
    if new.payload_sha256 != held.payload_sha256:
        revised = _revised(new, held)
        return verdict, replace(revised, gold=gold and replace(gold, revision=revised.revision))
    if gold == held.gold:
        return "unchanged", held
    return verdict, replace(held, gold=gold)


def _revised(new: Item, held: Item) -> Item:
    """`held` with the payload of `new`: its next revision."""
    return replace(_described(new, held), revision=held.revision + 1)


def _described(new: Item, held: Item) -> Item:
    """`new`, with what is known of it already."""
    return replace(
        new,
        revision=held.revision,
        is_work=held.is_work or new.is_work,
        gold=held.gold,
        work=held.work,
        honeypot=held.honeypot,
    )


def prelabel_problems(one: Incoming, schema: labels.LabelSchema) -> dict[int, ItemProblem]:
    """The first thing that `schema` forbids in each suggestion of an item, by its place.

    A suggestion may be a part of a label.
    """
    payload = one.item.payload if one.blob is None else orjson.loads(one.blob)
    found: dict[int, ItemProblem] = {}
    for index, prelabel in enumerate(one.item.prelabels):
        for refusal in schema.check(prelabel["value"], payload):
            if refusal.keyword == "required":
                continue
            pointer = f"/prelabels/{index}/value{refusal.pointer}"
            message = f"The suggestion is left out: {refusal.message}"
            found[index] = ItemProblem(pointer=pointer, keyword=refusal.keyword, message=message)
            break
    return found


def without_prelabels(one: Incoming, left_out: Container[int]) -> Incoming:
    """An item without the suggestions at some places."""
    rest = [said for index, said in enumerate(one.item.prelabels) if index not in left_out]
    return replace(one, item=replace(one.item, prelabels=rest))
