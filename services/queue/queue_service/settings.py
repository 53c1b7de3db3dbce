"""The settings of the queue, read from the environment."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings


class Settings(BlobSettings):
    """The settings of the chassis and the blob store, and those of the queue."""

    model_config = SettingsConfigDict(env_prefix="QUEUE_", frozen=True)

    service: ClassVar[str] = "queue"
    planner: ClassVar[dict[str, str]] = {
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    """Every statement of the queue probes indexes. A plan that was made for a small table must not
    read all of it when it has a million rows."""

    open_leases_max: int = 50
    """The number of leases that one annotator may hold at a time."""
