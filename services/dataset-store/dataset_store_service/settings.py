"""Settings of the dataset-store, read from the environment."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The settings that every service has. The files of versions are stored under `state_dir`."""

    model_config = SettingsConfigDict(env_prefix="DATASET_STORE_", frozen=True)

    service: ClassVar[str] = "dataset-store"

    @property
    def versions(self) -> Path:
        """The folder of dataset versions; each has a folder named by its hash."""
        return self.state_dir / "versions"
