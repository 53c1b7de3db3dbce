"""Settings of the ingest service, read from the environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The settings that every service has, and those of the blob store for large payloads."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    service: ClassVar[str] = "ingest"

    upload_bytes_max: int = 1_000_000_000
    """The size limit of an uploaded file."""
    upload_unpacked_bytes_max: int = 10_000_000_000
    """The size limit of an uploaded file when it is decompressed."""

    def body_bytes_max_of(self, path: str) -> int:
        """Return the size limit of a request body; files may be larger than other bodies."""
        is_file = path.startswith("/v1/projects/") and path.endswith("/uploads")
        return self.upload_bytes_max if is_file else self.body_bytes_max
