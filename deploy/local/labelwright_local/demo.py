"""Runs `labelwright demo` against a stack that has just become ready."""

import asyncio
import os
import sys

from labelwright_local.home import Home
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.supervisor import kill_group

COMMAND = "from labelwright_client.cli import main; main()"


async def run_demo(home: Home, guard: ProcessGuard) -> int:
    """Run the demo on the current terminal; return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *guard.command([sys.executable, "-P", "-c", COMMAND, "demo"]),
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
