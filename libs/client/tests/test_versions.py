"""Dataset versions on disk: verification, and resumed pulls."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from labelwright_client import Client, NotVerified, Retry, Stack, Unreachable
from labelwright_client.versions import cache_folder, copy_to, pull, verify_folder
from schemas.canonical import canonical, digest, merkle_root

STACK = Stack({"dataset-store": "http://data.test"}, token="t")
QUICK = Retry(first=0.001, longest=0.001, total=0.05)


def make_version(
    count: int = 3, large: Sequence[bytes] = ()
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a manifest and its files, as the dataset-store would send them.

    There is one more record for each of the `large` payloads.
    """
    records: list[dict[str, Any]] = [
        {"item_id": str(UUID(int=number)), "label": {"label": "x"}, "text": "ü" * number}
        for number in range(count)
    ]
    records += [
        {
            "item_id": str(UUID(int=1000 + number)),
            "payload": None,
            "payload_sha256": hashlib.sha256(content).hexdigest(),
        }
        for number, content in enumerate(large)
    ]
    lines = [canonical(record) for record in records]
    files = {"records.jsonl": b"".join(line + b"\n" for line in lines), "labels.parquet": b"PAR1"}
    core = {
        "format": "labelwright.dataset/1",
        "project": "reviews",
        "specs": {"1": "0" * 64},
        "fields": {"1": [{"name": "label", "kind": "number", "tolerance": 0.5}]},
        "records": {"count": len(records), "root": merkle_root(lines)},
    }
    renderings = [
        {
            "name": name,
            "media_type": "application/octet-stream",
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "writer": "test",
        }
        for name, body in files.items()
    ]
    return {**core, "hash": digest(core), "renderings": renderings, "published": []}, files


class Store:
    """A fake dataset-store that can break connections, ignore ranges or send wrong content."""

    def __init__(
        self, manifest: dict[str, Any], files: dict[str, bytes], large: Sequence[bytes] = ()
    ) -> None:
        self.manifest = manifest
        self.files = files
        self.payloads = {hashlib.sha256(content).hexdigest(): content for content in large}
        self.asked_payloads: list[str] = []
        self.ranges: list[str | None] = []
        self.breaks_after: list[int] = []
        self.knows_ranges = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if f"/v1/versions/{self.manifest['hash']}/blobs/" in request.url.path:
            self.asked_payloads.append(request.url.path.rsplit("/", 1)[-1])
            return httpx.Response(200, content=self.payloads[self.asked_payloads[-1]])
        if not request.url.path.startswith(f"/v1/versions/{self.manifest['hash']}/files/"):
            return httpx.Response(200, json=self.manifest)
        requests = request.headers.get("range")
        self.ranges.append(requests)
        found = re.fullmatch(r"bytes=(\d+)-", requests or "") if self.knows_ranges else None
        start = int(found[1]) if found else 0
        body = self.files[request.url.path.rsplit("/", 1)[-1]][start:]
        status = 206 if found else 200
        if self.breaks_after:
            return httpx.Response(status, stream=Broken(body[: self.breaks_after.pop(0)]))
        return httpx.Response(status, content=body)

    @classmethod
    def with_large(cls, large: Sequence[bytes], count: int = 3) -> "Store":
        return cls(*make_version(count, large), large)

    def client(self) -> Client:
        return Client(STACK, retry=QUICK, transport=httpx.MockTransport(self))


