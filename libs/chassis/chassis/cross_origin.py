"""Cross-origin resource sharing (CORS): the origins whose pages may call the API."""

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
"""Response headers that a page may read, in addition to those that CORS always allows."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "*" in value:
        raise ValueError(f"'{value}' is not an origin: write one as https://labels.example.org")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    has_port = parts.port not in {None, DEFAULT_PORTS[parts.scheme]}
    canonical = f"{parts.scheme}://{host}" + (f":{parts.port}" if has_port else "")
    if value != canonical:
        raise ValueError(f"'{value}' is not what browsers send as an origin: write '{canonical}'")
    if not value.isascii():
        raise ValueError(f"'{value}' is not what browsers send as an origin: write it in punycode")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
"""An origin (RFC 6454) as browsers send it, such as `https://labels.example.org`; not `*`."""


def install(app: FastAPI, allowed_origins: Sequence[str]) -> None:
    """Let pages of `allowed_origins` call `app` and read its responses, including errors.

    The CORS middleware wraps all others. So preflight requests are answered before a token is
    checked, and pages can read the response to an unexpected error, which Starlette makes outside
    of all other middleware.
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
