"""Calls to ingest: projects, spec versions, items, gold, repairs."""

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID, uuid4

from labelwright_client.call import JSON, NDJSON, Call, api_path, get, json_as, send_json
from schemas.ingest import (
    GoldRequest,
    ImportVerdict,
    ItemRequest,
    Items,
    ItemSelection,
    ItemState,
    ItemUpdate,
    ItemUpdated,
    ProjectHead,
    ProjectRequest,
    Projects,
    ProjectView,
    Repair,
    RepairClosing,
    Repairs,
    RepairState,
    RestorationRequest,
    SelectionVerdict,
    SignalRequest,
    SignalVerdict,
    SpecPublication,
    SpecRequest,
    Specs,
    SpecView,
    WithdrawalRequest,
)
from schemas.spec_checks import SpecCheck
from schemas.spec_previews import SpecPreview


def create_project(name: str, title: str | None = None) -> Call[ProjectHead]:
    """Create a project."""
    body = ProjectRequest(name=name, title=title or name)
    return send_json("ingest", "POST", api_path("projects"), body, json_as(ProjectHead))


def list_projects(after: str | None = None) -> Call[Projects]:
    """List the projects that the caller may see, one page at a time."""
    return get("ingest", api_path("projects"), json_as(Projects), after=after)


def show_project(name: str) -> Call[ProjectView]:
    """Read a project with its number of items and tasks."""
    return get("ingest", api_path("projects", name), json_as(ProjectView))


def publish_spec(project: str, spec: SpecRequest) -> Call[SpecPublication]:
    """Publish `spec` as the newest version. Publishing the newest again changes nothing."""
    path = api_path("projects", project, "specs")
    return send_json("ingest", "POST", path, spec, json_as(SpecPublication))


def check_spec(project: str, document: object) -> Call[SpecCheck]:
    """Check a spec document, which is any JSON value: all its problems, and warnings."""
    path = api_path("projects", project, "specs", "check")
    headers = {"Content-Type": JSON}
    body = json.dumps(document).encode()
    return Call("ingest", "POST", path, json_as(SpecCheck), headers=headers, body=body)


def preview_spec(project: str, spec: SpecRequest) -> Call[SpecPreview]:
    """Read the effects that publishing `spec` would have on the items. Nothing is stored."""
    path = api_path("projects", project, "specs", "preview")
    return send_json("ingest", "POST", path, spec, json_as(SpecPreview))


def list_specs(project: str) -> Call[Specs]:
    """List the spec versions of a project, newest first."""
    return get("ingest", api_path("projects", project, "specs"), json_as(Specs))


def show_spec(project: str, version: int) -> Call[SpecView]:
    """Read a spec version with its document."""
    return get("ingest", api_path("projects", project, "specs", version), json_as(SpecView))


class ImportPart(NamedTuple):
    """A part of an import that is sent in several requests: its id, and the name of the part."""

    import_id: UUID
    name: str


def import_lines(
    project: str, lines: bytes, *, gold: bool = False, part: ImportPart | None = None
) -> Call[ImportVerdict]:
    """Import items (or gold), one JSON object per line. Use `upload` for more than a few MB."""
    path = api_path("projects", project, "gold" if gold else "items")
    headers, query = _idempotent(), {}
    if part is not None:
        digest = sha256(lines).hexdigest()[:16]
        headers["Idempotency-Key"] = f"import {part.import_id} {part.name} {digest}"
        query = {"import_id": str(part.import_id)}
    return Call(
        "ingest", "POST", path, json_as(ImportVerdict), headers=headers, body=lines, query=query
    )


def list_items(
    project: str,
    after: str | None = None,
    *,
    external_id: str | None = None,
    state: ItemState | None = None,
) -> Call[Items]:
    """List the items of a project, one page at a time, or the one with an external id."""
    path = api_path("projects", project, "items")
    query = {"cursor": after, "external_id": external_id, "state": state}
    return get("ingest", path, json_as(Items), **query)


def update_item(project: str, item_id: UUID, update: ItemUpdate) -> Call[ItemUpdated]:
    """Change the metadata, the priority or the due time of an item."""
    path = api_path("projects", project, "items", item_id, "properties")
    return send_json("ingest", "PATCH", path, update, json_as(ItemUpdated))


def withdraw_items(project: str, items: ItemSelection, reason: str) -> Call[SelectionVerdict]:
    """Withdraw items, or undo an import. Withdrawing an item again changes nothing."""
    body = WithdrawalRequest(**items.model_dump(exclude_defaults=True), reason=reason)
    path = api_path("projects", project, "items", "withdraw")
    return _with_key(send_json("ingest", "POST", path, body, json_as(SelectionVerdict)))


def restore_items(project: str, items: ItemSelection) -> Call[SelectionVerdict]:
    """Restore withdrawn items. Restoring an item again changes nothing."""
    body = RestorationRequest(**items.model_dump(exclude_defaults=True))
    path = api_path("projects", project, "items", "restore")
    return _with_key(send_json("ingest", "POST", path, body, json_as(SelectionVerdict)))


def _with_key(call: Call[SelectionVerdict]) -> Call[SelectionVerdict]:
    return replace(call, headers={**call.headers, "Idempotency-Key": str(uuid4())})


def import_items(project: str, items: Iterable[ItemRequest]) -> Call[ImportVerdict]:
    """Import items. Items that exist already and are the same stay unchanged."""
    return import_lines(project, b"".join(map(_line, items)))


def register_gold(project: str, items: Iterable[GoldRequest]) -> Call[ImportVerdict]:
    """Import gold: items whose correct label is known."""
    return import_lines(project, b"".join(map(_line, items)), gold=True)


def send_signals(project: str, signals: Iterable[SignalRequest]) -> Call[SignalVerdict]:
    """Send observations from production about items."""
    body = b"[" + b",".join(_line(signal).rstrip() for signal in signals) + b"]"
    headers = {**_idempotent(), "Content-Type": JSON}
    path = api_path("projects", project, "signals")
    return Call("ingest", "POST", path, json_as(SignalVerdict), headers=headers, body=body)


def list_repairs(
    project: str, after: str | None = None, *, state: RepairState = "open"
) -> Call[Repairs]:
    """List the items whose data annotators report as bad, one page at a time."""
    path = api_path("projects", project, "repairs")
    return get("ingest", path, json_as(Repairs), after=after, state=state)


def close_repair(project: str, item_id: UUID, note: str | None = None) -> Call[Repair]:
    """Close a repair because the data of its item is correct. Closing it again changes nothing."""
    path = api_path("projects", project, "repairs", item_id, "close")
    return send_json("ingest", "POST", path, RepairClosing(note=note), json_as(Repair))


def _line(body: ItemRequest | SignalRequest) -> bytes:
    return body.model_dump_json(exclude_unset=True).encode() + b"\n"


def _idempotent() -> dict[str, str]:
    """Return headers with a new key, which all attempts of the call share."""
    return {"Idempotency-Key": str(uuid4()), "Content-Type": NDJSON}
