"""Settings of the blob store of a service. Services that share content need the same store."""

import hashlib
import hmac
from typing import Self

from pydantic import SecretStr, model_validator

from blobs import BlobStore, S3Access, UrlSigner, open_store
from chassis.settings import ServiceSettings


class BlobSettings(ServiceSettings):
    """The settings of a service that also has a blob store."""

    blob_store_url: str = ""
    """`file:///absolute/folder` or `s3://bucket/prefix`; if empty, `blobs` in `state_dir`."""
    blob_store_endpoint: str | None = None
    """The address of an S3-compatible store; AWS S3 if unset."""
    blob_store_region: str = "us-east-1"
    blob_store_access_key_id: str | None = None
    blob_store_secret_access_key: SecretStr | None = None
    """If these two are unset, the credentials of the environment, such as an instance's role."""
    public_url: str = ""
    """The address under which clients reach this service, used in signed addresses of content in a
    folder. If empty, a signed address is a path of the service."""

    @model_validator(mode="after")
    def _check_blob_store(self) -> Self:
        self.open_blob_store()
        return self

    def open_blob_store(self) -> BlobStore:
        """Return the store. Raises ValueError if its address has an unknown scheme."""
        access = S3Access(
            self.blob_store_endpoint,
            self.blob_store_region,
            self.blob_store_access_key_id,
            self.blob_store_secret_access_key,
        )
        url = self.blob_store_url or (self.state_dir.absolute() / "blobs").as_uri()
        return open_store(url, UrlSigner(self._signing_key(), self.public_url), access)

    def _signing_key(self) -> bytes:
        """Derive a key for blob addresses from the secret that all services share."""
        key = self.pseudonym_key.get_secret_value().encode()
        return hmac.new(key, b"blob addresses", hashlib.sha256).digest()
