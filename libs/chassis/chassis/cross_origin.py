"""Pages of other origins: which may call the API, and what of its answers they may read (CORS)."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI
from pydantic import AfterValidator
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

READABLE_HEADERS = (
    "Content-Range",
    "ETag",
    "Location",
    "Retry-After",
    "Server-Timing",
    "WWW-Authenticate",
    "traceparent",
)
"""Headers of answers that a page may read, beside the few that every page may."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "*" in value:
        raise ValueError(f"'{value}' is not an origin: write one as https://labels.example.org")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    has_port = parts.port not in {None, DEFAULT_PORTS[parts.scheme]}
    sent = f"{parts.scheme}://{host}" + (f":{parts.port}" if has_port else "")
    if value != sent:
        raise ValueError(f"'{value}' is not what browsers send as an origin: write '{sent}'")
    if not value.isascii():
        raise ValueError(f"'{value}' is not what browsers send as an origin: write it in punycode")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
"""An origin (RFC 6454) to the letter: `https://labels.example.org`. `*` is none."""


def install(app: FastAPI, allowed_origins: Sequence[str]) -> None:
    """Let pages of `allowed_origins` call `app` and read its answers, also when it fails.

    CORS lies around everything. So preflights are answered before anything asks for a token, and
    the answer to an unexpected error, which Starlette gives outside of all other middleware, can be
    read too.
    """
    if not allowed_origins:
        return
    build = app.build_middleware_stack

    def stack() -> ASGIApp:
        return CORSMiddleware(
            build(),
            allow_origins=allowed_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=READABLE_HEADERS,
        )

    app.build_middleware_stack = stack  # type: ignore[method-assign] # FastAPI has no other hook.
