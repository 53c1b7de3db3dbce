"""A revoked token is refused by all five services: over a real Kafka, and after a restart."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis import migrations, testing
from chassis.http import revocations
from schemas.topics import TOPICS

sys.path.insert(0, str(Path(__file__).parent))

from service_apps import SERVICES, app_of

READS = {
    "ingest": "/v1/projects",
    "queue": "/v1/me",
    "consensus": "/v1/projects/p/agreement",
    "quality": "/v1/projects/p/spec-issues",
    "dataset_store": "/v1/projects/p/labels/summary",
}
"""A route of each service, none of which has a project `p`: 200 or 404 with a good token."""
REFUSED_WITHIN_SECONDS = 30
"""A limit for a loaded machine; on an idle one it takes less than a second."""


@pytest.fixture(scope="module")
def databases(postgres_server: Any) -> Iterator[dict[str, str]]:
    """The address of a migrated database for each service."""
    names = {service: postgres_server.create_database() for service in SERVICES}
    with ThreadPoolExecutor(1) as thread:  # Alembic needs a thread without a running loop.
        for service, name in names.items():
            url = postgres_server.url(name)
            thread.submit(migrations.upgrade, f"{service}_service", url).result()
    yield {service: postgres_server.url(name) for service, name in names.items()}
    for name in names.values():
        postgres_server.drop_database(name)


class Installation:
    """Five services that share a Kafka, each of which a test can start and stop."""

    def __init__(self, databases: dict[str, str], tokens: testing.Tokens, more: Any) -> None:
        self.databases, self.tokens, self.more = databases, tokens, more

    @asynccontextmanager
    async def running(self, service: str) -> AsyncIterator[httpx.AsyncClient]:
        app = app_of(service, self.tokens, self.databases[service], **self.more(service))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as http,
        ):
            yield http


@pytest.fixture
async def installation(
    databases: dict[str, str], kafka_server: Any, tokens: testing.Tokens, tmp_path: Path
) -> Installation:
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(prefix + topic.name, 1, 1) for topic in TOPICS])
    await admin.close()

    def more(service: str) -> dict[str, Any]:
        own = {"signing_key_file": tokens.signing_key} if service == "queue" else {}
        kafka = {"kafka_bootstrap": kafka_server.bootstrap, "topic_prefix": prefix}
        return {**own, **kafka, "state_dir": tmp_path / service}

    return Installation(databases, tokens, more)


async def invited(queue: httpx.AsyncClient, lead: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Invite a spec owner; return the path of the invitation and the header with its token."""
    path = "/v1/projects/p/invitations"
    body = {"name": f"Ada {uuid.uuid4()}", "role": "spec_owner"}
    made = (await queue.post(path, json=body, headers=lead)).json()
    secret = made["link"].partition("#invite=")[2]
    answer = await queue.post("/v1/invitations/exchange", json={"secret": secret})
    return f"{path}/{made['id']}", {"authorization": f"Bearer {answer.json()['token']}"}


async def until_refused(http: httpx.AsyncClient, service: str, bearer: dict[str, str]) -> None:
    async with asyncio.timeout(REFUSED_WITHIN_SECONDS):
        while (answer := await http.get(READS[service], headers=bearer)).status_code != 401:
            await asyncio.sleep(0.05)
    assert answer.json()["type"] == "urn:problem:access-revoked"


async def test_all_five_services_refuse_a_revoked_token_also_one_that_starts_later(
    installation: Installation, tokens: testing.Tokens
) -> None:
    lead = tokens.bearer("olga", "spec_owner")
    *first, late = SERVICES
    async with AsyncExitStack() as stack:
        https = {one: await stack.enter_async_context(installation.running(one)) for one in first}
        path, revoked = await invited(https["queue"], lead)
        _, kept = await invited(https["queue"], lead)
        for service, http in https.items():
            assert (await http.get(READS[service], headers=revoked)).status_code in {200, 404}

        assert (await https["queue"].delete(path, headers=lead)).status_code == 204

        for service, http in https.items():
            await until_refused(http, service, revoked)
        https[late] = await stack.enter_async_context(installation.running(late))
        await until_refused(https[late], late, revoked)
        for service, http in https.items():
            assert (await http.get(READS[service], headers=kept)).status_code in {200, 404}


async def test_a_service_that_restarts_without_kafka_refuses_from_its_first_request(
    installation: Installation, tokens: testing.Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = tokens.bearer("olga", "spec_owner")
    async with installation.running("queue") as queue, installation.running("ingest") as ingest:
        path, revoked = await invited(queue, lead)
        assert (await queue.delete(path, headers=lead)).status_code == 204
        await until_refused(ingest, "ingest", revoked)

    monkeypatch.setattr(revocations, "READ_SECONDS", 3600)
    before = installation.more
    installation.more = lambda one: {**before(one), "kafka_bootstrap": "127.0.0.1:1"}
    for service in ("queue", "ingest"):
        async with installation.running(service) as http:
            answer = await http.get(READS[service], headers=revoked)
            assert (answer.status_code, answer.json()["type"]) == (
                401,
                "urn:problem:access-revoked",
            )


async def test_every_replica_refuses_what_one_of_them_revoked(
    installation: Installation, tokens: testing.Tokens
) -> None:
    lead = tokens.bearer("olga", "spec_owner")
    async with installation.running("queue") as one, installation.running("queue") as other:
        path, revoked = await invited(one, lead)
        assert (await other.get("/v1/me", headers=revoked)).status_code == 200

        assert (await one.delete(path, headers=lead)).status_code == 204

        await until_refused(one, "queue", revoked)
        await until_refused(other, "queue", revoked)
