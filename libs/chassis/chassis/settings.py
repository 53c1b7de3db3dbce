"""What every service is told by its environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, FilePath, HttpUrl, SecretStr, ValidationError, field_serializer
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from chassis.cross_origin import Origin
from chassis.issuers import Issuer, check_distinct
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

    jwks_file: FilePath | None = None
    jwks_url: HttpUrl | None = None
    issuer: str = "labelwright-local"
    audience: str = "labelwright"
    """The issuer of a stack that signs its own tokens by Ed25519, if its keys are set."""
    issuers: list[Issuer] = []
    """Identity providers whose tokens are accepted: a JSON list of `chassis.issuers.Issuer`."""
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
    allowed_origins: list[Origin] = []
    """Pages of these origins may call the API from a browser: JSON, as `["https://x.example"]`."""

    batch_events_max: int = 500
    dead_letters_max_per_minute: int = 60
    drain_seconds: float = 10.0
    """How long a stopping process may take to finish what it has begun."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings. Ends the process with a sentence for each one that is wrong."""
        prefix = str(cls.model_config["env_prefix"])
        try:
            return cls()
        except ValidationError as error:
            wrong = [
                f"{prefix}{str(one['loc'][0]).upper()}: {one['msg']}"
                + (f", at {'.'.join(map(str, one['loc'][1:]))}" if one["loc"][1:] else "")
                for one in error.errors()
            ]
        except SettingsError as error:
            wrong = [f"{prefix}*: {error}: it must be JSON"]
        raise SystemExit(
            "\n".join([f"{cls.service} cannot start: its settings are wrong.", *wrong])
        )

    @field_serializer("database_url", "jwks_url")
    def _without_password(self, url: str | HttpUrl | None) -> str | None:
        return None if url is None else mask(str(url))

    @property
    def http_limits(self) -> HttpLimits:
        """The limits that the server applies before the application is called."""
        return HttpLimits(self.head_bytes_max, self.head_seconds)

    def accepted_issuers(self) -> list[Issuer]:
        """Return all issuers whose tokens are accepted. Raises ValueError if they are set wrong."""
        own: list[Issuer] = []
        if self.jwks_file is not None or self.jwks_url is not None:
            own = [
                Issuer(
                    issuer=self.issuer,
                    jwks_file=self.jwks_file,
                    jwks_url=self.jwks_url,
                    audience=self.audience,
                    algorithms=["Ed25519"],
                )
            ]
        check_distinct([*own, *self.issuers])
        return [*own, *self.issuers]
