"""`labelwright replay` and `labelwright demo`: recorded votes, played through the services."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace as with_changes
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from labelwright_client.cli.output import (
    HomeOption,
    InvalidInput,
    JsonOption,
    retry_seconds,
    show_facts,
    show_json,
    stderr,
    stdout,
)
from labelwright_client.cli.projects import checked
from labelwright_client.replay import demo as demonstration
from labelwright_client.replay import run
from labelwright_client.replay import try_it as try_it_project
from labelwright_client.replay.plan import Plan, ReplayOptions, decide, make_plan
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.recording import RecordingFiles, read_recording
from labelwright_client.replay.report import Report
from labelwright_client.retry import Retry
from labelwright_client.stack import Stack
from labelwright_client.transport import AsyncClient

REPLAY_PATIENCE = 120.0
"""Seconds for which a replay retries a call: more than the restart of any service takes."""


class LabelType(StrEnum):
    """The scale of the labels."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


VotesOption = Annotated[
    Path, typer.Option(help="CSV file: item_id, annotator_id, label[, duration_s].")
]
ItemsOption = Annotated[Path | None, typer.Option(help="CSV file: item_id and the payload.")]
GoldOption = Annotated[Path | None, typer.Option(help="CSV file of known labels: item_id, label.")]
RedundancyOption = Annotated[
    str, typer.Option(help="Number of votes to request per item; `all` for every recorded vote.")
]
HoneypotsOption = Annotated[
    float, typer.Option(min=0, max=1, help="Share of the gold items that become honeypots.")
]
TypeOption = Annotated[
    LabelType | None,
    typer.Option("--type", help="Scale of the labels; default: guessed from them."),
]
DecideOption = Annotated[
    str,
    typer.Option("--decide", help="Rule of decisions: `unanimous`, `share:0.8`, `posterior:0.9`."),
]
ToleranceOption = Annotated[
    float | None,
    typer.Option(help="Greatest difference of equal numbers; default: a tenth of the range."),
]
ProjectOption = Annotated[
    str | None, typer.Option(help="Name of the new project; default: after the votes.")
]
AtOnceOption = Annotated[
    int,
    typer.Option(
        "--annotators-at-once", min=1, max=100, help="Number of annotators who work in parallel."
    ),
]
SeedOption = Annotated[int, typer.Option(help="Seed of the random choices of a replay.")]


def replay(  # noqa: PLR0913 (each is an option)
    *,
    votes: VotesOption,
    items: ItemsOption = None,
    gold: GoldOption = None,
    redundancy: RedundancyOption = "3",
    honeypots: HoneypotsOption = 0.1,
    type_: TypeOption = None,
    decide_by: DecideOption = "unanimous",
    tolerance: ToleranceOption = None,
    project: ProjectOption = None,
    at_once: AtOnceOption = run.AT_ONCE,
    seed: SeedOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play recorded votes through the running services: each annotator is a client of its own."""
    decide(decide_by)
    name = checked(project) if project is not None else _project_name(votes)
    wishes = ReplayOptions(
        redundancy=_redundancy(redundancy),
        honeypots=honeypots,
        decide=decide_by,
        tolerance=tolerance,
        seed=seed,
    )
    recording = read_recording(RecordingFiles(votes, items, gold), type_.value if type_ else None)
    plan = make_plan(recording, wishes)

    async def play(client: AsyncClient, progress: Progress) -> Report:
        free = await run.unused_project_name(client, name)
        if project is not None and free != project:
            raise InvalidInput(
                f"The project '{project}' exists already: name a new project for the replay."
            )
        return await run.replay(client, plan, free, progress, at_once=at_once)

    _show(_run(Stack.find(home), play), as_json)


def demo(
    count: Annotated[int, typer.Option(min=1, help="Number of words to label.")] = 300,
    *,
    try_it: Annotated[
        bool,
        typer.Option("--try-it", help="Also make the project `try-it`, and print links to it."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play human ratings of 300 words, and print addresses and tokens to explore the result."""
    try:
        plan: Plan = demonstration.plan(count)
    except demonstration.LexiconMissing as error:
        raise InvalidInput(str(error)) from error
    stack = Stack.find(home)

    async def play(client: AsyncClient, progress: Progress) -> Report:
        name = await run.unused_project_name(client, demonstration.PROJECT)
        if name != demonstration.PROJECT:
            progress.note(f"The project 'demo' exists already: this run uses the project '{name}'.")
        return await run.replay(client, plan, name, progress)

    report = with_changes(_run(stack, play), shows_flagged=False)
    _show(report, as_json)
    if not as_json:
        typer.echo(f"\n{demonstration.ABOUT}\n")
        show_facts(demonstration.addresses(stack, report.project))
    if try_it:
        _show_links(asyncio.run(_set_up_try_it(stack)))


async def _set_up_try_it(stack: Stack) -> dict[str, str]:
    async with AsyncClient(stack, retry=Retry(total=retry_seconds(REPLAY_PATIENCE))) as client:
        return await try_it_project.set_up(client)


def _show_links(links: dict[str, str]) -> None:
    """Print the links to standard error, so that standard output has the report only."""
    project = try_it_project.PROJECT
    lines = [f"\nTry it yourself, in the project {project}. Each link opens once, in one tab:"]
    lines += [f"  to {title}: {link}" for title, link in links.items()]
    lines += [f"`labelwright people invite {project} NAME` makes more."]
    typer.echo("\n".join(lines), err=True)


def _run(stack: Stack, play: Callable[[AsyncClient, Progress], Awaitable[Report]]) -> Report:
    async def play_with_client() -> Report:
        async with AsyncClient(stack, retry=Retry(total=retry_seconds(REPLAY_PATIENCE))) as client:
            with Progress(stderr()) as progress:
                return await play(client, progress)

    return asyncio.run(play_with_client())


def _show(report: Report, as_json: bool) -> None:
    (stderr() if as_json else stdout()).print(report.as_table())
    if as_json:
        show_json(report.as_json())


def _redundancy(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise InvalidInput(f"--redundancy is '{text}': use a number from 1 to 9999, or 'all'.")
    return int(text)


def _project_name(votes: Path) -> str:
    """Return a project name made of the name of the votes' file or folder."""
    stem = votes.name.split(".")[0]
    source = votes.absolute().parent.name if stem == "votes" else stem
    plain = re.sub(r"[^a-z0-9._-]+", "-", source.lower()).strip("-._")
    return f"replay-{plain}"[:50] if plain else "replay"
