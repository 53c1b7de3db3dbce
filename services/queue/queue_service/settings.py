"""The settings of the queue, read from the environment."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, FilePath
from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings
from chassis.cross_origin import Origin


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

    signing_key_file: FilePath | None = None
    """The private key (JWK, Ed25519) of the installation's own issuer, `issuer`, with which the
    queue signs the tokens of invited people. Without it, people sign in at the login provider."""

    page_dir: Path = Path(__file__).parent / "page_files"
    """The folder of the labeling page, as `web/build.py` makes it."""
    page_services: dict[str, str] = Field(default={"queue": "."})
    """The addresses of the services for the page: JSON, as `{"queue": "https://queue.example", …}`.
    An address without a host, as `/ingest`, is at the page's own origin."""
    page_login: dict[str, str] | None = None
    """The login provider of the page, as JSON:
    `{"authority": "https://login.example", "client_id": "labels"}`."""
    page_media_origins: list[Origin] = Field(default=[])
    """Other origins from which the page may show images and play audio."""
