"""The application of the ingest service."""

from fastapi import FastAPI

from chassis import service
from ingest_service import api, events, schedules
from ingest_service.operations.upload_imports import KIND, import_job
from ingest_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application: the parts of this service, and those that every service has."""
    settings = settings or Settings.from_environment()
    blobs = settings.open_blob_store()
    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
        long_work={KIND: import_job(lambda: app.state.database, blobs, settings)},
    )
    app.state.blobs = blobs
    return app
