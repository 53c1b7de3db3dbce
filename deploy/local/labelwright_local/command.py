"""The command `labelwright up`, which runs a stack in the foreground."""

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
from labelwright_local.gateway import listener
from labelwright_local.home import Home, cache_from_environment, is_full
from labelwright_local.kafka import VERSION, Kafka
from labelwright_local.output import Screen
from labelwright_local.plan import GATEWAY, KAFKA, POSTGRES, Plan
from labelwright_local.ports import REPLICAS_MAX, Ports
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.refusal import CannotStart
from labelwright_local.services import SERVICES
from labelwright_local.stack import Stack

FAILED = 1
INTERRUPTED = 130
PROGRESS_LINES = 5


def up(  # noqa: PLR0913 (each is an option)
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="Also write addresses, process ids and a token to this file when all is ready."
        ),
    ] = None,
    only: Annotated[
        str,
        typer.Option(
            help="Start only these parts, such as `postgres,kafka`, and those that they need."
        ),
    ] = "",
    replicas: Annotated[
        list[str] | None,
        typer.Option(help="Number of processes of a service, such as `queue=2`. Can be repeated."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Run the demo when all is ready.")] = False,
    then_stop: Annotated[bool, typer.Option("--then-stop", help="Stop after the demo.")] = False,
    *,
    listen: Annotated[
        str,
        typer.Option(help="HOST:PORT of one origin in front of all services; default: none."),
    ] = "",
    public_url: Annotated[
        str, typer.Option(help="Address of that origin for people; default: http://HOST:PORT.")
    ] = "",
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow this without TLS beyond this machine.")
    ] = False,
) -> None:
    """Start PostgreSQL, Kafka and the services on this machine, and keep them running.

    LABELWRIGHT_HOME sets the folder of the state, LABELWRIGHT_PORT_BASE the ports.
    """
    # aiokafka logs every retry, and also raises the errors that matter.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with plain_errors():
        plan = make_plan(ready_file, only, replicas or ())
        origin = listener(listen, public_url, insecure=insecure)
        if origin is not None and not plan.services:
            raise CannotStart("--listen needs services: --only leaves all of them out.")
        plan = replace(plan, listener=origin)
        run(replace(plan, plays_demo=demo, stops_after_demo=demo and then_stop), Screen())


@contextmanager
def plain_errors() -> Iterator[None]:
    """Exit with one line for errors that a user can mend; other errors are bugs and are raised."""
    try:
        yield
    except CannotStart as refusal:
        fail(str(refusal))
    except OSError as error:
        if not is_full(error):
            raise
        fail(f"The disk is full ({error}): free some space.")
    except KeyboardInterrupt:
        # Exit without waiting for threads that fetch; their unfinished files are ignored later.
        os._exit(INTERRUPTED)


def fail(message: str) -> NoReturn:
    """Print a message and exit with code 1."""
    typer.echo(f"labelwright: {message}", err=True)
    sys.exit(FAILED)


def make_plan(ready_file: Path | None, only: str, replicas: Iterable[str] = ()) -> Plan:
    """Return the plan for the command line and the environment."""
    parts = selected_parts(only)
    return Plan(
        Home.from_environment(),
        Ports.from_environment(),
        cache_from_environment(),
        parts,
        ready_file.absolute() if ready_file else None,
        counts=replica_counts(replicas, parts),
    )


def selected_parts(only: str) -> frozenset[str]:
    """Return the parts that `only` names, with those that they need; all if it is empty."""
    services = frozenset(service.name for service in SERVICES)
    all_parts = services | {POSTGRES, KAFKA}
    named = frozenset(word.strip() for word in only.split(",") if word.strip())
    if unknown := sorted(named - all_parts):
        raise CannotStart(
            f"There is no part called {unknown[0]}: choose from {', '.join(sorted(all_parts))}."
        )
    if not named:
        return all_parts
    return named | {POSTGRES, KAFKA} if named & services else named


def replica_counts(words: Iterable[str], parts: frozenset[str]) -> dict[str, int]:
    """Return the number of replicas by service. The last word for a service wins."""
    services = [service.name for service in SERVICES]
    counts: dict[str, int] = {}
    for word in words:
        name, _, number = (half.strip() for half in word.partition("="))
        if name not in services:
            raise CannotStart(
                f"There is no service called {name}: choose from {', '.join(services)}."
            )
        if not number.isdecimal() or not 1 <= int(number) <= REPLICAS_MAX:
            raise CannotStart(
                f"--replicas {word} must give a number from 1 to {REPLICAS_MAX}, such as {name}=2."
            )
        if name not in parts:
            raise CannotStart(
                f"--replicas {word} names a service that --only leaves out: add it to --only."
            )
        counts[name] = int(number)
    return counts


def run(plan: Plan, screen: Screen) -> None:
    """Check the machine, fetch Kafka if it is missing, and run the stack until it is stopped."""
    plan.home.make()
    with plan.home.locked() as lock:
        ready.remove(plan)
        plan.ports.check_free(listeners(plan))
        keys.make(plan.home.keys)
        found = java.find() if KAFKA in plan.parts else None
        if found:
            fetch(plan.kafka, screen)
        guard = ProcessGuard(held=[lock], files=plan.ready_files)
        try:
            code = asyncio.run(run_stack(plan, guard, screen, found))
        finally:
            guard.close()
    if code:
        sys.exit(code)


async def run_stack(
    plan: Plan, guard: ProcessGuard, screen: Screen, found: java.Java | None
) -> int:
    """Run the stack, which needs a running event loop."""
    return await Stack(plan, guard, screen, found).run()


def listeners(plan: Plan) -> dict[str, int]:
    """Return all ports that the stack will listen on, by name."""
    replicas = [replica.name for replica in plan.replicas]
    servers = [name for name in (POSTGRES, KAFKA) if name in plan.parts]
    controller = ["kafka-controller"] if KAFKA in plan.parts else []
    apis = {name: plan.ports.of(name) for name in [*replicas, *servers, *controller]}
    gateway = {GATEWAY: plan.listener.port} if plan.listener else {}
    metrics = {f"{name} (metrics)": plan.ports.metrics_of(name) for name in replicas}
    return apis | gateway | metrics


def fetch(kafka: Kafka, screen: Screen) -> None:
    """Fetch the files of Kafka that are not in the cache, and show the progress."""
    absent = jars.missing(kafka.jars)
    if not absent:
        return
    size = sum(jar.size for jar in absent)
    screen.say(
        f"fetching Kafka {VERSION}, only this time: {len(absent)} files, {size / 1e6:.1f} MB"
    )
    with (progress_bar if screen.is_terminal else progress_lines)(size, screen) as progress:
        jars.fetch(kafka.jars, absent, progress)


@contextmanager
def progress_bar(size: int, screen: Screen) -> Iterator[jars.Progress]:  # noqa: ARG001
    """Show the progress as a bar, on a terminal."""
    columns = (TextColumn("  Kafka"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=size)
        yield lambda got: progress.advance(task, got)


@contextmanager
def progress_lines(size: int, screen: Screen) -> Iterator[jars.Progress]:
    """Print a line for every fifth of the files, if the output is not a terminal."""
    lock = threading.Lock()
    got = printed = 0

    def advance(size_of_chunk: int) -> None:
        nonlocal got, printed
        with lock:
            got += size_of_chunk
            if got * PROGRESS_LINES // size > printed:
                printed = got * PROGRESS_LINES // size
                screen.say(f"  {got / 1e6:.1f} of {size / 1e6:.1f} MB")

    yield advance
