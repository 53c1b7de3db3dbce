"""`labelwright repairs`: the items whose data annotators call bad."""

from typing import Annotated
from uuid import UUID

import typer

from labelwright_client import ingest
from labelwright_client.cli.output import (
    HomeOption,
    JsonOption,
    connect,
    show_facts,
    show_json,
    show_table,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.transport import Client
from schemas.ingest import Repair

app = typer.Typer(no_args_is_help=True, help="Items whose data annotators call bad.")


@app.command("list")
def list_(project: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """The items that wait for repair, those that were noticed first before others."""
    with connect(home) as client:
        found = _all(client, project)
    if as_json:
        show_json([one.model_dump(mode="json") for one in found])
        return
    columns = ("item", "external id", "people", "since", "newest note")
    rows = [
        (one.item_id, one.external_id, one.people, f"{one.first_at:%Y-%m-%d %H:%M}", _note(one))
        for one in found
    ]
    show_table(None, columns, rows)


@app.command()
def close(
    project: ProjectArgument,
    item: Annotated[UUID, typer.Argument(help="Its id in the list.", show_default=False)],
    note: Annotated[str | None, typer.Option(help="Why nothing is wrong with it.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the data of an item is right as it is. The same again changes nothing.

    What is wrong is mended by importing the item anew: another payload closes its repair.
    """
    with connect(home) as client:
        found = client.send(ingest.close_repair(project, item, note))
    if as_json:
        show_json(found)
    else:
        show_facts({"item": found.item_id, "state": found.state, "note": found.closing_note})


def _all(client: Client, project: str) -> list[Repair]:
    found: list[Repair] = []
    page: str | None = None
    while True:
        part = client.send(ingest.list_repairs(project, page))
        found += part.repairs
        page = part.next
        if page is None:
            return found


def _note(one: Repair) -> str | None:
    return one.notes[0] if one.notes else None
