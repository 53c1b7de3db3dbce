"""Login by a real identity provider: a service accepts its tokens, also after its keys change."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from login_provider import LoginProvider, install_provider, running_provider

from chassis import migrations, testing
from chassis.http import auth
from queue_service.app import create_app
from queue_service.settings import Settings

ALGORITHMS = ("Ed25519", "ES256", "RS256")
WITHDRAWN_SECONDS_MAX = 20


@pytest.fixture(scope="module")
def modules() -> Path:
    return install_provider()


@pytest.fixture(params=ALGORITHMS)
def algorithm(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def provider(modules: Path, tmp_path: Path, algorithm: str) -> Iterator[LoginProvider]:
    with running_provider(tmp_path, modules, algorithm) as found:
        yield found


@pytest.fixture(scope="module")
def migrated(postgres_server: Any) -> Iterator[str]:
    name = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic wants a loop of its own.
        thread.submit(migrations.upgrade, "queue_service", postgres_server.url(name)).result()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
async def queue(
    fresh_database: Any,
    migrated: str,
    tokens: testing.Tokens,
    provider: LoginProvider,
    algorithm: str,
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the queue service, which accepts the provider and reads its keys periodically."""
    url = fresh_database(template=migrated)
    issuers = [provider.settings(algorithm)]
    app = create_app(testing.settings(Settings, tokens, url, issuers=issuers))
    keeping = asyncio.create_task(app.state.verifier.keep_keys_current())
    async with testing.serving(app) as http:
        yield http
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def ask_for_work(
    http: httpx.AsyncClient, token: str, project: str = "street"
) -> httpx.Response:
    header = {"authorization": f"Bearer {token}"}
    return await http.post("/v1/leases", json={"projects": [project]}, headers=header)


async def test_who_logs_in_at_the_provider_may_do_what_its_claims_say(
    queue: httpx.AsyncClient, provider: LoginProvider
) -> None:
    answer = provider.log_in("ada")
    header = {"authorization": f"Bearer {answer['access_token']}"}

    work = await ask_for_work(queue, answer["access_token"])
    elsewhere = await ask_for_work(queue, answer["access_token"], "elsewhere")
    queues = await queue.get("/v1/queues", headers=header)

    assert work.is_success, work.text
    assert elsewhere.status_code == 404
    assert (queues.status_code, queues.json()["type"]) == (403, "urn:problem:forbidden")


async def test_the_token_that_tells_the_page_who_logged_in_opens_no_service(
    queue: httpx.AsyncClient, provider: LoginProvider
) -> None:
    id_token = provider.log_in("ada")["id_token"]

    refused = await ask_for_work(queue, id_token)

    assert refused.status_code == 401
    assert "aud" in refused.json()["detail"]


async def test_keys_rotate_while_people_work_and_a_withdrawn_one_is_refused(
    queue: httpx.AsyncClient, provider: LoginProvider
) -> None:
    old = provider.log_in("ada")["access_token"]
    assert (await ask_for_work(queue, old)).is_success

    provider.rotate()
    await asyncio.sleep(0.2)  # The shortest time between two looks at the keys has passed.
    new = provider.log_in("ada")["access_token"]
    assert (await ask_for_work(queue, new)).is_success
    assert (await ask_for_work(queue, old)).is_success

    provider.withdraw_old_keys()
    refused = await refusal(queue, old)
    assert refused["type"] == "urn:problem:unauthenticated"
    assert "kid" in refused["detail"]
    assert (await ask_for_work(queue, new)).is_success


async def refusal(queue: httpx.AsyncClient, token: str) -> dict[str, Any]:
    """Return the problem when the token is refused."""
    deadline = time.monotonic() + WITHDRAWN_SECONDS_MAX
    while (answer := await ask_for_work(queue, token)).is_success:
        assert time.monotonic() < deadline, "the token stayed good after its key was withdrawn"
        await asyncio.sleep(0.05)
    problem: dict[str, Any] = answer.json()
    return problem


async def test_a_person_is_the_same_after_a_second_login_and_nobody_elses(
    provider: LoginProvider, tokens: testing.Tokens, queue: httpx.AsyncClient
) -> None:
    app = queue._transport.app  # type: ignore[attr-defined]
    seen = [
        await app.state.verifier.caller(provider.log_in(name)["access_token"])
        for name in ("ada", "ada", "grace")
    ]

    assert seen[0].pseudonym == seen[1].pseudonym != seen[2].pseudonym
    assert seen[0].pseudonym == auth.pseudonym(testing.PSEUDONYM_KEY, provider.issuer, "ada")
    assert seen[0].pseudonym != tokens.pseudonym("ada")
