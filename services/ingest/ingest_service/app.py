"""The application of the ingest service."""

from fastapi import FastAPI

from chassis import service
from ingest_service import api, events, schedules
from ingest_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application: the parts of this service, and those that every service has."""
    settings = settings or Settings.from_environment()
    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
    )
    app.state.blobs = settings.open_blob_store()
    return app
