"""Calls to ingest: projects, spec versions, items, gold, repairs."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from labelwright_client.call import JSON, NDJSON, Call, get, path, reads, send_json
from schemas.ingest import (
    GoldRequest,
    ImportVerdict,
    ItemRequest,
    ProjectHead,
    ProjectRequest,
    Projects,
    ProjectView,
    Repair,
    RepairClosing,
    Repairs,
    RepairState,
    SignalRequest,
    SignalVerdict,
    SpecPublication,
    SpecRequest,
    Specs,
    SpecView,
)


def create_project(name: str, title: str | None = None) -> Call[ProjectHead]:
    """Make a project."""
    body = ProjectRequest(name=name, title=title or name)
    return send_json("ingest", "POST", path("projects"), body, reads(ProjectHead))


def list_projects(after: str | None = None) -> Call[Projects]:
    """The projects that the caller may see, a page at a time."""
    return get("ingest", path("projects"), reads(Projects), after=after)


def show_project(name: str) -> Call[ProjectView]:
    """A project and what it holds."""
    return get("ingest", path("projects", name), reads(ProjectView))


def publish_spec(project: str, spec: SpecRequest) -> Call[SpecPublication]:
    """Make `spec` the newest version. The newest once more is the same version."""
    where = path("projects", project, "specs")
    return send_json("ingest", "POST", where, spec, reads(SpecPublication))


def list_specs(project: str) -> Call[Specs]:
    """The spec versions of a project, newest first."""
    return get("ingest", path("projects", project, "specs"), reads(Specs))


def show_spec(project: str, version: int) -> Call[SpecView]:
    """A spec version, whole."""
    return get("ingest", path("projects", project, "specs", version), reads(SpecView))


def import_lines(project: str, lines: bytes, *, gold: bool = False) -> Call[ImportVerdict]:
    """Bring in items (or gold), one JSON object a line. See `upload` for more than a few MB."""
    where = path("projects", project, "gold" if gold else "items")
    return Call("ingest", "POST", where, reads(ImportVerdict), headers=_once(), body=lines)


def import_items(project: str, items: Iterable[ItemRequest]) -> Call[ImportVerdict]:
    """Bring in items. What is there already stays unchanged."""
    return import_lines(project, b"".join(map(_line, items)))


def register_gold(project: str, items: Iterable[GoldRequest]) -> Call[ImportVerdict]:
    """Bring in items whose right label is known."""
    return import_lines(project, b"".join(map(_line, items)), gold=True)


def send_signals(project: str, signals: Iterable[SignalRequest]) -> Call[SignalVerdict]:
    """Tell what production noticed about items."""
    body = b"[" + b",".join(_line(one).rstrip() for one in signals) + b"]"
    headers = {**_once(), "Content-Type": JSON}
    where = path("projects", project, "signals")
    return Call("ingest", "POST", where, reads(SignalVerdict), headers=headers, body=body)


def list_repairs(
    project: str, after: str | None = None, *, state: RepairState = "open"
) -> Call[Repairs]:
    """The items whose data annotators call bad, a page at a time."""
    where = path("projects", project, "repairs")
    return get("ingest", where, reads(Repairs), after=after, state=state)


def close_repair(project: str, item_id: UUID, note: str | None = None) -> Call[Repair]:
    """Say that the data of an item is right as it is. The same again changes nothing."""
    where = path("projects", project, "repairs", item_id, "close")
    return send_json("ingest", "POST", where, RepairClosing(note=note), reads(Repair))


def _line(one: ItemRequest | SignalRequest) -> bytes:
    return one.model_dump_json(exclude_unset=True).encode() + b"\n"


def _once() -> dict[str, str]:
    """Made with the call, so that all its attempts carry the same key."""
    return {"Idempotency-Key": str(uuid4()), "Content-Type": NDJSON}
