"""`labelwright replay` and `labelwright demo`: recorded votes through the running services."""

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
    JsonOption,
    WrongInput,
    patience,
    show_facts,
    show_json,
    stderr,
    stdout,
)
from labelwright_client.cli.projects import checked
from labelwright_client.replay import demo as demonstration
from labelwright_client.replay import run
from labelwright_client.replay.plan import Plan, Wishes, decide, make_plan
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.recording import Files, read_recording
from labelwright_client.replay.report import Report
from labelwright_client.retry import Retry
from labelwright_client.stack import Stack
from labelwright_client.transport import AsyncClient

REPLAY_PATIENCE = 120.0
"""Seconds. A replay outlives the restart of any part."""


class Type(StrEnum):
    """What the labels are."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


VotesOption = Annotated[Path, typer.Option(help="CSV: item_id, annotator_id, label[, duration_s].")]
ItemsOption = Annotated[Path | None, typer.Option(help="CSV: item_id and any texts.")]
GoldOption = Annotated[Path | None, typer.Option(help="CSV: item_id, label; some or none.")]
RedundancyOption = Annotated[
    str, typer.Option(help="How many votes each item is asked for; `all` for every one.")
]
HoneypotsOption = Annotated[
    float, typer.Option(min=0, max=1, help="Which share of the gold serves as honeypots.")
]
TypeOption = Annotated[
    Type | None, typer.Option("--type", help="What the labels are. Else guessed, and said.")
]
DecideOption = Annotated[
    str, typer.Option("--decide", help="`unanimous`, or `share:0.8` and the like.")
]
ToleranceOption = Annotated[
    float | None,
    typer.Option(help="Numbers: how far apart is one answer. Else a tenth of the range."),
]
ProjectOption = Annotated[str | None, typer.Option(help="A new project's name. Else made up.")]
AtOnceOption = Annotated[
    int,
    typer.Option("--annotators-at-once", min=1, max=100, help="How many work at the same time."),
]
SeedOption = Annotated[int, typer.Option(help="Another one, another order of annotators.")]


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
    """Play recorded votes through the running services, as if people sat there."""
    decide(decide_by)
    name = checked(project) if project is not None else _name(votes)
    wishes = Wishes(
        redundancy=_redundancy(redundancy),
        honeypots=honeypots,
        decide=decide_by,
        tolerance=tolerance,
        seed=seed,
    )
    recording = read_recording(Files(votes, items, gold), type_.value if type_ else None)
    plan = make_plan(recording, wishes)

    async def play(client: AsyncClient, progress: Progress) -> Report:
        free = await run.free_name(client, name)
        if project is not None and free != project:
            raise WrongInput(
                f"The project '{project}' is in use: a replay begins with a new one, name another."
            )
        return await run.replay(client, plan, free, progress, at_once=at_once)

    _show(_played(Stack.find(home), play), as_json)


def demo(
    count: Annotated[int, typer.Option(min=1, help="How many words to label.")] = 300,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play ratings that people gave to 300 words, and say where to look next."""
    try:
        plan: Plan = demonstration.plan(count)
    except demonstration.NoLexicon as error:
        raise WrongInput(str(error)) from error
    stack = Stack.find(home)

    async def play(client: AsyncClient, progress: Progress) -> Report:
        name = await run.free_name(client, demonstration.PROJECT)
        if name != demonstration.PROJECT:
            progress.say(f"The project 'demo' is there already: this run is the project '{name}'.")
        return await run.replay(client, plan, name, progress)

    report = with_changes(_played(stack, play), calls_flagged=False)
    _show(report, as_json)
    if not as_json:
        typer.echo(f"\n{demonstration.ABOUT}\n")
        show_facts(demonstration.addresses(stack, report.project))


def _played(stack: Stack, play: Callable[[AsyncClient, Progress], Awaitable[Report]]) -> Report:
    async def whole() -> Report:
        async with AsyncClient(stack, retry=Retry(total=patience(REPLAY_PATIENCE))) as client:
            with Progress(stderr()) as progress:
                return await play(client, progress)

    return asyncio.run(whole())


def _show(report: Report, as_json: bool) -> None:
    (stderr() if as_json else stdout()).print(report.as_table())
    if as_json:
        show_json(report.as_json())


def _redundancy(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise WrongInput(f"--redundancy is a number from 1 on, or 'all', not '{text}'.")
    return int(text)


def _name(votes: Path) -> str:
    """A project's name made of where the votes lie."""
    stem = votes.name.split(".")[0]
    told = votes.absolute().parent.name if stem == "votes" else stem
    plain = re.sub(r"[^a-z0-9._-]+", "-", told.lower()).strip("-._")
    return f"replay-{plain}"[:50] if plain else "replay"
