"""Tests of both blob stores: a local folder and a real S3-compatible object store."""

import asyncio
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from pydantic import SecretStr

from blobs import (
    BlobStore,
    BlobStoreUnavailable,
    CorruptBlob,
    InvalidSignature,
    MissingBlob,
    S3Access,
    UrlSigner,
    WrongDigest,
    digest_of,
    open_store,
)
from labelwright_local import object_store

HELLO = b"hello, blob"
SIGNER = UrlSigner(b"a key for tests", "http://service.test")
BOTH = pytest.mark.parametrize("kind", ["folder", "s3"])


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], BlobStore]:
    """Return a function that makes an empty store; the object store is started on demand."""

    def made(kind: str) -> BlobStore:
        if kind == "folder":
            return open_store(f"file://{tmp_path}/a%20folder/blobs", SIGNER, S3Access())
        server = request.getfixturevalue("object_store_server")
        url = f"s3://{object_store.BUCKET}/{uuid4().hex}/of-a-test"
        return open_store(url, SIGNER, server.access)

    return made


async def put(store: BlobStore, content: bytes) -> str:
    await store.put_if_absent(digest_of(content), content)
    return digest_of(content)


@BOTH
async def test_what_was_put_is_got_whole_and_in_part(kind: str, make: Any) -> None:
    store = make(kind)
    sha256 = await put(store, HELLO)

    assert await store.get(sha256) == HELLO
    assert (await store.head(sha256)).size == len(HELLO)
    assert await store.get_range(sha256, 7, 11) == b"blob"
    assert await store.get_range(sha256, 7, 1000) == b"blob"
    assert await store.get_range(sha256, 1000, 2000) == b""
    assert await store.get_range(sha256, 5, 5) == b""


@BOTH
async def test_the_empty_blob_and_a_large_one_are_kept(kind: str, make: Any) -> None:
    store, large = make(kind), os.urandom(3_000_000)

    names = [await put(store, b""), await put(store, large)]

    assert [await store.get(name) for name in names] == [b"", large]
    assert await store.get_range(names[0], 0, 10) == b""


@BOTH
async def test_a_blob_is_written_once_by_whoever_comes_first(kind: str, make: Any) -> None:
    store = make(kind)
    sha256 = digest_of(HELLO)

    outcomes = await asyncio.gather(*(store.put_if_absent(sha256, HELLO) for _ in range(16)))

    assert sorted(outcomes) == [False] * 15 + [True]
    assert await store.put_if_absent(sha256, HELLO) is False
    assert await store.get(sha256) == HELLO


@BOTH
async def test_content_of_another_digest_is_refused(kind: str, make: Any) -> None:
    store = make(kind)

    with pytest.raises(WrongDigest, match=digest_of(b"other")):
        await store.put_if_absent(digest_of(HELLO), b"other")

    with pytest.raises(MissingBlob):
        await store.head(digest_of(HELLO))


@BOTH
async def test_what_is_not_there_is_missing(kind: str, make: Any) -> None:
    store = make(kind)
    absent = digest_of(HELLO)

    for read in (store.get(absent), store.get_range(absent, 0, 5), store.head(absent)):
        with pytest.raises(MissingBlob, match=absent):
            await read
    await store.delete(absent)


@BOTH
async def test_what_was_deleted_is_gone_and_can_be_put_again(kind: str, make: Any) -> None:
    store = make(kind)
    sha256 = await put(store, HELLO)

    await store.delete(sha256)

    with pytest.raises(MissingBlob):
        await store.get(sha256)
    assert await store.put_if_absent(sha256, HELLO) is True


@BOTH
async def test_a_listing_has_every_blob_in_order(kind: str, make: Any) -> None:
    store = make(kind)
    contents = [b"x" * size for size in range(1, 40)]
    await asyncio.gather(*(put(store, content) for content in contents))

    listed = [blob async for blob in store.list()]

    assert [blob.sha256 for blob in listed] == sorted(map(digest_of, contents))
    assert sum(blob.size for blob in listed) == sum(map(len, contents))


# What the folder must do itself and an object store does for us.


@pytest.fixture
def folder(make: Callable[[str], BlobStore]) -> Any:
    return make("folder")


async def test_an_empty_folder_need_not_exist(folder: Any) -> None:
    assert [blob async for blob in folder.list()] == []
    with pytest.raises(MissingBlob):
        await folder.get(digest_of(HELLO))


async def test_a_reader_never_sees_half_a_blob(folder: Any) -> None:
    content = os.urandom(8_000_000)
    sha256, path = digest_of(content), folder.folder / digest_of(content)
    sizes: set[int] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            try:
                sizes.add(path.stat().st_size)
            except FileNotFoundError:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(5):
        await folder.put_if_absent(sha256, content)
        await folder.delete(sha256)
    stop.set()
    watcher.join()

    assert sizes <= {len(content)}
    assert list(folder.folder.iterdir()) == []


