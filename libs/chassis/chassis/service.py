"""The application of a service, assembled from its own parts and those of the chassis."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan

from chassis import cross_origin, gc_tuning, lifecycle, logs, metrics
from chassis.background import Task, running
from chassis.db.database import Database, create_pool
from chassis.events import inbox, outbox, relay
from chassis.events.consumer import Consumer
from chassis.events.dead_letters import DeadLetters
from chassis.events.delivery import BatchDelivery
from chassis.events.dispatch import Subscription, subscribe
from chassis.events.producer import Producer
from chassis.http import auth, health, openapi, problem, protocol, revocations
from chassis.http.body_limit import BodyLimitMiddleware
from chassis.http.metrics_middleware import MetricsMiddleware
from chassis.http.verifier import Verifier
from chassis.jobs import routes
from chassis.jobs.runner import Handler, JobRunner
from chassis.schedules import ProjectSchedule, Runner, Schedule
from chassis.settings import ServiceSettings
from schemas.token_events import TokenRevoked


def create(  # noqa: PLR0913 - each is a part of the service
    settings: ServiceSettings,
    *,
    router: APIRouter,
    refusals: Mapping[type[Exception], int],
    subscriptions: Sequence[Subscription] = (),
    schedules: Sequence[Schedule | ProjectSchedule] = (),
    tasks: Sequence[Task] = (),
    long_work: Mapping[str, Handler] | None = None,
) -> FastAPI:
    """Return the service as an application for uvicorn, which runs it with one worker."""
    logs.configure(settings.log_level, settings.service)
    refused = {**refusals, outbox.EventTooLarge: 413}
    if long_work:
        refused |= routes.REFUSALS
    job_runner = JobRunner(long_work, {**auth.REFUSALS, **refused}) if long_work else None
    subscribed = [*subscriptions, subscribe(TokenRevoked, revocations.add)]
    purges = (inbox.purge, revocations.forget_expired)
    hourly = [Schedule(timedelta(hours=1), purge) for purge in purges]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with (
            lifecycle.logged(settings),
            metrics.served(settings.metrics_host, settings.metrics_port),
            _runtime(app, settings, subscribed, tuple(refused)) as runtime,
        ):
            gc_tuning.tune()
            await app.state.verifier.revocations.start(runtime.database)
            async with running(*_background_tasks(app, runtime, [*schedules, *hourly]), *tasks):
                yield {protocol.STATE_KEY: settings.http_limits}
                await _drain(runtime, settings.drain_seconds)

    app = _application(settings, lifespan)
    app.state.settings = settings
    app.state.health_counts = {}
    app.state.job_runner = job_runner
    app.state.verifier = Verifier(settings)
    problem.install(app, {**auth.REFUSALS, **refused})
    openapi.install(app, {**auth.REFUSALS, **refused})
    app.router.routes.extend(router.routes)  # A router within would match every request twice.
    app.add_route("/health/live", health.live)
    app.add_route("/health/ready", health.ready)
    _wrap(app, settings)
    return app


def _application(settings: ServiceSettings, lifespan: Lifespan[FastAPI]) -> FastAPI:
    """Return a FastAPI whose page /docs loads nothing from another origin."""
    return FastAPIOffline(
        title=f"Labelwright {settings.service}",
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # MetricsMiddleware does it.
    )


def _wrap(app: FastAPI, settings: ServiceSettings) -> None:
    app.add_middleware(BodyLimitMiddleware, bytes_max_of=settings.body_bytes_max_of)
    cross_origin.install(app, settings.allowed_origins)
    app.add_middleware(MetricsMiddleware, sample_every=settings.request_log_every)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The objects that exist for as long as the process."""

    database: Database
    producer: Producer
    consumer: Consumer
    topic_prefix: str

    async def consume(self) -> None:
        """Consume until asked to stop, after the broker has answered: it takes dead letters."""
        await self.producer.connected.wait()
        await self.consumer.run()

    async def relay(self) -> None:
        """Send the outbox until cancelled, after the broker has answered."""
        await self.producer.connect()
        await relay.relay(self.database, self.producer.kafka, self.topic_prefix)

    async def relay_rest(self) -> None:
        """Send the events that are in the outbox now."""
        while await relay.relay_batch(self.database, self.producer.kafka, self.topic_prefix):
            pass


@asynccontextmanager
async def _runtime(
    app: FastAPI,
    settings: ServiceSettings,
    subscriptions: Sequence[Subscription],
    refused: Sequence[type[Exception]],
) -> AsyncIterator[Runtime]:
    pool = await create_pool(settings)
    database = Database(pool, settings.service)
    producer = Producer(settings)
    dead_letters = DeadLetters(
        producer.kafka, settings.service, settings.dead_letters_max_per_minute
    )
    delivery = BatchDelivery(subscriptions, refused, database, dead_letters)
    consumer = Consumer(settings, delivery)
    app.state.database = database
    app.state.producer, app.state.consumer = producer, consumer

    try:
        yield Runtime(database, producer, consumer, settings.topic_prefix)
    finally:
        await producer.stop()
        await pool.close()


def _background_tasks(
    app: FastAPI, runtime: Runtime, periodic: Iterable[Schedule | ProjectSchedule]
) -> list[Task]:
    background: list[Task] = [
        runtime.consume,
        runtime.relay,
        app.state.verifier.keep_keys_current,
        partial(app.state.verifier.revocations.keep_current, runtime.database),
        partial(health.watch, app.state),
    ]
    if app.state.job_runner is not None:
        background.append(partial(app.state.job_runner.run, runtime.database))
    counts: dict[str, int] = app.state.health_counts
    return background + [Runner(schedule, runtime.database, counts).run for schedule in periodic]


async def _drain(runtime: Runtime, seconds: float) -> None:
    """Finish the consumer's current batch, then send the events that are still in the outbox."""
    runtime.consumer.stop()
    if not runtime.producer.connected.is_set():
        return  # No batch was begun; the next start sends the outbox.
    try:
        async with asyncio.timeout(seconds):
            await runtime.consumer.ended.wait()
            await runtime.relay_rest()
    except (TimeoutError, KafkaError, OSError) as error:
        logs.get("service").warning(
            "stopped before the outbox was empty; the next start sends the rest", error=str(error)
        )
