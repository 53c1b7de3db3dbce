"""All commands, by name."""

from importlib.metadata import EntryPoint, entry_points

import typer

from labelwright_client.cli import access, items, projects, replays, specs, status, versions
from labelwright_client.cli.output import Code, to_stderr

GROUP = "labelwright.commands"
PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}

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
app.command("token")(access.token)
app.command("import")(items.import_)
app.command("status")(status.status)
app.command("replay")(replays.replay)
app.command("demo")(replays.demo)
app.command("publish")(versions.publish)
app.command("pull")(versions.pull)
app.command("verify")(versions.verify)


@app.command("up", context_settings=PASS_ON)
def up(context: typer.Context) -> None:
    """Start the whole system on this machine (needs labelwright-local)."""
    found = list(entry_points(group=GROUP, name="up"))
    if not found:
        to_stderr(
            "labelwright: `up` comes with the package labelwright-local, which is not installed"
            " here. In the repository `make setup` installs it."
        )
        raise typer.Exit(Code.FAILURE)
    _run(found[0], context.args)


def _run(entry: EntryPoint, arguments: list[str]) -> None:
    """Run a command of another package with its own options; it is loaded only now."""
    other = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    other.command(entry.name)(entry.load())
    other(arguments, prog_name=f"labelwright {entry.name}")
