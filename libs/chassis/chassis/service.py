"""A service, put together: what every one has around its own rooms."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
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
from chassis.events import inbox, outbox
from chassis.events.consumer import Consumer
from chassis.events.dead_letters import DeadLetters
from chassis.events.dispatch import Dispatcher, Subscription
from chassis.events.producer import Producer
from chassis.http import auth, health, openapi, problem, protocol
from chassis.http.body_limit import BodyLimitMiddleware
from chassis.http.metrics_middleware import MetricsMiddleware
from chassis.http.verifier import Verifier
from chassis.jobs import routes
from chassis.jobs.runner import Handler, JobRunner
from chassis.schedules import ProjectSchedule, Runner, Schedule
from chassis.settings import ServiceSettings


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
    """The service as an application for uvicorn, one worker a process."""
    logs.configure(settings.log_level, settings.service)
    refused = {**refusals, outbox.EventTooLarge: 413}
    if long_work:
        refused |= routes.REFUSALS
    runner = JobRunner(long_work or {}, {**auth.REFUSALS, **refused})
    every = [*schedules, Schedule(timedelta(hours=1), inbox.purge)]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with (
            lifecycle.logged(settings),
            metrics.served(settings.metrics_host, settings.metrics_port),
            _runtime(app, settings, subscriptions, tuple(refused)) as runtime,
        ):
            watch = partial(health.watch, app.state)
            keep = app.state.verifier.keep_keys_current
            own: list[Task] = [runtime.consume, runtime.relay, keep, watch, *tasks]
            if long_work:
                own.append(partial(runner.run, runtime.database))
            gc_tuning.tune()
            async with running(*own, *(Runner(one, runtime.database).run for one in every)):
                yield {protocol.STATE_KEY: settings.http_limits}
                await _drain(runtime, settings.drain_seconds)

    app = _application(settings, lifespan)
    app.state.settings = settings
    app.state.job_runner = runner
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
    app.add_middleware(BodyLimitMiddleware, bytes_max=settings.body_bytes_max)
    cross_origin.install(app, settings.allowed_origins)
    app.add_middleware(MetricsMiddleware, sample_every=settings.request_log_every)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What lives as long as the process."""

    database: Database
    producer: Producer
    consumer: Consumer
    topic_prefix: str

    async def consume(self) -> None:
        """Consume until asked to stop, from when the broker is there to take dead letters too."""
        await self.producer.connected.wait()
        await self.consumer.run()

    async def relay(self) -> None:
        """Send the outbox for ever, from when the broker is there."""
        await self.producer.connect()
        await outbox.relay(self.database, self.producer.kafka, self.topic_prefix)

    async def relay_rest(self) -> None:
        """Send what the outbox holds now."""
        while await outbox.relay_batch(self.database, self.producer.kafka, self.topic_prefix):
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
    dead = DeadLetters(producer.kafka, settings.service, settings.dead_letters_max_per_minute)
    consumer = Consumer(settings, Dispatcher(subscriptions, refused, database, dead))
    app.state.database = database
    app.state.producer, app.state.consumer = producer, consumer

    try:
        yield Runtime(database, producer, consumer, settings.topic_prefix)
    finally:
        await producer.stop()
        await pool.close()


async def _drain(runtime: Runtime, seconds: float) -> None:
    """Finish what is in hand: the consumer's batch, then what the outbox still holds."""
    runtime.consumer.stop()
    if not runtime.producer.connected.is_set():
        return  # Nothing is in hand; what the outbox holds follows at the next start.
    try:
        async with asyncio.timeout(seconds):
            await runtime.consumer.ended.wait()
            await runtime.relay_rest()
    except (TimeoutError, KafkaError, OSError) as error:
        logs.get("service").warning("stopped before all was sent; it follows", error=str(error))
