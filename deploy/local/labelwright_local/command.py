"""`labelwright up`: everything on this machine, in the foreground."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from labelwright_local import jars, java, keys, ready
from labelwright_local.home import Home, cache_from_environment, is_full
from labelwright_local.kafka import VERSION, Kafka
from labelwright_local.leash import Leash
from labelwright_local.output import Screen
from labelwright_local.plan import KAFKA, POSTGRES, Plan
from labelwright_local.ports import REPLICAS_MAX, Ports
from labelwright_local.refusal import CannotStart
from labelwright_local.services import SERVICES
from labelwright_local.stack import Stack

FAILED = 1
INTERRUPTED = 130
TOLD_STEPS = 5


def up(
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write addresses, process ids and a token there once all is ready."),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Some parts only, as in `postgres,kafka`; what they need comes too.")
    ] = "",
    replicas: Annotated[
        list[str] | None,
        typer.Option(help="Several processes of a service, as in `queue=2`. May be repeated."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Once all is ready, play the demo.")] = False,
    then_stop: Annotated[bool, typer.Option("--then-stop", help="Stop after the demo.")] = False,
) -> None:
    """Start PostgreSQL, Kafka and the services on this machine, and keep them running.

    LABELWRIGHT_HOME says where the state lies, LABELWRIGHT_PORT_BASE at which ports.
    """
    # The client tells of everything that it tries again, and what it gives up it raises as well.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with plain_sentences():
        wanted = planned(ready_file, only, replicas or ())
        run(replace(wanted, plays_demo=demo, stops_after_it=demo and then_stop), Screen())


@contextmanager
def plain_sentences() -> Iterator[None]:
    """What a user can do something about ends in one sentence, everything else is a bug."""
    try:
        yield
    except CannotStart as refusal:
        fail(str(refusal))
    except OSError as error:
        if not is_full(error):
            raise
        fail(f"The disk is full: free some ({error}).")
    except KeyboardInterrupt:
        # Threads that still fetch must not keep us; what they leave unfinished does not count.
        os._exit(INTERRUPTED)


def fail(sentence: str) -> NoReturn:
    """End with one plain sentence."""
    typer.echo(f"labelwright: {sentence}", err=True)
    sys.exit(FAILED)


def planned(ready_file: Path | None, only: str, replicas: Iterable[str] = ()) -> Plan:
    """What to start, by the command line and the environment."""
    parts = chosen(only)
    return Plan(
        Home.from_environment(),
        Ports.from_environment(),
        cache_from_environment(),
        parts,
        ready_file.absolute() if ready_file else None,
        counts=counted(replicas, parts),
    )


def chosen(only: str) -> frozenset[str]:
    """The parts that `only` names, and what these cannot do without; all if it names none."""
    services = frozenset(one.name for one in SERVICES)
    everything = services | {POSTGRES, KAFKA}
    named = frozenset(word.strip() for word in only.split(",") if word.strip())
    if unknown := sorted(named - everything):
        raise CannotStart(
            f"There is no part called {unknown[0]}: choose among {', '.join(sorted(everything))}."
        )
    if not named:
        return everything
    return named | {POSTGRES, KAFKA} if named & services else named


def counted(words: Iterable[str], parts: frozenset[str]) -> dict[str, int]:
    """How many replicas of a service `words` ask for; the last word about one counts."""
    services = [one.name for one in SERVICES]
    counts: dict[str, int] = {}
    for word in words:
        name, _, number = (half.strip() for half in word.partition("="))
        if name not in services:
            raise CannotStart(
                f"There is no service called {name}: choose among {', '.join(services)}."
            )
        if not number.isdecimal() or not 1 <= int(number) <= REPLICAS_MAX:
            raise CannotStart(
                f"--replicas {word} must ask for 1 to {REPLICAS_MAX}, as in {name}=2."
            )
        if name not in parts:
            raise CannotStart(f"--replicas {word} asks for a service that --only leaves out.")
        counts[name] = int(number)
    return counts


def run(plan: Plan, screen: Screen) -> None:
    """Check and fetch what is needed, then run the stack until it is asked to stop."""
    plan.home.make()
    with plan.home.locked() as lock:
        ready.remove(plan)
        plan.ports.check_free(listeners(plan))
        keys.make(plan.home.keys)
        found = java.find() if KAFKA in plan.parts else None
        if found:
            fetch(plan.kafka, screen)
        leash = Leash(held=[lock], files=plan.ready_files)
        try:
            code = asyncio.run(run_stack(plan, leash, screen, found))
        finally:
            leash.close()
    if code:
        sys.exit(code)


async def run_stack(plan: Plan, leash: Leash, screen: Screen, found: java.Java | None) -> int:
    """Run the stack inside the loop that it needs."""
    return await Stack(plan, leash, screen, found).run()


def listeners(plan: Plan) -> dict[str, int]:
    """Who will listen, and at which port."""
    replicas = [one.name for one in plan.replicas]
    servers = [name for name in (POSTGRES, KAFKA) if name in plan.parts]
    controller = ["kafka-controller"] if KAFKA in plan.parts else []
    apis = {name: plan.ports.of(name) for name in [*replicas, *servers, *controller]}
    return apis | {f"{name} (metrics)": plan.ports.metrics_of(name) for name in replicas}


def fetch(kafka: Kafka, screen: Screen) -> None:
    """Fetch what this user lacks of Kafka, and show how far that is."""
    absent = jars.missing(kafka.jars)
    if not absent:
        return
    size = sum(jar.size for jar in absent)
    screen.say(f"fetching Kafka {VERSION}: {len(absent)} files, {size / 1e6:.1f} MB, once")
    with (bar if screen.is_terminal else lines)(size, screen) as progress:
        jars.fetch(kafka.jars, absent, progress)


@contextmanager
def bar(size: int, screen: Screen) -> Iterator[jars.Progress]:  # noqa: ARG001
    """Progress for eyes."""
    columns = (TextColumn("  Kafka"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=size)
        yield lambda got: progress.advance(task, got)


@contextmanager
def lines(size: int, screen: Screen) -> Iterator[jars.Progress]:
    """Progress for files: a line for every fifth."""
    lock = threading.Lock()
    got = told = 0

    def hear(piece: int) -> None:
        nonlocal got, told
        with lock:
            got += piece
            if got * TOLD_STEPS // size > told:
                told = got * TOLD_STEPS // size
                screen.say(f"  {got / 1e6:.1f} of {size / 1e6:.1f} MB")

    yield hear
