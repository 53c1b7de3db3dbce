"""What the ingest service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The chassis' settings; large payloads lie in the blob store."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    service: ClassVar[str] = "ingest"
