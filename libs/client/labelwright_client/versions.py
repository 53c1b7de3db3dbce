"""Dataset versions on this machine: downloaded once, cached by their hash, and verified.

A verification recomputes the hash of the manifest's content, the sha256 of every file and of every
large payload, and the Merkle root of the records in `records.jsonl`.
"""

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from labelwright_client import datasets, payloads
from labelwright_client.call import Call
from labelwright_client.payloads import RECORDS, OnBytes, sha256_of
from labelwright_client.problems import NotVerified, Unreachable
from labelwright_client.transport import Client
from schemas.canonical import digest, merkle_root
from schemas.dataset_store import Manifest, Rendering

CACHE = "LABELWRIGHT_CACHE"
MANIFEST = "manifest.json"
HASH = re.compile(r"[0-9a-f]{64}")
RESUMES_MAX = 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """A verified version and its folder."""

    folder: Path
    manifest: Manifest
    was_cached: bool


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return LABELWRIGHT_CACHE, else the user's cache folder by the XDG rules."""
    if named := environ.get(CACHE):
        return Path(named).expanduser().absolute()
    xdg = environ.get("XDG_CACHE_HOME", "")
    base = Path(xdg) if xdg.startswith("/") else Path.home() / ".cache"
    return base / "labelwright"


def pull(
    client: Client,
    version: str,
    cache: Path,
    on_bytes: OnBytes | None = None,
    *,
    with_payloads: bool = True,
) -> Pulled:
    """Return the version with this hash, from the cache or the server, verified in both cases.

    An interrupted pull is resumed. `with_payloads` also downloads the payloads that are too large
    for their records, see `payloads`. Raises NotVerified.
    """
    folder = cache / "versions" / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if folder.exists():
            manifest = verify_folder(folder, version)
            if with_payloads:
                payloads.download_missing(client, version, folder, cache, on_bytes)
            return Pulled(folder, manifest, was_cached=True)
        manifest = client.send(datasets.manifest(version))
        verify_manifest(manifest, version)
        unfinished = folder.with_suffix(".part")
        download(client, manifest, unfinished, on_bytes)
        if with_payloads:
            payloads.download_missing(client, version, unfinished, cache, on_bytes)
        verify_folder(unfinished, version)
        unfinished.rename(folder)
    return Pulled(folder, manifest, was_cached=False)


def download(client: Client, manifest: Manifest, folder: Path, on_bytes: OnBytes | None) -> None:
    """Download the manifest and its files into `folder`; resume files that are incomplete."""
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST).write_bytes(manifest.model_dump_json(indent=2).encode() + b"\n")
    for rendering in manifest.renderings:
        _download_file(client, manifest.hash, rendering, folder, on_bytes)


def copy_to(pulled: Pulled, target: Path) -> Path:
    """Copy a pulled version to the new folder `target`, which appears only when complete."""
    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(pulled.folder, unfinished)
    unfinished.rename(target)
    return target


def verify_folder(folder: Path, version: str | None = None) -> Manifest:
    """Recompute every hash in a pulled folder, and return its manifest. Raises NotVerified."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes(), extra="ignore")
    except OSError as error:
        raise NotVerified(f"{folder} is not a pulled version: it has no {MANIFEST}.") from error
    except ValidationError as error:
        raise NotVerified(
            f"{folder / MANIFEST} is not a manifest: pull the version again."
        ) from error
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
        found = sha256_of(file)
    except OSError as error:
        raise NotVerified(f"{file} is missing or cannot be read.") from error
    if found != rendering.sha256:
        raise NotVerified(f"{file} has the sha256 {found}; the manifest says {rendering.sha256}.")


def _verify_records(file: Path, manifest: Manifest) -> None:
    count = 0

    def lines(stream: IO[bytes]) -> Iterator[bytes]:
        nonlocal count
        for line in stream:
            count += 1
            yield line.removesuffix(b"\n")

    try:
        with file.open("rb") as stream:
            root = merkle_root(lines(stream))
    except OSError as error:
        raise NotVerified(f"{file} is missing: the records cannot be verified.") from error
    if (count, root) != (manifest.records.count, manifest.records.root):
        raise NotVerified(
            f"{file} holds {count} records with the root {root};"
            f" the manifest says {manifest.records.count} and {manifest.records.root}."
        )


def _download_file(
    client: Client, version: str, rendering: Rendering, folder: Path, on_bytes: OnBytes | None
) -> None:
    """Download one file. If the result of a resumed download is wrong, download all of it again."""
    file = folder / rendering.name
    resumed = file.exists()
    _resume(client, version, rendering, file, on_bytes)
    try:
        _verify_file(file, rendering)
    except NotVerified:
        file.unlink(missing_ok=True)
        if not resumed:
            raise
        _resume(client, version, rendering, file, on_bytes)
        _verify_file(file, rendering)


def _resume(
    client: Client, version: str, rendering: Rendering, file: Path, on_bytes: OnBytes | None
) -> None:
    """Append the missing bytes; reconnect as long as each connection brings some."""
    for attempt in range(RESUMES_MAX):
        have = file.stat().st_size if file.exists() else 0
        if have == rendering.bytes and file.exists():
            return
        if have > rendering.bytes:
            file.unlink()
            have = 0
        try:
            _append(client, datasets.file(version, rendering.name, have), file, have, on_bytes)
        except Unreachable:
            grown = file.exists() and file.stat().st_size > have
            if not grown or attempt == RESUMES_MAX - 1:
                raise


def _append(
    client: Client, call: Call[bytes], file: Path, have: int, on_bytes: OnBytes | None
) -> None:
    with client.stream(call) as (head, pieces):
        is_whole = head.status != 206
        with file.open("wb" if is_whole or not have else "ab") as stream:
            for piece in pieces:
                stream.write(piece)
                if on_bytes is not None:
                    on_bytes(len(piece))


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold the lock file `lock`, so that two pulls of one version do not write the same files."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
