"""The application of the consensus service."""

from fastapi import FastAPI

from chassis import service
from consensus_service import api, events, schedules
from consensus_service.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application: the parts of this service, and those that every service has."""
    return service.create(
        settings or Settings.from_environment(),
        router=api.router,
        refusals=api.REFUSALS,
        subscriptions=events.SUBSCRIPTIONS,
        schedules=schedules.SCHEDULES,
    )
