"""Defer events until the spec version that they refer to is known."""

from collections.abc import Sequence
from typing import TypeVar

from chassis.db.database import Transaction
from chassis.events.deferred import find_or_defer
from quality_service.domain.spec import Spec
from quality_service.store import specs
from schemas.envelope import Event

Kind = TypeVar("Kind", bound=Event)


def spec_key(project: str, spec_version: int) -> str:
    """Return the key under which events that need this spec version are deferred."""
    return f"spec:{project}:{spec_version}"


async def with_specs(transaction: Transaction, events: Sequence[Kind]) -> list[tuple[Kind, Spec]]:
    """Return the events whose spec version is known, with it; defer the others."""
    keys = {_key(event) for event in events}
    known = await specs.specs(transaction, keys)
    ready = []
    for event in events:
        spec = known.get(_key(event)) or await _find_or_defer(transaction, event)
        if spec is not None:
            ready.append((event, spec))
    return ready


async def _find_or_defer(transaction: Transaction, event: Event) -> Spec | None:
    key = _key(event)

    async def find_spec() -> Spec | None:
        return await specs.spec(transaction, *key)

    return await find_or_defer(transaction, event, spec_key(*key), find_spec)


def _key(event: Event) -> tuple[str, int]:
    version: int = event.spec_version  # type: ignore[attr-defined]
    return event.project, version
