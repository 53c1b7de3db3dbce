"""The commands of `labelwright` and their names."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

import typer

from labelwright_client.cli import (
    access,
    item_commands,
    items,
    people,
    projects,
    repairs,
    replays,
    specs,
    status,
    versions,
)
from labelwright_client.cli.output import ExitCode, print_error

GROUP = "labelwright.commands"
OWN_OPTIONS = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "help_option_names": [],
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Annotation as production infrastructure: items in, hash-locked dataset versions out.",
    epilog="Exit codes: 0 done, 1 failure, 2 wrong usage or input, 3 refused by the service,"
    " 4 not reachable, 5 verification failed.",
)
app.add_typer(projects.app, name="project")
app.add_typer(specs.app, name="spec")
app.add_typer(repairs.app, name="repairs")
app.add_typer(people.app, name="people")
app.command("token")(access.token)
app.command("import")(items.import_)
app.command("items")(item_commands.items)
app.command("explain")(item_commands.explain)
app.command("withdraw")(item_commands.withdraw)
app.command("restore")(item_commands.restore)
app.command("status")(status.status)
app.command("replay")(replays.replay)
app.command("demo")(replays.demo)
app.command("publish")(versions.publish)
app.command("pull")(versions.pull)
app.command("verify")(versions.verify)


@app.command("up", context_settings=OWN_OPTIONS)
def up(context: typer.Context) -> None:
    """Start all services on this machine (needs the package labelwright-local)."""
    commands = list(entry_points(group=GROUP, name="up"))
    if not commands:
        print_error(
            "labelwright: `up` needs the package labelwright-local, which is not installed."
            " `make setup` in the repository installs it."
        )
        raise typer.Exit(ExitCode.FAILURE)
    _run("up", commands[0].load(), context.args)


@app.command("agreement", context_settings=OWN_OPTIONS)
def agreement(context: typer.Context) -> None:
    """Measure the agreement in a file of votes, and infer labels; needs no stack."""
    module = import_module("labelwright_client.cli.agreement_command")
    _run("agreement", module.agreement, context.args)


def _run(name: str, command: Callable[..., None], arguments: list[str]) -> None:
    """Run a command that parses its own options; it was imported only when it was called."""
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command(name)(command)
    single(arguments, prog_name=f"labelwright {name}")
