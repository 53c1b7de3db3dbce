"""The services of the stack, as data, and how each is run."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

ISSUER = "labelwright-local"
DRAIN_SECONDS = 10
HTTP_PROTOCOL = "chassis.http.protocol:BoundedHttpProtocol"


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name gives everything else, unless a test says otherwise."""

    name: str
    package: str
    has_migrations: bool = True

    @property
    def database(self) -> str:
        """The name of its database."""
        return self.name.replace("-", "_")

    @property
    def prefix(self) -> str:
        """What its settings begin with."""
        return self.database.upper() + "_"


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service. The first bears the service's name alone."""

    service: Service
    number: int = 1

    @property
    def name(self) -> str:
        """Its name in what is printed, among the logs and in the ready file."""
        return self.service.name if self.number == 1 else f"{self.service.name}-{self.number}"


def service(name: str) -> Service:
    """The service of that name, by the rule of the repository."""
    return Service(name, f"{name.replace('-', '_')}_service")


SERVICES = tuple(map(service, ("ingest", "queue", "consensus", "quality", "dataset-store")))


def command(one: Service, port: int) -> list[str]:
    """The command that serves it. `-P`: the folder in which we stand is not looked for modules."""
    python = [sys.executable, "-P", "-m", "uvicorn", "--factory", f"{one.package}.app:create_app"]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    how = ["--loop", "uvloop", "--http", HTTP_PROTOCOL, "--no-access-log", "--log-level", "warning"]
    return [*python, *where, *how, "--timeout-graceful-shutdown", str(DRAIN_SECONDS)]


def environment(
    one: Service, settings: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, str]:
    """Our environment with the service's settings; what the user set for it beyond these stays.

    `defaults` are settings that the user may set otherwise.
    """
    given = {one.prefix + name: value for name, value in settings.items()}
    level = {"LOG_LEVEL": os.environ.get("LABELWRIGHT_LOG_LEVEL", "INFO")}
    default = {one.prefix + name: value for name, value in {**level, **defaults}.items()}
    return {**default, **os.environ, **given, "PYTHONUNBUFFERED": "1"}


def is_ready(port: int) -> bool:
    """Whether the service says that it is ready."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
