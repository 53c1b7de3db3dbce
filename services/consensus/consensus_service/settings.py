"""What the consensus service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The chassis' settings."""

    model_config = SettingsConfigDict(env_prefix="CONSENSUS_", frozen=True)

    service: ClassVar[str] = "consensus"
