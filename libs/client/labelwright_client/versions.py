"""Dataset versions on this machine: pulled once, kept under their hash, verified to the last byte.

Nothing is believed. Recomputed are the hash of the manifest from its content, the sha256 of every
file and of every large payload, and the Merkle root of the records from `records.jsonl`.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from labelwright_client import datasets, payloads
from labelwright_client.call import Call
from labelwright_client.problems import NotVerified, Unreachable
from labelwright_client.transport import Client
from schemas.canonical import digest, merkle_root
from schemas.dataset_store import Manifest, Rendering

CACHE = "LABELWRIGHT_CACHE"
MANIFEST = "manifest.json"
RECORDS = "records.jsonl"
HASH = re.compile(r"[0-9a-f]{64}")
PIECE_BYTES = 1 << 20
RESUMES_MAX = 20

Told = Callable[[int], None]
"""Hears how many bytes have come."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A verified version in a folder of its own."""

    folder: Path
    manifest: Manifest
    was_there: bool


def cache_of(environ: Mapping[str, str]) -> Path:
    """LABELWRIGHT_CACHE, else a folder of this user's by the XDG rules."""
    if named := environ.get(CACHE):
        return Path(named).expanduser().absolute()
    xdg = environ.get("XDG_CACHE_HOME", "")
    base = Path(xdg) if xdg.startswith("/") else Path.home() / ".cache"
    return base / "labelwright"


def pull(
    client: Client,
    version: str,
    cache: Path,
    told: Told | None = None,
    *,
    with_payloads: bool = True,
) -> Pulled:
    """The version with this hash, from the cache or the server, verified either way.

    What an interrupted pull has got is kept and gone on with. `with_payloads`: get the payloads too
    that are too large to stand in their records, see `payloads`. Raises NotVerified.
    """
    folder = cache / "versions" / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        if folder.exists():
            manifest = verify_folder(folder, version)
            if with_payloads:
                payloads.complete(client, version, folder, cache, told)
            return Pulled(folder, manifest, was_there=True)
        manifest = client.send(datasets.manifest(version))
        verify_manifest(manifest, version)
        unfinished = folder.with_suffix(".part")
        download(client, manifest, unfinished, told)
        if with_payloads:
            payloads.complete(client, version, unfinished, cache, told)
        verify_folder(unfinished, version)
        unfinished.rename(folder)
    return Pulled(folder, manifest, was_there=False)


def download(client: Client, manifest: Manifest, folder: Path, told: Told | None) -> None:
    """Get the manifest and every file it names into `folder`, going on where a try ended."""
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST).write_bytes(manifest.model_dump_json(indent=2).encode() + b"\n")
    for rendering in manifest.renderings:
        _download_file(client, manifest.hash, rendering, folder, told)


def copy_to(pulled: Pulled, target: Path) -> Path:
    """A copy of a pulled version in the new folder `target`, whole or not at all."""
    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(pulled.folder, unfinished)
    unfinished.rename(target)
    return target


def verify_folder(folder: Path, version: str | None = None) -> Manifest:
    """Recompute everything in a pulled folder. Raises NotVerified; returns its manifest."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes(), extra="ignore")
    except OSError as error:
        raise NotVerified(f"{folder} is not a pulled version: it has no {MANIFEST}.") from error
    except ValidationError as error:
        raise NotVerified(f"{folder / MANIFEST} is not a manifest.") from error
    verify_manifest(manifest, version or manifest.hash)
    for rendering in manifest.renderings:
        _verify_file(folder / rendering.name, rendering)
    _verify_records(folder / RECORDS, manifest)
    payloads.verify(folder)
    return manifest


def verify_manifest(manifest: Manifest, version: str) -> None:
    """Raise NotVerified unless the manifest's content has the hash `version`."""
    found = digest(manifest.content())
    if found != version or manifest.hash != version:
        raise NotVerified(
            f"The manifest is not that of {version}: its content has the hash {found}."
        )


def _verify_file(file: Path, rendering: Rendering) -> None:
    try:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise NotVerified(f"{file} is missing or cannot be read.") from error
    if found != rendering.sha256:
        raise NotVerified(f"{file} has the sha256 {found}; the manifest says {rendering.sha256}.")


def _verify_records(file: Path, manifest: Manifest) -> None:
    counted = 0

    def lines(stream: IO[bytes]) -> Iterator[bytes]:
        nonlocal counted
        for line in stream:
            counted += 1
            yield line.removesuffix(b"\n")

    try:
        with file.open("rb") as stream:
            root = merkle_root(lines(stream))
    except OSError as error:
        raise NotVerified(f"{file} is missing: the records cannot be verified.") from error
    if (counted, root) != (manifest.records.count, manifest.records.root):
        raise NotVerified(
            f"{file} holds {counted} records with the root {root};"
            f" the manifest says {manifest.records.count} and {manifest.records.root}."
        )


def _download_file(
    client: Client, version: str, rendering: Rendering, folder: Path, told: Told | None
) -> None:
    """Get one file. If what an earlier try left turns out wrong, get all of it once more."""
    file = folder / rendering.name
    resumed = file.exists()
    _complete(client, version, rendering, file, told)
    try:
        _verify_file(file, rendering)
    except NotVerified:
        file.unlink(missing_ok=True)
        if not resumed:
            raise
        _complete(client, version, rendering, file, told)
        _verify_file(file, rendering)


def _complete(
    client: Client, version: str, rendering: Rendering, file: Path, told: Told | None
) -> None:
    """Append what is missing, through as many broken connections as need be."""
    for attempt in range(RESUMES_MAX):
        have = file.stat().st_size if file.exists() else 0
        if have == rendering.bytes and file.exists():
            return
        if have > rendering.bytes:
            file.unlink()
            have = 0
        try:
            _append(client, datasets.file(version, rendering.name, have), file, have, told)
        except Unreachable:
            grown = file.exists() and file.stat().st_size > have
            if not grown or attempt == RESUMES_MAX - 1:
                raise


def _append(client: Client, call: Call[bytes], file: Path, have: int, told: Told | None) -> None:
    with client.stream(call) as (head, pieces):
        whole = head.status != 206
        with file.open("wb" if whole or not have else "ab") as stream:
            for piece in pieces:
                stream.write(piece)
                if told is not None:
                    told(len(piece))


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold `lock`, so that two pulls of one version do not write into each other."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
