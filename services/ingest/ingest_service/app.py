"""The application of the ingest service."""

from fastapi import FastAPI

from chassis import service
from chassis.db.database import Database
from ingest_service import api, events, schedules
from ingest_service.operations import upload_imports, withdrawals
from ingest_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application: the parts of this service, and those that every service has."""
    settings = settings or Settings.from_environment()
    blobs = settings.open_blob_store()

    def database() -> Database:
        found: Database = app.state.database
        return found

    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
        long_work={
            upload_imports.KIND: upload_imports.import_job(database, blobs, settings),
            withdrawals.WITHDRAW: withdrawals.withdraw_job(database),
            withdrawals.RESTORE: withdrawals.restore_job(database),
        },
    )
    app.state.blobs = blobs
    return app
