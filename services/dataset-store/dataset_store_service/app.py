"""The application of the dataset-store."""

from fastapi import FastAPI

from chassis import service
from dataset_store_service import api, events
from dataset_store_service.operations.publishing import publish_job
from dataset_store_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application: the parts of this service, and those that every service has."""
    settings = settings or Settings.from_environment()
    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        long_work={"publish": publish_job(settings.versions)},
    )
    app.state.blobs = settings.open_blob_store()
    return app
