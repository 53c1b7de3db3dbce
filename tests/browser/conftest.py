"""Fixtures: a real Chromium, a service in its own process, and pages of another origin."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

# Test folders are no packages: this is how tests find what lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from page_stack import PageStack

from chassis import migrations, testing
from labelwright_local import ports, services
from labelwright_local.testing import running_stack

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 60
PORT_BASE = 29300
PAGE_FILES = Path(__file__).parents[2] / "services" / "queue" / "queue_service" / "page_files"


class PageServer(NamedTuple):
    """Serves an empty page at two origins, which differ in the host: an address and a name."""

    allowed: str
    not_allowed: str


@pytest.fixture(scope="session", autouse=True)
def chromium() -> str:
    """Return the path of Chromium. Without one, skip, or fail if the environment requires it."""
    found = [path for name in CHROMIUM if (path := shutil.which(name)) is not None]
    if not found:
        reason = "no Chromium was found: install it (Debian: the package chromium)"
        if os.environ.get("LABELWRIGHT_REQUIRE_BROWSER"):
            pytest.fail(f"{reason}; LABELWRIGHT_REQUIRE_BROWSER is set")
        pytest.skip(reason)
    return found[0]


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        await started.close()


@pytest.fixture(scope="module")
def pages() -> Iterator[PageServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>A labeling page</title>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    port = server.server_port
    yield PageServer(f"http://127.0.0.1:{port}", f"http://localhost:{port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def ingest_url(
    postgres_server: Any, tokens: testing.Tokens, pages: PageServer, tmp_path_factory: Any
) -> Iterator[str]:
    """Run ingest in its own process without Kafka; return its address."""
    database = postgres_server.create_database()
    with ThreadPoolExecutor(1) as thread:  # Alembic wants a loop of its own.
        url = postgres_server.url(database)
        thread.submit(migrations.upgrade, "ingest_service", url).result()
    folder: Path = tmp_path_factory.mktemp("ingest")
    settings = {
        "DATABASE_URL": url,
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "JWKS_FILE": str(tokens.jwks),
        "ISSUER": testing.ISSUER,
        "PSEUDONYM_KEY": testing.PSEUDONYM_KEY,
        "STATE_DIR": str(folder),
        "ALLOWED_ORIGINS": f'["{pages.allowed}"]',
    }
    [port] = ports.some_free(1)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            services.command(services.service("ingest"), port),
            env={"PATH": os.defpath, **{f"INGEST_{name}": text for name, text in settings.items()}},
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_alive(address, process, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(30)
        postgres_server.drop_database(database)


def wait_until_alive(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if httpx.get(f"{address}/health/live", timeout=1).is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@pytest.fixture(scope="session")
def page_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageStack]:
    """All services, one of which serves the labeling page."""
    if not (PAGE_FILES / "index.html").is_file():
        pytest.fail("the labeling page is not built: run `make setup`")
    home = tmp_path_factory.mktemp("page") / "home"
    with running_stack(home, PORT_BASE) as stack:
        found = PageStack(home, stack)
        yield found
        found.http.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that has been nowhere yet."""
    made = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield made
    await made.close()
