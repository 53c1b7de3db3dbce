"""What the dataset-store is told by its environment."""

from pathlib import Path
from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The chassis' settings; the files of dataset versions lie under `state_dir`, on a disk."""

    model_config = SettingsConfigDict(env_prefix="DATASET_STORE_", frozen=True)

    service: ClassVar[str] = "dataset-store"

    @property
    def versions(self) -> Path:
        """Where the files of dataset versions lie, each under its hash."""
        return self.state_dir / "versions"
