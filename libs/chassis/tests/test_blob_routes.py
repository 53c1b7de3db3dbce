"""Content of the blob store is served whole, in ranges and by signed address."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError

from blobs import FolderStore, S3BlobStore, digest_of
from chassis import testing
from chassis.blob_settings import BlobSettings
from chassis.http import blob_routes, problem
from chassis.http.blob_routes import requested_part

CONTENT = b'{"text":"' + b"x" * 3_000_000 + b'"}'
SHA256 = digest_of(CONTENT)


class Settings(BlobSettings):
    service = "test"


def settings(tmp_path: Path, **more: Any) -> Settings:
    values = {"database_url": "", "kafka_bootstrap": "", "pseudonym_key": testing.PSEUDONYM_KEY}
    return Settings(**{**values, "state_dir": tmp_path, **more})


@pytest.fixture
async def store(tmp_path: Path) -> FolderStore:
    made = settings(tmp_path).open_blob_store()
    assert isinstance(made, FolderStore)
    await made.put_if_absent(SHA256, CONTENT)
    return made


@pytest.fixture
async def http(store: FolderStore) -> Any:
    app = FastAPI()
    app.state.blobs = store
    app.include_router(blob_routes.router, prefix="/v1")
    problem.install(app, blob_routes.REFUSALS)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        yield client


async def test_a_signed_address_gives_the_content_without_a_token(http: Any, store: Any) -> None:
    url = await store.signed_url(SHA256)

    whole = await http.get(url)
    part = await http.get(url, headers={"range": "bytes=9-1500000"})
    beyond = await http.get(url, headers={"range": "bytes=9000000-"})

    assert url.startswith(f"/v1/blobs/{SHA256}?")
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["content-type"] == "application/json"
    assert (part.status_code, part.content) == (206, CONTENT[9:1_500_001])
    assert part.headers["content-range"] == f"bytes 9-1500000/{len(CONTENT)}"
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")


async def test_an_address_that_is_not_signed_is_refused(http: Any, store: Any) -> None:
    url = await store.signed_url(SHA256)
    absent = await store.signed_url("0" * 64)

    forged = await http.get(url.replace(SHA256, "0" * 64))
    bare = await http.get(f"/v1/blobs/{SHA256}")
    missing = await http.get(absent)

    assert (forged.status_code, forged.json()["type"]) == (403, "urn:problem:invalid-signature")
    assert bare.status_code == 422
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:problem:missing-blob")


ALL = (0, 10)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, ALL),
        ("bytes=0-", ALL),
        ("bytes=0-9", ALL),
        ("bytes=2-4", (2, 5)),
        ("bytes=2-400", (2, 10)),
        ("bytes=9-", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", ALL),
        ("bytes=10-", None),
        ("bytes=-0", None),
        ("bytes=4-2", ALL),
        ("bytes=-", ALL),
        ("bytes=0-1,3-4", ALL),
        ("lines=1-2", ALL),
    ],
)
def test_a_range_is_read_as_http_defines_it(header: str | None, part: Any) -> None:
    assert requested_part(header, 10) == part


def test_an_empty_content_is_whole_in_every_range() -> None:
    assert requested_part(None, 0) == (0, 0)
    assert requested_part("bytes=0-", 0) is None


def test_the_settings_name_the_store(tmp_path: Path) -> None:
    s3 = settings(
        tmp_path,
        blob_store_url="s3://bucket/prefix",
        blob_store_endpoint="http://127.0.0.1:1",
        blob_store_access_key_id="a",
        blob_store_secret_access_key=SecretStr("hush"),
    )
    other = settings(tmp_path, blob_store_url=f"file://{tmp_path}/other")

    assert isinstance(s3.open_blob_store(), S3BlobStore)
    assert getattr(other.open_blob_store(), "folder", None) == tmp_path / "other"
    assert "hush" not in repr(s3)
    with pytest.raises(ValidationError, match="expected file:///absolute/folder"):
        settings(tmp_path, blob_store_url="ftp://host/folder")


async def test_an_address_is_whole_where_the_public_one_is_set(tmp_path: Path) -> None:
    store = settings(tmp_path, public_url="https://labels.test/queue/").open_blob_store()

    url = await store.signed_url(SHA256)

    assert url.startswith(f"https://labels.test/queue/v1/blobs/{SHA256}?expires=")
