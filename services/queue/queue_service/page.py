"""The labeling page: its files, the addresses it calls, and what browsers let it do.

The files are built from `web/` into `Settings.page_dir`. Their names carry a hash of their content,
so browsers keep them for ever; `index.html`, which names them, is asked for each time.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from queue_service.settings import Settings

IMMUTABLE = "public, max-age=31536000, immutable"
NOT_BUILT = "The labeling page is not built: run `make setup` where this service is installed.\n"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: FastAPI, settings: Settings) -> None:
    """Add the routes of the page to `app`. They ask for no token."""
    headers = {**HEADERS, "content-security-policy": content_policy(settings)}
    files = PageFiles(headers, directory=settings.page_dir, check_dir=False)
    config = {"services": settings.page_services, "login": login_config(settings)}

    async def index(request: Request) -> Response:
        try:
            response = await files.get_response("index.html", request.scope)
        except HTTPException:
            response = PlainTextResponse(NOT_BUILT, 404)
        response.headers["cache-control"] = "no-cache"
        return response

    async def asset(request: Request) -> Response:
        name = f"assets/{request.path_params['name']}"
        response = await files.get_response(name, request.scope)
        response.headers["cache-control"] = IMMUTABLE
        return response

    async def config_json(_request: Request) -> Response:
        return JSONResponse(config, headers={"cache-control": "no-cache", **HEADERS})

    app.add_route("/", index, include_in_schema=False)
    app.add_route("/assets/{name}", asset, include_in_schema=False)
    app.add_route("/config.json", config_json, include_in_schema=False)


def login_config(settings: Settings) -> dict[str, Any] | None:
    """Return the login provider as it is in `/config.json`; None if there is none.

    `roles_claim` and `projects_claim` are the paths of the claims that the services read, so that
    the page shows the rooms that its token opens.
    """
    login = settings.page_login
    if login is None:
        return None
    authority = login.authority.rstrip("/")
    claims = [
        {"roles_claim": issuer.roles_claim, "projects_claim": issuer.projects_claim}
        for issuer in settings.issuers
        if issuer.issuer.rstrip("/") == authority
    ]
    return {**login.model_dump(exclude_none=True), **(claims[0] if claims else {})}


class PageFiles(StaticFiles):
    """Files with the page's headers, compressed where the build left a compressed copy."""

    def __init__(self, headers: Mapping[str, str], *, directory: Path, check_dir: bool) -> None:
        """`headers` go with every file."""
        super().__init__(directory=directory, check_dir=check_dir)
        self._headers = headers

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file, or 304 if the browser has it."""
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        compressed = Path(f"{full_path}.gz")
        headers = {**self._headers, "vary": "accept-encoding"}
        media_type = MEDIA_TYPES.get(Path(full_path).suffix)
        if b"gzip" in accepted and compressed.is_file():
            full_path, stat_result = compressed, compressed.stat()
            headers["content-encoding"] = "gzip"
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(headers)
        if media_type is not None and status_code == 200:
            response.headers["content-type"] = media_type
        return response


MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Not left to the machine's own table, in which `.js` may be missing."""


def content_policy(settings: Settings) -> str:
    """Return the Content-Security-Policy: the page runs its own files and calls the services."""
    blobs = [settings.blob_store_endpoint] if settings.blob_store_endpoint else []
    logins = [settings.page_login.authority] if settings.page_login else []
    addresses = [*settings.page_services.values(), *blobs, *logins]
    called = dict.fromkeys(origin for one in addresses if (origin := origin_of(one)))
    media = " ".join(["'self'", "data:", "blob:", *settings.page_media_origins])
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": media,
        "media-src": media,
        "connect-src": " ".join(["'self'", *called]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def origin_of(address: str) -> str | None:
    """Return the origin of an address; None for a path, which lies at the page's own."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
