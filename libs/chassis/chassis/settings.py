"""Settings that every service reads from its environment."""

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
    """The settings of a service: one frozen object, made in `app.py` and passed as an argument.

    Each service has a subclass with its name and the prefix of its variables.
    """

    # An error about a setting names the setting and never shows its value, which may be secret.
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    service: ClassVar[str]
    planner: ClassVar[dict[str, str]] = {}
    """PostgreSQL settings of every connection, for services whose statements need them."""

    database_url: str = Field(repr=False)
    """postgresql+asyncpg://user:password@host:port/database"""
    database_pool: int = 20
    kafka_bootstrap: str
    topic_prefix: str = ""
    """A prefix for the names of topics, so that several installations can share one Kafka."""

    jwks_file: FilePath | None = None
    jwks_url: HttpUrl | None = None
    issuer: str = "labelwright-local"
    audience: str = "labelwright"
    """The issuer of a stack that signs its own tokens by Ed25519, if its keys are set."""
    issuers: list[Issuer] = []
    """Identity providers whose tokens are accepted: a JSON list of `chassis.issuers.Issuer`."""
    pseudonym_key: SecretStr
    """The secret key of the HMAC that makes pseudonyms. It must be the same for all services."""

    consumer_instance: str = ""
    """The unique name of this replica in its consumer group, such as `1` or the name of its pod.

    With a name, a replica that was killed and restarted gets its partitions back at once. Without
    one, Kafka first waits until the session of the killed process has expired.
    """

    outbox_rows_max: int = 1_000_000
    """If the broker is away and the outbox has this many events, the service is not ready."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    """The port of `GET /metrics`, which must not be the API's; without one it is not served."""

    state_dir: Path = Path(".labelwright")
    log_level: str = "INFO"
    request_log_every: int = 100
    """One in this many successful requests is logged, none if 0. Refused ones are all logged."""
    body_bytes_max: int = 20_000_000
    head_bytes_max: int = HttpLimits.head_bytes_max
    """The size limit of a request line with its headers. Larger requests get the status 431."""
    head_seconds: float = HttpLimits.head_seconds
    """The time limit for a request line with its headers, after which the connection is closed."""
    allowed_origins: list[Origin] = []
    """Origins whose pages may call the API from a browser: JSON, as `["https://x.example"]`."""

    batch_events_max: int = 500
    dead_letters_max_per_minute: int = 60
    drain_seconds: float = 10.0
    """The time limit for a stopping process to finish its current work."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings; end the process with a sentence for each invalid one."""
        prefix = str(cls.model_config["env_prefix"])
        try:
            return cls()
        except ValidationError as error:
            wrong = [
                f"{prefix}{str(fault['loc'][0]).upper()}: {fault['msg']}"
                + (f", at {'.'.join(map(str, fault['loc'][1:]))}" if fault["loc"][1:] else "")
                for fault in error.errors()
            ]
        except SettingsError as error:
            wrong = [f"{prefix}*: {error}: it must be JSON"]
        raise SystemExit(
            "\n".join([f"{cls.service} cannot start: its settings are wrong.", *wrong])
        )

    @field_serializer("database_url", "jwks_url")
    def _without_password(self, url: str | HttpUrl | None) -> str | None:
        return None if url is None else mask(str(url))

    def body_bytes_max_of(self, path: str) -> int:  # noqa: ARG002 (some services use it)
        """Return the size limit of the body of a request to `path`."""
        return self.body_bytes_max

    @property
    def http_limits(self) -> HttpLimits:
        """Return the limits that the server applies before it calls the application."""
        return HttpLimits(self.head_bytes_max, self.head_seconds)

    def accepted_issuers(self) -> list[Issuer]:
        """Return all issuers whose tokens are accepted. Raises ValueError for invalid settings."""
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
