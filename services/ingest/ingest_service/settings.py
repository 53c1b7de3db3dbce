"""What the ingest service is told by its environment."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The chassis' settings; large payloads lie under `state_dir`."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    service: ClassVar[str] = "ingest"

    @property
    def blobs(self) -> Path:
        """Where payloads lie that are too large to travel inline."""
        return self.state_dir / "blobs"
