"""The queue service, put together."""

from functools import partial

from fastapi import FastAPI

from chassis import service
from queue_service import api, events, page, schedules
from queue_service.batches import Batches
from queue_service.notify import pg_notify
from queue_service.operations.blob_checks import PayloadReader
from queue_service.operations.news import notifier
from queue_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Everything this service is made of; `chassis.service` adds what every service has."""
    settings = settings or Settings.from_environment()
    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
        tasks=[partial(pg_notify.run, notifier, settings.database_url)],
    )
    app.state.batches = Batches(settings)
    app.state.blobs = settings.open_blob_store()
    app.state.payload_reader = PayloadReader(app.state.blobs)
    page.install(app, settings)
    return app
