"""The payloads of a pulled version that are too large to stand in their records.

A record without a payload names it by `payload_sha256`. Pulled payloads lie as canonical JSON in
the folder `payloads` of the version, each in a file named by its digest; what several versions have
is kept once in the cache, and linked. A version that was pulled without them has no such folder.
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

Told = Callable[[int], None]
"""Hears how many bytes have come."""


def named_in(records: Path) -> set[str]:
    """Return the digests of the payloads that the records name and do not hold."""
    found = set()
    with records.open("rb") as file:
        for line in file:
            if _LACKS_PAYLOAD not in line:
                continue  # Most records: they need not be parsed.
            record = orjson.loads(line)
            if record["payload"] is None:
                found.add(record["payload_sha256"])
    return found


def complete(
    client: Client, version: str, folder: Path, cache: Path, told: Told | None = None
) -> None:
    """Get the large payloads of a version into its folder; those that are there stay.

    Raises NotVerified if one that came does not have its digest.
    """
    wanted = named_in(folder / RECORDS)
    if not wanted or (folder / FOLDER).is_dir():
        return
    kept, unfinished = cache / FOLDER, folder / (FOLDER + ".part")
    kept.mkdir(parents=True, exist_ok=True)
    unfinished.mkdir(exist_ok=True)
    for sha256 in sorted(wanted):
        file = kept / sha256
        if not (file.exists() and _digest(file) == sha256):
            _download(client, version, sha256, file, told)
        _link(file, unfinished / sha256)
    unfinished.rename(folder / FOLDER)


def _download(client: Client, version: str, sha256: str, file: Path, told: Told | None) -> None:
    content = client.send(datasets.payload(version, sha256))
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise NotVerified(f"The payload {sha256} came with the sha256 {found}.")
    partial = file.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(content)
    partial.rename(file)
    if told is not None:
        told(len(content))


def _link(file: Path, place: Path) -> None:
    """Give a file a second name; copy it where the file system has no links."""
    place.unlink(missing_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def verify(folder: Path) -> int:
    """Return how many large payloads a pulled folder has, all with their digests.

    0 for one that was pulled without. Raises NotVerified if one is wrong, missing or too many.
    """
    if not (folder / FOLDER).is_dir():
        return 0
    wanted = named_in(folder / RECORDS)
    there = {file.name for file in (folder / FOLDER).iterdir()}
    if there != wanted:
        [name, *_] = sorted(there ^ wanted)
        raise NotVerified(f"{folder / FOLDER} does not hold what the records name: see {name}.")
    for name in sorted(there):
        found = _digest(folder / FOLDER / name)
        if found != name:
            raise NotVerified(f"{folder / FOLDER / name} has the sha256 {found}.")
    return len(there)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
