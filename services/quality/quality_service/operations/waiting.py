"""Events that are about a spec version which is not known yet wait for it."""

from collections.abc import Sequence
from typing import TypeVar

from chassis.database import Session
from chassis.parking import find_or_park
from quality_service.domain.spec import Spec
from quality_service.store import specs
from schemas.envelope import Event

Kind = TypeVar("Kind", bound=Event)


def awaited(project: str, spec_version: int) -> str:
    """What those wait for who need a spec version."""
    return f"spec:{project}:{spec_version}"


async def with_specs(session: Session, events: Sequence[Kind]) -> list[tuple[Kind, Spec]]:
    """The events whose spec version is known, with it; the others are parked."""
    keys = {_key(event) for event in events}
    known = await specs.specs(session, keys)
    ready = []
    for event in events:
        spec = known.get(_key(event)) or await _find_or_park(session, event)
        if spec is not None:
            ready.append((event, spec))
    return ready


async def _find_or_park(session: Session, event: Event) -> Spec | None:
    key = _key(event)

    async def look_up() -> Spec | None:
        return await specs.spec(session, *key)

    return await find_or_park(session, event, awaited(*key), look_up)


def _key(event: Event) -> tuple[str, int]:
    version: int = event.spec_version  # type: ignore[attr-defined]
    return event.project, version
