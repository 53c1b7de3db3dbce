"""The queue serves the labeling page, with headers that let browsers do no more than it needs."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis import testing
from queue_service.app import create_app
from queue_service.page import content_policy
from queue_service.settings import Settings

NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
SCRIPT = "console.log('labels')\n" * 100


def settings(tokens: testing.Tokens, folder: Path, **more: Any) -> Settings:
    return testing.settings(Settings, tokens, NO_DATABASE, page_dir=folder, **more)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Labelwright</title>")
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    return folder


@pytest.fixture
async def http(built: Path, tokens: testing.Tokens) -> AsyncIterator[httpx.AsyncClient]:
    services = {"queue": "http://127.0.0.1:8102", "ingest": "http://127.0.0.1:8101/"}
    app = create_app(settings(tokens, built, page_services=services))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        yield client


async def test_the_index_is_asked_for_each_time(http: httpx.AsyncClient) -> None:
    index = await http.get("/")

    assert (index.status_code, index.headers["cache-control"]) == (200, "no-cache")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    assert index.text.startswith("<!doctype html>")


async def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_come_compressed(
    http: httpx.AsyncClient,
) -> None:
    small = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip"})
    plain = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "identity"})

    assert small.text == plain.text == SCRIPT
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    for answer in (small, plain):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["vary"] == "accept-encoding"


async def test_what_a_browser_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    first = await http.get("/")
    again = await http.get("/", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..%2findex.html", "/none"])
async def test_what_is_not_there_is_a_problem_document(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_config_tells_where_the_services_are(http: httpx.AsyncClient) -> None:
    answer = await http.get("/config.json")

    assert answer.json() == {
        "services": {"queue": "http://127.0.0.1:8102", "ingest": "http://127.0.0.1:8101/"},
        "login": None,
    }
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_page_is_told_where_to_sign_in_and_which_claims_say_what_a_token_opens(
    built: Path, tokens: testing.Tokens
) -> None:
    issuer = {
        "issuer": "https://login.example/realm/", "jwks_url": "https://login.example/keys",
        "algorithms": ["RS256"], "roles_claim": "realm_access.roles",
    }  # fmt: skip
    login = {"authority": "https://login.example/realm", "client_id": "labels", "title": "Acme"}
    app = create_app(settings(tokens, built, page_login=login, issuers=[issuer]))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        shown = (await client.get("/config.json")).json()["login"]

    assert shown == {
        **login,
        "scope": "openid profile offline_access",
        "roles_claim": ["realm_access", "roles"],
        "projects_claim": ["projects"],
    }


@pytest.mark.parametrize(
    "login", [{"authority": "login.example", "client_id": "a"}, {"authority": "https://a.example"}]
)
def test_a_login_that_cannot_work_stops_the_service(
    built: Path, tokens: testing.Tokens, login: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="page_login"):
        settings(tokens, built, page_login=login)


async def test_no_script_or_style_runs_but_the_page_s_own(http: httpx.AsyncClient) -> None:
    headers = (await http.get("/")).headers

    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' http://127.0.0.1:8102 http://127.0.0.1:8101"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_behind_one_origin_the_page_calls_nothing_else(built: Path, tokens: testing.Tokens) -> None:
    services = {"queue": "/queue", "ingest": "/ingest"}

    assert "connect-src 'self';" in content_policy(settings(tokens, built, page_services=services))


def test_login_object_store_and_media_may_be_elsewhere(built: Path, tokens: testing.Tokens) -> None:
    policy = content_policy(
        settings(
            tokens, built,
            page_login={"authority": "https://login.example/realm", "client_id": "labels"},
            blob_store_endpoint="https://s3.example",
            page_media_origins=["https://images.example"],
        )
    )  # fmt: skip

    assert "connect-src 'self' https://s3.example https://login.example;" in policy
    assert "img-src 'self' data: blob: https://images.example;" in policy


async def test_without_a_built_page_the_service_says_so(
    tmp_path: Path, tokens: testing.Tokens
) -> None:
    app = create_app(settings(tokens, tmp_path / "none"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        answer = await client.get("/")

    assert answer.status_code == 404
    assert "make setup" in answer.text
