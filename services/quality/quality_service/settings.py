"""Settings of the quality service, read from the environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings that every service has. The rules of quality come with the specs."""

    model_config = SettingsConfigDict(env_prefix="QUALITY_", frozen=True)

    service: ClassVar[str] = "quality"
