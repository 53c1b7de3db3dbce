"""`labelwright repairs`: the items whose data annotators report as bad."""

from functools import partial
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

app = typer.Typer(no_args_is_help=True, help="Items whose data annotators report as bad.")


@app.command("list")
def list_(project: ProjectArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the items with an open repair, oldest first."""
    with connect(home) as client:
        pages = client.pages(partial(ingest.list_repairs, project))
        found = [repair for page in pages for repair in page.repairs]
    if as_json:
        show_json([repair.model_dump(mode="json") for repair in found])
        return
    columns = ("item", "external id", "people", "since", "newest note")
    rows = [
        (
            repair.item_id,
            repair.external_id,
            repair.people,
            f"{repair.first_at:%Y-%m-%d %H:%M}",
            repair.notes[0] if repair.notes else None,
        )
        for repair in found
    ]
    show_table(None, columns, rows)


@app.command()
def close(
    project: ProjectArgument,
    item: Annotated[UUID, typer.Argument(help="Id of the item.", show_default=False)],
    note: Annotated[str | None, typer.Option(help="Reason why the data is correct.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a repair because the data of its item is correct. Closing it again changes nothing.

    If the data is wrong, import the item again with a corrected payload: that closes the repair.
    """
    with connect(home) as client:
        found = client.send(ingest.close_repair(project, item, note))
    if as_json:
        show_json(found)
    else:
        show_facts({"item": found.item_id, "state": found.state, "note": found.closing_note})
