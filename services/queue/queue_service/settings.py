"""The settings of the queue, read from the environment."""

from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, FilePath
from pydantic_settings import SettingsConfigDict

from chassis.blob_settings import BlobSettings
from chassis.cross_origin import Origin


class PageLogin(BaseModel):
    """The OpenID provider where people of the page sign in (code flow with PKCE)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authority: str = Field(pattern="^https?://")
    """The address below which the provider has `/.well-known/openid-configuration`."""
    client_id: str
    """The public client that is registered for the page; its redirect is the page's address."""
    title: str | None = None
    """The provider's name for people; without one the page shows the host of `authority`."""
    scope: str = "openid profile offline_access"
    """`offline_access` asks for a refresh token, with which the page renews its token."""
    prompt: str | None = None
    """`consent`, for a provider that gives refresh tokens only with it."""
    resource: str | None = None
    """The audience of the token, for a provider that wants it as `resource` (RFC 8707)."""
    audience: str | None = None
    """The audience of the token, for a provider that wants it as `audience`."""


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
    correction_hours: float = Field(24.0, ge=0)
    """The time in which annotators can correct their annotations after the undo period."""

    page_dir: Path = Path(__file__).parent / "page_files"
    """The folder of the labeling page, as `web/build.py` makes it."""
    page_services: dict[str, str] = Field(default={"queue": "."})
    """The addresses of the services for the page: JSON, as `{"queue": "https://queue.example", …}`.
    An address without a host, as `/ingest`, is at the page's own origin."""
    page_login: PageLogin | None = None
    """The login provider of the page, as JSON:
    `{"authority": "https://login.example", "client_id": "labels"}`."""
    page_media_origins: list[Origin] = Field(default=[])
    """Other origins from which the page may show images and play audio."""
