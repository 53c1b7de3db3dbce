"""Settings of the ingest service, read from the environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The settings that every service has, and those of the blob store for large payloads."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    service: ClassVar[str] = "ingest"
