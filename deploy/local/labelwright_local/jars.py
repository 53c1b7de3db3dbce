"""Kafka's jars, fetched once for each user and verified against the SHA-256 in the lock file."""

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
"""The modification time of every jar: Java's start cache is valid only for the same times."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock file."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def path(self) -> str:
        """The path below the base address of a Maven repository."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


def locked() -> list[Jar]:
    """Return the jars of the lock file, in its order."""
    return [parsed(line) for line in LOCK.read_text("ascii").splitlines()]


def parsed(line: str) -> Jar:
    """Return the jar of a line `group:artifact:version sha256 size`."""
    name, sha256, size = line.split()
    group, artifact, version = name.split(":")
    return Jar(group, artifact, version, sha256, int(size))


def lock_hash() -> str:
    """Return a short digest of the lock file."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]


def base_address() -> str:
    """Return the address of the Maven repository: LABELWRIGHT_MAVEN_URL, or Maven Central.

    The address of Maven Central comes from jgo, since this repository names no registries.
    """
    if named := os.environ.get("LABELWRIGHT_MAVEN_URL"):
        return named.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415

    return str(MAVEN_CENTRAL_URL).rstrip("/")


def class_path(folder: Path) -> str:
    """Return the class path of all jars. Java's start cache is valid only for the same text."""
    return os.pathsep.join(str(folder / jar.name) for jar in locked())


def missing(folder: Path) -> list[Jar]:
    """Return the jars that are missing in `folder`, or differ from the lock file."""
    with ThreadPoolExecutor(THREADS) as threads:
        states = list(threads.map(lambda jar: is_intact(folder / jar.name, jar), locked()))
    return [jar for jar, intact in zip(locked(), states, strict=True) if not intact]


def is_intact(file: Path, jar: Jar) -> bool:
    """Return True if `file` has the SHA-256 of the jar."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def fetch(folder: Path, jars: list[Jar], progress: Progress) -> None:
    """Fetch `jars` into `folder`, several at a time; `progress` gets the size of each chunk."""
    base = base_address()
    with one_at_a_time(folder):
        # Another stack may have fetched them while we waited for the lock.
        wanted = [jar for jar in jars if not is_intact(folder / jar.name, jar)]
        progress(sum(jar.size for jar in jars) - sum(jar.size for jar in wanted))
        threads = ThreadPoolExecutor(THREADS)
        running = [threads.submit(fetch_one, base, jar, folder, progress) for jar in wanted]
        try:
            for future in running:
                future.result()
        finally:
            # After a failure or Ctrl-C, do not wait for the other downloads.
            threads.shutdown(wait=False, cancel_futures=True)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Lock the folder against other stacks of this user that fetch."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise CannotStart(unwritable(folder, error)) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_one(base: str, jar: Jar, folder: Path, progress: Progress) -> None:
    """Fetch one jar; try again after errors that may be temporary."""
    unfinished = folder / f"{jar.name}.part"
    for left in reversed(range(TRIES)):
        try:
            found = download(f"{base}/{jar.path}", unfinished, jar.size, progress)
            break
        except OSError as error:
            if not is_temporary(error) or left == 0:
                unfinished.unlink(missing_ok=True)
                raise CannotStart(fetch_error(base, jar, error)) from error
            time.sleep(PAUSE_SECONDS * (TRIES - left))
    if found != jar.sha256:
        unfinished.unlink()
        raise CannotStart(
            f"{jar.name} from {base} differs from the expected file (its sha256 differs), so it is"
            " not used: check LABELWRIGHT_MAVEN_URL and the proxy."
        )
    os.utime(unfinished, (SAME_TIME, SAME_TIME))
    unfinished.rename(folder / jar.name)


def download(address: str, file: Path, size: int, progress: Progress) -> str:
    """Save the file of `size` bytes at an address; return its SHA-256. Raise OSError on failure."""
    digest = hashlib.sha256()
    got = 0
    request = urllib.request.Request(address, headers={"User-Agent": "labelwright"})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        with answer, file.open("wb") as out:
            while chunk := answer.read(CHUNK_BYTES):
                digest.update(chunk)
                out.write(chunk)
                got += len(chunk)
                progress(len(chunk))
        if got < size:
            raise ConnectionError(f"the response ended after {got} of {size} bytes")
    except (HTTPException, OSError) as error:
        progress(-got)
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        if isinstance(error, OSError):
            raise
        raise ConnectionError(f"the response is incomplete: {error!r}") from error
    return digest.hexdigest()


def is_temporary(error: OSError) -> bool:
    """Return True if the same request may succeed later."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in {408, 429}
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, ssl.SSLError):
        return False
    return error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}


def fetch_error(base: str, jar: Jar, error: OSError) -> str:
    """Return a message that says why a jar could not be fetched, and what to do."""
    if isinstance(error, urllib.error.HTTPError):
        return f"{base} answered {error.code} for {jar.path}: check LABELWRIGHT_MAVEN_URL."
    if isinstance(error, urllib.error.URLError):
        return (
            f"{jar.name} could not be fetched from {base} ({error.reason}):"
            " check the network, and HTTPS_PROXY, SSL_CERT_FILE and LABELWRIGHT_MAVEN_URL."
        )
    if error.filename or error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return unwritable(Path(error.filename or jar.name), error)
    return f"{jar.name} could not be fetched from {base} ({error}): try again."


def unwritable(place: Path, error: OSError) -> str:
    """Return a message that says why the cache cannot be written, and what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of the cache {place} is full: free some space, or set LABELWRIGHT_CACHE."
    return f"The cache cannot be written ({error}): set LABELWRIGHT_CACHE to a writable folder."
