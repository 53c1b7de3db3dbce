"""What the quality service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The chassis' settings are all that quality needs: its rules come with the specs."""

    model_config = SettingsConfigDict(env_prefix="QUALITY_", frozen=True)

    service: ClassVar[str] = "quality"
