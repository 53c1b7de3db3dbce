"""The plan of a stack: its parts, folders and ports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from labelwright_local.gateway import Listener
from labelwright_local.home import Home
from labelwright_local.kafka import Kafka
from labelwright_local.ports import Ports
from labelwright_local.postgres import Postgres
from labelwright_local.services import SERVICES, Replica, Service

POSTGRES, KAFKA, GATEWAY = "postgres", "kafka", "gateway"
PAGE = "queue"
"""The service that serves the labeling page."""


@dataclass(frozen=True)
class Plan:
    """The plan of a stack: its parts, folders and ports."""

    home: Home
    ports: Ports
    cache: Path
    parts: frozenset[str]
    ready_file: Path | None = None
    known_services: tuple[Service, ...] = SERVICES
    plays_demo: bool = False
    stops_after_demo: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    """The number of replicas of a service, if it is not one."""
    listener: Listener | None = None
    """The address of the gateway, if there is one."""

    @property
    def ready_files(self) -> list[Path]:
        """The ready files to write: the one in the home, and the one of `--ready-file`."""
        return [self.home.ready_file, *([self.ready_file] if self.ready_file else [])]

    @property
    def services(self) -> list[Service]:
        """The services that run."""
        return [service for service in self.known_services if service.name in self.parts]

    @property
    def replicas(self) -> list[Replica]:
        """The processes of these services. Replicas of a service share its database and folder."""
        return [
            Replica(service, number)
            for service in self.services
            for number in range(1, self.counts.get(service.name, 1) + 1)
        ]

    def url(self, replica: Replica) -> str:
        """Return the base URL of a replica."""
        return f"http://127.0.0.1:{self.ports.of(replica.name)}"

    def public_url(self, replica: Replica) -> str:
        """Return the address of a replica for people: behind the gateway, if there is one."""
        if self.listener is None:
            return self.url(replica)
        return f"{self.listener.public_url}/{replica.service.name}"

    @property
    def gateway_addresses(self) -> dict[str, list[str]]:
        """The addresses of the replicas of each service."""
        addresses: dict[str, list[str]] = {}
        for replica in self.replicas:
            addresses.setdefault(replica.service.name, []).append(self.url(replica))
        return addresses

    @property
    def page_settings(self) -> dict[str, str]:
        """The settings that let the labeling page, served by every queue, call all services."""
        ports = [self.ports.of(one.name) for one in self.replicas if one.service.name == PAGE]
        origins = [f"http://{host}:{port}" for port in ports for host in ("127.0.0.1", "localhost")]
        if self.listener is not None:
            public = urlsplit(self.listener.public_url)
            origins.append(f"{public.scheme}://{public.netloc}")
        addresses = {one.name: self.public_url(Replica(one)) for one in self.services}
        return {"ALLOWED_ORIGINS": json.dumps(origins), "PAGE_SERVICES": json.dumps(addresses)}

    def metrics_url(self, replica: Replica) -> str:
        """Return the URL of the metrics of a replica."""
        return f"http://127.0.0.1:{self.ports.metrics_of(replica.name)}/metrics"

    @property
    def postgres(self) -> Postgres:
        """The PostgreSQL of this stack."""
        return Postgres(self.home.of(POSTGRES), self.ports.of(POSTGRES))

    @property
    def kafka(self) -> Kafka:
        """The Kafka of this stack."""
        controller = self.ports.of("kafka-controller")
        return Kafka(self.home.of(KAFKA), self.ports.of(KAFKA), controller, self.cache)