class Broken(httpx.SyncByteStream):
    """A body whose connection breaks."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece

    def __iter__(self) -> Any:
        yield self.piece
        raise httpx.ReadError("the connection broke")


@pytest.fixture
def store() -> Store:
    return Store(*make_version())


def test_a_version_is_pulled_once_and_kept_under_its_hash(store: Store, tmp_path: Path) -> None:
    version = store.manifest["hash"]

    first = pull(store.client(), version, tmp_path)
    requests = len(store.ranges)
    second = pull(store.client(), version, tmp_path)

    assert first.folder == second.folder == tmp_path / "versions" / version
    assert (first.was_cached, second.was_cached, len(store.ranges)) == (False, True, requests)
    assert (first.folder / "records.jsonl").read_bytes() == store.files["records.jsonl"]
    assert not list(tmp_path.rglob("*.part"))


def test_a_broken_download_is_resumed(store: Store, tmp_path: Path) -> None:
    store.breaks_after = [10, 20]

    pulled = pull(store.client(), store.manifest["hash"], tmp_path)

    assert store.ranges[:3] == [None, "bytes=10-", "bytes=30-"]
    assert (pulled.folder / "records.jsonl").read_bytes() == store.files["records.jsonl"]


def test_an_interrupted_pull_leaves_no_version_and_is_resumed(store: Store, tmp_path: Path) -> None:
    version = store.manifest["hash"]
    store.breaks_after = [10, 0]
    with pytest.raises(Unreachable):
        pull(store.client(), version, tmp_path)
    assert not (tmp_path / "versions" / version).exists()

    pull(store.client(), version, tmp_path)

    assert store.ranges[-2] == "bytes=10-"


def test_without_ranges_a_file_is_downloaded_again(store: Store, tmp_path: Path) -> None:
    store.breaks_after = [10]
    store.knows_ranges = False

    pulled = pull(store.client(), store.manifest["hash"], tmp_path)

    assert store.ranges == [None, "bytes=10-", None]
    assert (pulled.folder / "records.jsonl").read_bytes() == store.files["records.jsonl"]


def test_a_wrong_partial_file_is_downloaded_again(store: Store, tmp_path: Path) -> None:
    part = tmp_path / "versions" / f"{store.manifest['hash']}.part"
    part.mkdir(parents=True)
    (part / "records.jsonl").write_bytes(b"garbage")

    pulled = pull(store.client(), store.manifest["hash"], tmp_path)

    assert (pulled.folder / "records.jsonl").read_bytes() == store.files["records.jsonl"]


def test_a_file_that_differs_is_refused(store: Store, tmp_path: Path) -> None:
    store.files["labels.parquet"] = b"PAR2"

    with pytest.raises(NotVerified, match=r"labels\.parquet has the sha256"):
        pull(store.client(), store.manifest["hash"], tmp_path)
    assert not (tmp_path / "versions" / store.manifest["hash"]).exists()


def test_a_manifest_of_another_version_is_refused(store: Store, tmp_path: Path) -> None:
    other = "f" * 64

    with pytest.raises(NotVerified, match="not that of ffff"):
        pull(store.client(), other, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["records"].update(count=4),
        lambda manifest: manifest.update(project="other"),
        lambda manifest: manifest["specs"].update({"2": "1" * 64}),
        lambda manifest: manifest["fields"]["1"][0].update(tolerance=0.25),
        lambda manifest: manifest.update(hash="a" * 64),
    ],
)
def test_any_change_of_the_manifest_is_noticed(store: Store, tmp_path: Path, change: Any) -> None:
    folder = pull(store.client(), store.manifest["hash"], tmp_path).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(NotVerified):
        verify_folder(folder)


def test_records_that_fit_their_sha256_but_not_the_root_are_noticed(tmp_path: Path) -> None:
    manifest, files = make_version()
    turned = b"".join(reversed(files["records.jsonl"].splitlines(keepends=True)))
    manifest["renderings"][0].update(sha256=hashlib.sha256(turned).hexdigest())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "records.jsonl").write_bytes(turned)
    (tmp_path / "labels.parquet").write_bytes(files["labels.parquet"])

    with pytest.raises(NotVerified, match="the manifest says 3 and"):
        verify_folder(tmp_path)


@pytest.mark.parametrize("name", ["manifest.json", "records.jsonl", "labels.parquet"])
def test_a_missing_file_is_noticed(store: Store, tmp_path: Path, name: str) -> None:
    folder = pull(store.client(), store.manifest["hash"], tmp_path).folder
    (folder / name).unlink()

    with pytest.raises(NotVerified):
        verify_folder(folder)


def test_a_cache_that_was_damaged_is_noticed(store: Store, tmp_path: Path) -> None:
    folder = pull(store.client(), store.manifest["hash"], tmp_path).folder
    (folder / "records.jsonl").write_bytes(b"x")

    with pytest.raises(NotVerified):
        pull(store.client(), store.manifest["hash"], tmp_path)


def test_a_copy_is_whole(store: Store, tmp_path: Path) -> None:
    pulled = pull(store.client(), store.manifest["hash"], tmp_path / "cache")

    copied = copy_to(pulled, tmp_path / "here")

    assert verify_folder(copied).hash == store.manifest["hash"]


def test_an_empty_version_can_be_pulled(tmp_path: Path) -> None:
    store = Store(*make_version(0))

    assert pull(store.client(), store.manifest["hash"], tmp_path).manifest.records.count == 0


def test_the_cache_folder_comes_from_the_environment(tmp_path: Path) -> None:
    assert cache_folder({"LABELWRIGHT_CACHE": str(tmp_path)}) == tmp_path
    assert cache_folder({"XDG_CACHE_HOME": "/var/x"}) == Path("/var/x/labelwright")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache" / "labelwright"


LARGE = [b'{"text":"' + b"x" * 300_000 + b'"}', b'{"text":"' + b"y" * 300_000 + b'"}']


def test_large_payloads_are_pulled_with_their_version(tmp_path: Path) -> None:
    store = Store.with_large([*LARGE, LARGE[0]])
    sizes: list[int] = []

    pulled = pull(store.client(), store.manifest["hash"], tmp_path, sizes.append)

    for sha256, content in store.payloads.items():
        assert (pulled.folder / "payloads" / sha256).read_bytes() == content
    assert sorted(store.asked_payloads) == sorted(store.payloads)
    assert sum(sizes) == sum(map(len, [*store.files.values(), *LARGE]))
    assert verify_folder(pulled.folder) == pulled.manifest


def test_payloads_can_be_pulled_later(tmp_path: Path) -> None:
    store = Store.with_large(LARGE)
    version = store.manifest["hash"]

    without = pull(store.client(), version, tmp_path, with_payloads=False)
    requests = list(store.asked_payloads)
    later = pull(store.client(), version, tmp_path)
    again = pull(store.client(), version, tmp_path)

    assert requests == []
    assert (without.was_cached, later.was_cached, again.was_cached) == (False, True, True)
    assert len(list((later.folder / "payloads").iterdir())) == 2
    assert len(store.asked_payloads) == 2


def test_a_payload_that_two_versions_have_is_pulled_once(tmp_path: Path) -> None:
    first, second = Store.with_large(LARGE), Store.with_large(LARGE[:1], count=9)
    pull(first.client(), first.manifest["hash"], tmp_path)

    pulled = pull(second.client(), second.manifest["hash"], tmp_path)

    assert second.asked_payloads == []
    assert [file.read_bytes() for file in (pulled.folder / "payloads").iterdir()] == LARGE[:1]


def test_a_payload_with_another_digest_is_refused(tmp_path: Path) -> None:
    store = Store.with_large(LARGE)
    [first, _] = store.payloads
    store.payloads[first] = b'{"text":"forged"}'

    with pytest.raises(NotVerified, match=first):
        pull(store.client(), store.manifest["hash"], tmp_path)

    assert not (tmp_path / "versions" / store.manifest["hash"]).exists()
    assert not list(tmp_path.rglob("payloads/" + first))


@pytest.mark.parametrize("harm", ["changed", "missing", "foreign"])
def test_verifying_covers_the_large_payloads(tmp_path: Path, harm: str) -> None:
    store = Store.with_large(LARGE)
    folder = pull(store.client(), store.manifest["hash"], tmp_path).folder
    [file, _] = sorted((folder / "payloads").iterdir())
    if harm == "changed":
        file.write_bytes(b"{}")
    elif harm == "missing":
        file.unlink()
    else:
        (folder / "payloads" / ("0" * 64)).write_bytes(b"")

    with pytest.raises(NotVerified, match="0" * 64 if harm == "foreign" else file.name):
        verify_folder(folder)


def test_a_damaged_payload_in_the_cache_is_pulled_again(tmp_path: Path) -> None:
    first, second = Store.with_large(LARGE), Store.with_large(LARGE, count=9)
    pull(first.client(), first.manifest["hash"], tmp_path)
    for sha256 in first.payloads:
        (tmp_path / "payloads" / sha256).unlink()
        (tmp_path / "payloads" / sha256).write_bytes(b"rotten")

    pulled = pull(second.client(), second.manifest["hash"], tmp_path)

    assert sorted(second.asked_payloads) == sorted(second.payloads)
    verify_folder(pulled.folder)


def test_a_copy_of_a_version_has_its_payloads_too(tmp_path: Path) -> None:
    store = Store.with_large(LARGE)
    pulled = pull(store.client(), store.manifest["hash"], tmp_path / "cache")

    copy = copy_to(pulled, tmp_path / "copy")

    assert len(list((copy / "payloads").iterdir())) == 2
    verify_folder(copy)
