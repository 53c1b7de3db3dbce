"""The applications of all five services, for tests that run on each of them."""

import importlib
from typing import Any

from fastapi import FastAPI

from chassis import testing

SERVICES = ("ingest", "queue", "consensus", "quality", "dataset_store")
NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


def app_of(
    service: str, tokens: testing.Tokens, url: str = NO_DATABASE, **settings: Any
) -> FastAPI:
    """Make the application of a service; without `url`, it has no database."""
    package = f"{service}_service"
    kind = importlib.import_module(f"{package}.settings").Settings
    own = testing.settings(kind, tokens, url, **settings)
    app: FastAPI = importlib.import_module(f"{package}.app").create_app(own)
    return app
