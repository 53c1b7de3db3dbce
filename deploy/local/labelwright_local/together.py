"""Several things at once, as if they were one."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*steps: Coroutine[Any, Any, None]) -> None:
    """Do all steps at once; the first that fails ends the others, and its reason is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except ExceptionGroup as errors:
        raise first(errors) from errors


def first(error: Exception) -> Exception:
    """The first reason in a group of reasons, however deep."""
    return first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error
