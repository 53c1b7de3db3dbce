import hashlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from labelwright_local import jars
from labelwright_local.jars import Jar
from labelwright_local.refusal import CannotStart

BODY = b"what a jar holds" * 10_000
GOOD = Jar("org.example", "good", "1.0", hashlib.sha256(BODY).hexdigest(), len(BODY))
FALSE = Jar("org.example", "false", "1.0", "0" * 64, len(BODY))
SHAKY = Jar("org.example", "shaky", "1.0", GOOD.sha256, len(BODY))
CUT = Jar("org.example", "cut", "1.0", GOOD.sha256, len(BODY))
ABSENT = Jar("org.example", "absent", "1.0", GOOD.sha256, len(BODY))


def ignore(size: int) -> None:
    """Ignore the progress."""
    assert size <= len(BODY)


class Repository(BaseHTTPRequestHandler):
    """A Maven repository whose failures depend on the names of the jars."""

    requests: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        self.requests[name] += 1
        first = self.requests[name] == 1
        if "absent" in name or ("shaky" in name and first):
            self.send_error(404 if "absent" in name else 503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:100] if "cut" in name and first else BODY)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Repository.requests.clear()
    monkeypatch.setattr(jars, "PAUSE_SECONDS", 0.01)
    with ThreadingHTTPServer(("127.0.0.1", 0), Repository) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("LABELWRIGHT_MAVEN_URL", address + "/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield
        server.shutdown()


def test_the_lock_names_every_file_with_its_hash_and_no_address() -> None:
    locked = jars.locked()

    assert len({jar.name for jar in locked}) == 45
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in locked)
    assert "http" not in jars.LOCK.read_text()


@pytest.mark.usefixtures("repository")
def test_a_fetched_jar_is_complete_and_its_size_is_reported(tmp_path: Path) -> None:
    pieces: list[int] = []

    jars.fetch(tmp_path, [GOOD], pieces.append)

    assert jars.is_intact(tmp_path / GOOD.name, GOOD)
    assert sum(pieces) == GOOD.size
    assert (tmp_path / GOOD.name).stat().st_mtime == jars.SAME_TIME


@pytest.mark.usefixtures("repository")
def test_an_intact_jar_is_not_fetched_again(tmp_path: Path) -> None:
    jars.fetch(tmp_path, [GOOD], ignore)

    jars.fetch(tmp_path, [GOOD], ignore)

    assert Repository.requests[GOOD.name] == 1


@pytest.mark.usefixtures("repository")
def test_a_damaged_jar_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / GOOD.name).write_bytes(BODY[:-1] + b"?")

    jars.fetch(tmp_path, [GOOD], ignore)

    assert jars.is_intact(tmp_path / GOOD.name, GOOD)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("jar", [SHAKY, CUT], ids=["503 at first", "cut off at first"])
def test_temporary_failures_are_retried(jar: Jar, tmp_path: Path) -> None:
    pieces: list[int] = []

    jars.fetch(tmp_path, [jar], pieces.append)

    assert Repository.requests[jar.name] == 2
    assert jars.is_intact(tmp_path / jar.name, jar)
    assert sum(pieces) == jar.size


@pytest.mark.usefixtures("repository")
def test_a_file_with_another_hash_is_refused_and_deleted(
    tmp_path: Path,
) -> None:
    with pytest.raises(CannotStart, match=r"false-1\.0\.jar .* sha256 differs"):
        jars.fetch(tmp_path, [FALSE], ignore)

    assert not list(tmp_path.glob("false*"))


@pytest.mark.usefixtures("repository")
def test_a_missing_file_is_reported_without_a_retry(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"answered 404 for org/example/absent/1\.0/absent-1\.0"):
        jars.fetch(tmp_path, [GOOD, ABSENT], ignore)

    assert Repository.requests[ABSENT.name] == 1


def test_a_missing_network_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("LABELWRIGHT_MAVEN_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    with pytest.raises(CannotStart, match=r"Connection refused.* check the network"):
        jars.fetch(tmp_path, [GOOD], ignore)


def test_a_cache_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="set LABELWRIGHT_CACHE"):
        jars.fetch(tmp_path / "file" / "cache", [GOOD], ignore)


@pytest.mark.usefixtures("repository")
@pytest.mark.skipif(sys.platform != "linux", reason="a disk of no size is made on Linux")
def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from labelwright_local import jars;"
        f"jars.fetch(Path({str(tmp_path)!r}), [jars.{GOOD!r}], print)"
    )
    script = f"mount -t tmpfs -o size=64k none {tmp_path} && exec '{sys.executable}' -c \"$0\""

    run = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script, program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "CannotStart: The disk of the cache" in run.stderr.splitlines()[-1]
