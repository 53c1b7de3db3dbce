"""`labelwright demo`, played against a stack that has just got ready."""

import asyncio
import os
import sys

from labelwright_local.home import Home
from labelwright_local.leash import Leash
from labelwright_local.supervisor import kill_group

COMMAND = "from labelwright_client.cli import main; main()"


async def play(home: Home, leash: Leash) -> int:
    """Play it to its end, on the terminal as it stands; its exit code."""
    process = await asyncio.create_subprocess_exec(
        *leash.command([sys.executable, "-P", "-c", COMMAND, "demo"]),
        pass_fds=[leash.pipe],
        start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, "LABELWRIGHT_HOME": str(home.path)},
    )
    try:
        return await process.wait()
    finally:
        kill_group(process.pid)
        await process.wait()
        leash.forget(process.pid)
