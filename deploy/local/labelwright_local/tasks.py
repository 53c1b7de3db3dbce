"""Running coroutines concurrently, with a single error as the result of a failure."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def run_all(*steps: Coroutine[Any, Any, None]) -> None:
    """Run all steps concurrently; if one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except ExceptionGroup as errors:
        raise first_error(errors) from errors


def first_error(error: Exception) -> Exception:
    """Return the first error in a group of errors, which may be nested."""
    return first_error(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error
