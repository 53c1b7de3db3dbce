"""What the queue service is told by its environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The chassis' settings, and how long one may hold work."""

    model_config = SettingsConfigDict(env_prefix="QUEUE_", frozen=True)

    service: ClassVar[str] = "queue"
    planner: ClassVar[dict[str, str]] = {
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    """Every statement here probes indexes. A plan made while a table was small must not become
    one that reads all of it when a million tasks come in."""

    open_leases_max: int = 50
    """How many tasks one annotator may hold at a time."""
