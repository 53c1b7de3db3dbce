"""Settings of the consensus service, read from the environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings that every service has. The rules of consensus come with the specs."""

    model_config = SettingsConfigDict(env_prefix="CONSENSUS_", frozen=True)

    service: ClassVar[str] = "consensus"
