"""A service that is ready at once, and answers with its environment."""

import json
import os
from typing import Any


def create_app() -> Any:
    """Return the ASGI application."""
    if os.environ.get("STAND_IN_FAILS"):
        raise RuntimeError("STAND_IN_FAILS is set")
    return app


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every request with the environment of this process."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    body = json.dumps(dict(os.environ)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Any, send: Any) -> None:
    """Print a line at the start and at the stop."""
    for done in ("startup", "shutdown"):
        await receive()
        print(f"stand-in: {done}", flush=True)  # noqa: T201
        await send({"type": f"lifespan.{done}.complete"})
