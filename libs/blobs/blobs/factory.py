"""Makes the blob store that an address names."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import S3Store
from pydantic import SecretStr

from blobs.folder import FolderStore
from blobs.s3 import S3BlobStore
from blobs.signing import UrlSigner
from blobs.store import BlobStore

TIMEOUT = timedelta(seconds=30)
"""The time limit of one request to an object store."""
RETRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class S3Access:
    """The endpoint and keys of an S3-compatible store. Without an endpoint: AWS S3 in `region`.

    Without keys the credentials of the environment (instance role, web identity) are used.
    """

    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None


def open_store(url: str, signer: UrlSigner, access: S3Access) -> BlobStore:
    """Return the store at `file:///folder` or `s3://bucket/prefix`. Raises ValueError for others.

    Nothing is read or written yet.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return FolderStore(Path(unquote(parts.path)), signer)
    if parts.scheme == "s3" and parts.netloc:
        return S3BlobStore(_s3(parts.netloc, parts.path.strip("/"), access))
    raise ValueError(
        f"The blob store is {url!r}; expected file:///absolute/folder or s3://bucket/prefix."
    )


def _s3(bucket: str, prefix: str, access: S3Access) -> S3Store:
    secret = access.secret_access_key
    settings = {
        "endpoint": access.endpoint,
        "access_key_id": access.access_key_id,
        "secret_access_key": None if secret is None else secret.get_secret_value(),
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        region=access.region,
        virtual_hosted_style_request=access.endpoint is None,
        retry_config={"max_retries": RETRIES_MAX, "retry_timeout": TIMEOUT},
        client_options={
            "allow_http": (access.endpoint or "").startswith("http://"),
            "timeout": TIMEOUT,
        },
        **{name: value for name, value in settings.items() if value is not None},  # type: ignore[arg-type]
    )
