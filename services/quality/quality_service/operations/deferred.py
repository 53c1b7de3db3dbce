"""Defer events until the spec version that they refer to is known."""

from collections.abc import Sequence
from typing import TypeVar

from chassis.db.database import Transaction
from chassis.events.deferred import find_or_defer
from quality_service.domain.spec import Spec
from quality_service.store import specs
from schemas.envelope import Event

Kind = TypeVar("Kind", bound=Event)


def spec_key(event: Event) -> str:
    """Return the key under which events wait for the spec version that `event` names."""
    project, version = _spec(event)
    return f"spec:{project}:{version}"


async def with_specs(transaction: Transaction, events: Sequence[Kind]) -> list[tuple[Kind, Spec]]:
    """Return the events whose spec version is known, with it; defer the others."""
    known = await specs.specs(transaction, {_spec(event) for event in events})
    ready = []
    for event in events:
        spec = known.get(_spec(event)) or await _find_or_defer(transaction, event)
        if spec is not None:
            ready.append((event, spec))
    return ready


async def _find_or_defer(transaction: Transaction, event: Event) -> Spec | None:
    async def find_spec() -> Spec | None:
        return await specs.spec(transaction, *_spec(event))

    return await find_or_defer(transaction, event, spec_key(event), find_spec)


def _spec(event: Event) -> tuple[str, int]:
    version: int = event.spec_version  # type: ignore[attr-defined]
    return event.project, version
