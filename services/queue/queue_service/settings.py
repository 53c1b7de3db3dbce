"""What the queue service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The chassis' settings, and how long one may hold work."""

    model_config = SettingsConfigDict(env_prefix="QUEUE_", frozen=True)

    service: ClassVar[str] = "queue"

    open_leases_max: int = 50
    """How many tasks one annotator may hold at a time."""
