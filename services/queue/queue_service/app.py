"""The application of the queue service."""

from functools import partial

from fastapi import FastAPI

from chassis import service
from chassis.http.signer import TokenSigner
from queue_service import api, events, page, schedules
from queue_service.notify import pg_notify
from queue_service.operations import annotations, dispatch
from queue_service.operations.allocation import PoolCache
from queue_service.operations.blob_checks import PayloadReader
from queue_service.operations.notifications import notifier
from queue_service.operations.people import Directory
from queue_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; without `settings` they are read from the environment."""
    settings = settings or Settings.from_environment()
    app = service.create(
        settings,
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
        tasks=[partial(pg_notify.run, notifier, settings.database_url)],
    )
    app.state.blobs = settings.open_blob_store()
    app.state.payload_reader = PayloadReader(app.state.blobs)
    # Open pages and waiting requests of a person whose access was revoked end at once.
    app.state.verifier.revocations.on_change.append(notifier.wake)
    app.state.directory = directory_of(settings)
    add_caches(app, settings)
    page.install(app, settings)
    return app


def directory_of(settings: Settings) -> Directory:
    """Return the directory of people, with the key that signs the tokens of invited ones."""
    file = settings.signing_key_file
    return Directory(
        settings.pseudonym_key.get_secret_value(),
        None if file is None else TokenSigner(file, settings.issuer, settings.audience),
        tuple(issuer.issuer for issuer in settings.accepted_issuers()),
    )


def add_caches(app: FastAPI, settings: Settings) -> None:
    """Give the application an empty cache of pools and new batchers."""
    key = settings.pseudonym_key.get_secret_value().encode()
    app.state.pool_cache = PoolCache(key, settings.open_leases_max)
    app.state.lease_batcher = dispatch.new_batcher(app.state.pool_cache)
    app.state.annotation_batcher = annotations.new_batcher()
