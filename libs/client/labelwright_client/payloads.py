"""The payloads of a pulled version that are too large for their records.

A record without a payload names it by `payload_sha256`. Pulled payloads are canonical JSON in the
folder `payloads` of the version, each in a file named by its digest. A payload that several
versions share is stored once in the cache and linked. A version that was pulled without payloads
has no such folder.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson

from labelwright_client import datasets
from labelwright_client.problems import NotVerified
from labelwright_client.transport import Client

FOLDER = "payloads"
RECORDS = "records.jsonl"
_LACKS_PAYLOAD = b'"payload":null'

OnBytes = Callable[[int], None]
"""A callback that gets the number of bytes received since the last call."""


def separate_payloads(records: Path) -> set[str]:
    """Return the digests of the payloads that are not inside their records."""
    found = set()
    with records.open("rb") as file:
        for line in file:
            if _LACKS_PAYLOAD not in line:
                continue  # Most records; skip the parsing.
            record = orjson.loads(line)
            if record["payload"] is None:
                found.add(record["payload_sha256"])
    return found


def download_missing(
    client: Client, version: str, folder: Path, cache: Path, on_bytes: OnBytes | None = None
) -> None:
    """Download the large payloads of a version into its folder, unless they are there already.

    Raises NotVerified if one does not have its digest.
    """
    wanted = separate_payloads(folder / RECORDS)
    if not wanted or (folder / FOLDER).is_dir():
        return
    stored, unfinished = cache / FOLDER, folder / (FOLDER + ".part")
    stored.mkdir(parents=True, exist_ok=True)
    unfinished.mkdir(exist_ok=True)
    for sha256 in sorted(wanted):
        file = stored / sha256
        if not (file.exists() and sha256_of(file) == sha256):
            _download(client, version, sha256, file, on_bytes)
        _link(file, unfinished / sha256)
    unfinished.rename(folder / FOLDER)


def _download(
    client: Client, version: str, sha256: str, file: Path, on_bytes: OnBytes | None
) -> None:
    content = client.send(datasets.payload(version, sha256))
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise NotVerified(f"The payload {sha256} was received with the sha256 {found}.")
    partial = file.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(content)
    partial.rename(file)
    if on_bytes is not None:
        on_bytes(len(content))


def _link(file: Path, place: Path) -> None:
    """Link `file` at `place`; copy it where the file system has no hard links."""
    place.unlink(missing_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def verify(folder: Path) -> int:
    """Check the digests of the large payloads in a pulled folder, and return their number.

    Return 0 for a version that was pulled without payloads. Raises NotVerified if a payload has
    another digest, is missing, or belongs to no record.
    """
    if not (folder / FOLDER).is_dir():
        return 0
    wanted = separate_payloads(folder / RECORDS)
    present = {file.name for file in (folder / FOLDER).iterdir()}
    if present != wanted:
        [name, *_] = sorted(present ^ wanted)
        raise NotVerified(
            f"{folder / FOLDER} does not hold exactly the payloads that the records name: {name}"
            f" is {'missing' if name in wanted else 'in no record'}."
        )
    for name in sorted(present):
        found = sha256_of(folder / FOLDER / name)
        if found != name:
            raise NotVerified(f"{folder / FOLDER / name} has another sha256: {found}.")
    return len(present)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 digest of a file's content in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
