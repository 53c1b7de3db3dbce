"""The services of the stack, with their commands and environments."""

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
    """One service. All its other names follow from its name, except in tests."""

    name: str
    package: str
    has_migrations: bool = True

    @property
    def database(self) -> str:
        """The name of its database."""
        return self.name.replace("-", "_")

    @property
    def prefix(self) -> str:
        """The prefix of its settings."""
        return self.database.upper() + "_"


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service. The first has the name of the service."""

    service: Service
    number: int = 1

    @property
    def name(self) -> str:
        """The name in the output, the logs and the ready file."""
        return self.service.name if self.number == 1 else f"{self.service.name}-{self.number}"


def service(name: str) -> Service:
    """Return the service of this name, whose package follows from it."""
    return Service(name, f"{name.replace('-', '_')}_service")


SERVICES = tuple(map(service, ("ingest", "queue", "consensus", "quality", "dataset-store")))


def command(service: Service, port: int) -> list[str]:
    """Return the command of a service. `-P`: do not import modules from the current folder."""
    python = [
        sys.executable,
        "-P",
        "-m",
        "uvicorn",
        "--factory",
        f"{service.package}.app:create_app",
    ]
    address = ["--host", "127.0.0.1", "--port", str(port)]
    options = [
        "--loop",
        "uvloop",
        "--http",
        HTTP_PROTOCOL,
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    return [*python, *address, *options, "--timeout-graceful-shutdown", str(DRAIN_SECONDS)]


def environment(
    service: Service, settings: Mapping[str, str], defaults: Mapping[str, str]
) -> dict[str, str]:
    """Return our environment plus `settings`, which get the prefix of the service.

    `defaults` are settings that the environment may override.
    """
    own = {service.prefix + name: value for name, value in settings.items()}
    level = {"LOG_LEVEL": os.environ.get("LABELWRIGHT_LOG_LEVEL", "INFO")}
    default = {service.prefix + name: value for name, value in {**level, **defaults}.items()}
    return {**default, **os.environ, **own, "PYTHONUNBUFFERED": "1"}


def is_ready(port: int) -> bool:
    """Return True if the service reports that it is ready."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
