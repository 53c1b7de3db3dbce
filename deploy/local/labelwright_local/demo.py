"""Runs `labelwright demo` against a stack that has just become ready."""

import asyncio
import os
import sys

from labelwright_local.home import Home
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.supervisor import kill_group

COMMAND = "from labelwright_client.cli import main; main()"


async def run_demo(home: Home, guard: ProcessGuard, *, makes_links: bool) -> int:
    """Run the demo on the current terminal; return its exit code.

    `makes_links`: also make the project `try-it` and print links to it, for a stack that stays up.
    """
    options = ["--try-it"] if makes_links else []
    process = await asyncio.create_subprocess_exec(
        *guard.command([sys.executable, "-P", "-c", COMMAND, "demo", *options]),
        pass_fds=[guard.pipe],
        start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "LABELWRIGHT_HOME": str(home.path)},
    )
    try:
        return await process.wait()
    finally:
        kill_group(process.pid)
        await process.wait()
        guard.forget(process.pid)
