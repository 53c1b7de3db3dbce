"""Kafka's jars: fetched once a user, each held to the sha256 that the lock states."""

import errno
import fcntl
import hashlib
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from labelwright_local.refusal import CannotStart

LOCK = Path(__file__).with_name("kafka-4.4.0.lock")
THREADS = 8
TRIES = 4
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16
SAME_TIME = 1_700_000_000
"""Every jar gets this time: Java's start cache is bound to it, and must survive a second fetch."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def path(self) -> str:
        """The file's place below the base address of a Maven repository."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


def locked() -> list[Jar]:
    """The jars of the lock, in its order."""
    return [parsed(line) for line in LOCK.read_text("ascii").splitlines()]


def parsed(line: str) -> Jar:
    """The jar of a line, `group:artifact:version sha256 size`."""
    name, sha256, size = line.split()
    group, artifact, version = name.split(":")
    return Jar(group, artifact, version, sha256, int(size))


def lock_hash() -> str:
    """A short name for exactly these jars."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]


def base_address() -> str:
    """Where the jars are fetched from: LABELWRIGHT_MAVEN_URL, else what jgo calls the centre."""
    if named := os.environ.get("LABELWRIGHT_MAVEN_URL"):
        return named.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415

    return str(MAVEN_CENTRAL_URL).rstrip("/")


def class_path(folder: Path) -> str:
    """All jars, always in the same order and spelling: Java's start cache is bound to both."""
    return os.pathsep.join(str(folder / jar.name) for jar in locked())


def missing(folder: Path) -> list[Jar]:
    """The jars that are not in `folder` as the lock wants them."""
    with ThreadPoolExecutor(THREADS) as threads:
        states = list(threads.map(lambda jar: is_intact(folder / jar.name, jar), locked()))
    return [jar for jar, intact in zip(locked(), states, strict=True) if not intact]


def is_intact(file: Path, jar: Jar) -> bool:
    """Whether `file` is that jar, byte for byte."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def fetch(folder: Path, jars: list[Jar], progress: Progress) -> None:
    """Fetch `jars` into `folder`, several at a time; `progress` hears of every piece's size."""
    base = base_address()
    with one_at_a_time(folder):
        # Somebody else may have fetched them while we waited for our turn.
        wanted = [jar for jar in jars if not is_intact(folder / jar.name, jar)]
        progress(sum(jar.size for jar in jars) - sum(jar.size for jar in wanted))
        threads = ThreadPoolExecutor(THREADS)
        running = [threads.submit(fetch_one, base, jar, folder, progress) for jar in wanted]
        try:
            for one in running:
                one.result()
        finally:
            # After a failure, or Ctrl-C, nobody waits for the slowest of the others.
            threads.shutdown(wait=False, cancel_futures=True)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other starts of this user from fetching into the same folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise CannotStart(unwritable(folder, error)) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_one(base: str, jar: Jar, folder: Path, progress: Progress) -> None:
    """Fetch one jar, trying again where that can help."""
    unfinished = folder / f"{jar.name}.part"
    for left in reversed(range(TRIES)):
        try:
            found = download(f"{base}/{jar.path}", unfinished, jar.size, progress)
            break
        except OSError as error:
            if not may_pass(error) or left == 0:
                unfinished.unlink(missing_ok=True)
                raise CannotStart(broken(base, jar, error)) from error
            time.sleep(PAUSE_SECONDS * (TRIES - left))
    if found != jar.sha256:
        unfinished.unlink()
        raise CannotStart(
            f"{jar.name} from {base} is not the file that was checked for this version"
            " (its sha256 differs), so it was not used: look at LABELWRIGHT_MAVEN_URL and proxy."
        )
    os.utime(unfinished, (SAME_TIME, SAME_TIME))
    unfinished.rename(folder / jar.name)


def download(address: str, file: Path, size: int, progress: Progress) -> str:
    """Save what an address answers, which should be of `size`; return its sha256."""
    digest = hashlib.sha256()
    got = 0
    request = urllib.request.Request(address, headers={"User-Agent": "labelwright"})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        with answer, file.open("wb") as out:
            while piece := answer.read(CHUNK_BYTES):
                digest.update(piece)
                out.write(piece)
                got += len(piece)
                progress(len(piece))
        if got < size:
            raise ConnectionError(f"the answer broke off after {got} of {size} bytes")
    except (HTTPException, OSError) as error:
        progress(-got)
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        if isinstance(error, OSError):
            raise
        raise ConnectionError(f"the answer broke off: {error!r}") from error
    return digest.hexdigest()


def may_pass(error: OSError) -> bool:
    """Whether the same request may succeed a little later."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in {408, 429}
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, ssl.SSLError):
        return False
    return error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}


def broken(base: str, jar: Jar, error: OSError) -> str:
    """Why a jar could not be had, and what to change."""
    if isinstance(error, urllib.error.HTTPError):
        return f"{base} answered {error.code} for {jar.path}: look at LABELWRIGHT_MAVEN_URL."
    if isinstance(error, urllib.error.URLError):
        return (
            f"{jar.name} could not be fetched from {base} ({error.reason}):"
            " is there a network, and do HTTPS_PROXY, SSL_CERT_FILE, LABELWRIGHT_MAVEN_URL fit it?"
        )
    if error.filename or error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return unwritable(Path(error.filename or jar.name), error)
    return f"{jar.name} could not be fetched from {base} ({error}): try again."


def unwritable(place: Path, error: OSError) -> str:
    """Why the cache cannot be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"The disk is full where the cache lies: free some, or set LABELWRIGHT_CACHE ({place})."
        )
    return f"The cache cannot be written ({error}): set LABELWRIGHT_CACHE to a folder that can."