async def test_file_and_folder_are_on_the_disk_before_a_put_returns(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await folder.put_if_absent(digest_of(b"a"), b"a")
    path, own = folder.folder / digest_of(HELLO), os.open(folder.folder, os.O_RDONLY)
    synced: list[tuple[bool, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((os.path.sameopenfile(descriptor, own), path.exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await folder.put_if_absent(digest_of(HELLO), HELLO)
    os.close(own)

    # First the content, under no name yet; then the name.
    assert synced == [(False, False), (True, True)]


async def test_a_write_that_fails_leaves_nothing(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        await folder.put_if_absent(digest_of(HELLO), HELLO)

    assert list(folder.folder.iterdir()) == []


async def test_content_that_rotted_is_not_returned(folder: Any) -> None:
    sha256 = await put(folder, HELLO)
    (folder.folder / sha256).write_bytes(b"rotten")

    with pytest.raises(CorruptBlob, match=digest_of(b"rotten")):
        await folder.get(sha256)


@pytest.mark.parametrize("name", ["../outside", "", "A" * 64, "0" * 63])
async def test_no_name_but_a_digest_reaches_the_disk(folder: Any, name: str) -> None:
    with pytest.raises(ValueError, match="expected 64 hexadecimal digits"):
        await folder.get(name)


# Addresses.


async def test_a_signed_address_of_a_folder_is_good_for_its_blob_until_it_expires(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256, other = digest_of(HELLO), digest_of(b"other")
    url = urlsplit(await folder.signed_url(sha256))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    expires, signature = int(query["expires"]), query["signature"]

    assert (url.netloc, url.path) == ("service.test", f"/v1/blobs/{sha256}")
    assert 0 <= time.time() + 900 - expires <= 2
    SIGNER.check(sha256, expires, signature)
    for wrong in [(other, expires, signature), (sha256, expires + 1, signature)]:
        with pytest.raises(InvalidSignature, match="is wrong"):
            SIGNER.check(*wrong)
    with pytest.raises(InvalidSignature, match="is wrong"):
        UrlSigner(b"another key").check(sha256, expires, signature)
    monkeypatch.setattr("blobs.signing.time", lambda: expires)
    with pytest.raises(InvalidSignature, match="has expired"):
        SIGNER.check(sha256, expires, signature)


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""


async def test_a_signed_address_of_an_object_store_is_served_by_the_store(make: Any) -> None:
    store = make("s3")
    sha256 = await put(store, HELLO)

    url = await store.signed_url(sha256)
    expiring = await store.signed_url(sha256, timedelta(seconds=1))

    assert await asyncio.to_thread(fetch, url) == (200, HELLO)
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["900"]
    await asyncio.sleep(2.1)
    forged = url.replace("X-Amz-Signature=", "X-Amz-Signature=0")
    for refused in (expiring, forged, url.split("?")[0]):
        assert await asyncio.to_thread(fetch, refused) == (403, b"")


# Refusals.


async def test_a_wrong_secret_is_refused(object_store_server: Any) -> None:
    access = replace(object_store_server.access, secret_access_key=SecretStr("wrong"))
    store = open_store(f"s3://{object_store.BUCKET}/x", SIGNER, access)

    with pytest.raises(BlobStoreUnavailable):
        await store.put_if_absent(digest_of(HELLO), HELLO)


async def test_a_store_that_is_away_is_said_to_be() -> None:
    access = S3Access("http://127.0.0.1:1", "us-east-1", "nobody", SecretStr("nothing"))
    store = open_store("s3://bucket", SIGNER, access)

    with pytest.raises(BlobStoreUnavailable, match=digest_of(HELLO)):
        await store.get(digest_of(HELLO))


def test_a_secret_is_not_printed() -> None:
    access = S3Access("http://127.0.0.1:1", "us-east-1", "nobody", SecretStr("hush"))

    assert "hush" not in repr(access)


@pytest.mark.parametrize("url", ["", "/a/folder", "file://host/a", "s3:///prefix", "gs://bucket"])
def test_an_address_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected file:///absolute/folder or s3://bucket/prefix"):
        open_store(url, SIGNER, S3Access())


@BOTH
async def test_a_file_is_put_and_got_piece_by_piece(kind: str, make: Any, tmp_path: Path) -> None:
    store, content = make(kind), os.urandom(12_000_000)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)

    blob = await store.put_file(source)
    assert await store.put_file(source) == blob
    await store.get_file(blob.sha256, target)

    assert (blob.sha256, blob.size) == (digest_of(content), len(content))
    assert target.read_bytes() == content
    with pytest.raises(MissingBlob):
        await store.get_file(digest_of(HELLO), target)
