"""What every service is told by its environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr, field_serializer
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.log_masks import mask


@dataclass(frozen=True)
class HttpLimits:
    """Limits on the head of a request: its first line and its headers."""

    head_bytes_max: int = 32_768
    head_seconds: float = 10.0


class ServiceSettings(BaseSettings):
    """One frozen object, made in `app.py` and passed down. A service sets its name and prefix."""

    # An error about a setting tells its name and never its value: among them are secrets.
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    service: ClassVar[str]
    planner: ClassVar[dict[str, str]] = {}
    """PostgreSQL settings of every connection, for a service whose statements need some."""

    database_url: str = Field(repr=False)
    """postgresql+asyncpg://user:password@host:port/database"""
    database_pool: int = 20
    kafka_bootstrap: str
    topic_prefix: str = ""
    """Lets several installations share one Kafka."""

    jwks_file: Path | None = None
    jwks_url: str | None = None
    """Where the public keys of the token issuer are; one of the two must be set."""
    issuer: str = "labelwright-local"
    audience: str = "labelwright"
    pseudonym_key: SecretStr
    """Secret: turns the issuer's subjects into pseudonyms. The same for all services."""

    consumer_instance: str = ""
    """Names this replica in its consumer group, as `1` or a pod's name; no two may share one.

    One that was killed and is started again then takes up its partitions at once. Without a name
    Kafka first waits for the dead one's session to end.
    """

    outbox_rows_max: int = 1_000_000
    """With this many events waiting in the outbox a service whose broker is away is not ready."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    """Where `GET /metrics` is answered: never at the API's port, and nowhere unless this is set."""

    state_dir: Path = Path(".labelwright")
    log_level: str = "INFO"
    request_log_every: int = 100
    """Each so many-th request that goes well is logged; with 0 none. Refused ones all are."""
    body_bytes_max: int = 20_000_000
    head_bytes_max: int = HttpLimits.head_bytes_max
    """Size limit of a request line together with its headers. Larger ones are answered 431."""
    head_seconds: float = HttpLimits.head_seconds
    """Time limit for these, from the first byte or the connection. Then it is closed."""
    allowed_origins: list[str] = []

    batch_events_max: int = 500
    dead_letters_max_per_minute: int = 60
    drain_seconds: float = 10.0
    """How long a stopping process may take to finish what it has begun."""

    @field_serializer("database_url", "jwks_url")
    def _without_password(self, url: str | None) -> str | None:
        return url and mask(url)

    @property
    def http_limits(self) -> HttpLimits:
        """The limits that the server applies before the application is called."""
        return HttpLimits(self.head_bytes_max, self.head_seconds)
