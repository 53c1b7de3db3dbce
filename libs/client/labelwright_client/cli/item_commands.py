"""`labelwright items`, `explain`, `withdraw` and `restore`: the items of a project."""

from typing import Annotated, Any
from uuid import UUID

import typer

from labelwright_client import consensus, datasets, ingest
from labelwright_client.cli.output import (
    ExitCode,
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    print_error,
    show_facts,
    show_json,
    show_table,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.problems import Refused
from labelwright_client.transport import Client
from schemas.consensus import TaskView
from schemas.ingest import ItemSelection, ItemState, ItemView, SelectionVerdict

IdsArgument = Annotated[
    list[str] | None, typer.Argument(help="External ids of items.", show_default=False)
]
ImportOption = Annotated[
    UUID | None,
    typer.Option(
        "--import", help="The id of an import: all items that it created.", show_default=False
    ),
]


def items(
    project: ProjectArgument,
    state: Annotated[
        str | None, typer.Option(help="open, decided, waiting, gold or withdrawn.")
    ] = None,
    limit: Annotated[int, typer.Option(help="The most items to list.", min=1)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the items of a project in the order in which they came."""
    found: list[ItemView] = []
    cursor = None
    with connect(home) as client:
        while len(found) < limit:
            page = client.send(ingest.list_items(project, cursor, state=_state(state)))
            found += page.items
            cursor = page.next
            if cursor is None:
                break
    shown = found[:limit]
    if as_json:
        show_json([item.model_dump(mode="json") for item in shown])
        return
    columns = ("external id", "item", "revision", "state", "priority", "gold")
    show_table(
        None,
        columns,
        [
            (item.external_id, item.item_id, item.revision, item.state, item.priority, item.gold)
            for item in shown
        ],
    )
    if cursor is not None or len(found) > limit:
        print_error(f"The first {limit:,} items; --limit lists more.")


def _state(name: str | None) -> ItemState | None:
    states: tuple[ItemState, ...] = ("open", "decided", "waiting", "gold", "withdrawn")
    if name is None:
        return None
    for state in states:
        if state == name:
            return state
    raise InvalidInput(f"The state '{name}' is unknown: use one of {', '.join(states)}.")


def explain(
    project: ProjectArgument,
    external_id: Annotated[str, typer.Argument(help="The external id of an item.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say where an item is: its state, its task, its votes, and its label with the reason."""
    with connect(home) as client:
        found = client.send(ingest.list_items(project, external_id=external_id)).items
        if not found:
            print_error(f"'{project}' has no item with the external id '{external_id}'.")
            raise typer.Exit(ExitCode.REFUSED)
        item = found[0]
        facts: dict[str, Any] = item.model_dump(mode="json")
        facts |= _task(client, item)
    if as_json:
        show_json(facts)
    else:
        show_facts({name.replace("_", " "): value for name, value in facts.items()})


def _task(client: Client, item: ItemView) -> dict[str, Any]:
    """Return the state of the item's task, and of its label in the ledger."""
    if item.task_id is None:
        return {"waits_for": "a spec version"}
    try:
        task = client.send(consensus.show_task(item.task_id))
        ledger = client.send(datasets.lineage(item.item_id)).state
    except Refused:
        return {"waits_for": "the services, which have not heard of the task yet"}
    return {
        "waits_for": _waits_for(item, task, ledger),
        "votes": f"{len(task.votes)} of {task.target}",
        "label": task.label,
        "decided_by": task.how,
        "confidence": task.confidence,
        "why": task.why,
        "in_versions_as": ledger,
    }


def _waits_for(item: ItemView, task: TaskView, ledger: str) -> str:
    if item.state == "withdrawn":
        return "nothing: it is withdrawn"
    if task.state == "contested":
        return "an adjudicator"
    if task.state == "open":
        return "annotators"
    return "a reviewer" if ledger == "review_pending" else "nothing: it is decided"


def withdraw(
    project: ProjectArgument,
    ids: IdsArgument = None,
    import_: ImportOption = None,
    reason: Annotated[str, typer.Option(help="Why they are withdrawn.")] = "withdrawn by hand",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw items, or undo an import: they are not labeled, and later versions omit them."""
    selection = _selection(ids, import_)
    with connect(home) as client:
        verdict = client.send(ingest.withdraw_items(project, selection, reason))
    _show(verdict, "withdrawn", as_json=as_json)


def restore(
    project: ProjectArgument,
    ids: IdsArgument = None,
    import_: ImportOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore withdrawn items; importing them again does it, too."""
    selection = _selection(ids, import_)
    with connect(home) as client:
        verdict = client.send(ingest.restore_items(project, selection))
    _show(verdict, "restored", as_json=as_json)


def _selection(ids: list[str] | None, import_id: UUID | None) -> ItemSelection:
    if bool(ids) == (import_id is not None):
        raise InvalidInput(
            "Name items by their external ids, or an import by --import: one of both."
        )
    return ItemSelection(external_ids=ids or [], import_id=import_id)


def _show(verdict: SelectionVerdict, done: str, *, as_json: bool) -> None:
    if as_json:
        show_json(verdict)
    else:
        typer.echo(f"{verdict.items:,} {done}, {verdict.unknown_count:,} unknown.")
        for name in verdict.unknown:
            print_error(f"No item has the external id '{name}'.")
    if verdict.unknown_count:
        raise typer.Exit(ExitCode.REFUSED)
