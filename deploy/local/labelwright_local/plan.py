"""What is to run, and where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelwright_local.home import Home
from labelwright_local.kafka import Kafka
from labelwright_local.ports import Ports
from labelwright_local.postgres import Postgres
from labelwright_local.services import SERVICES, Replica, Service

POSTGRES, KAFKA = "postgres", "kafka"
PAGE = "queue"
"""The service that serves the labeling page."""


@dataclass(frozen=True)
class Plan:
    """What is to run, and where."""

    home: Home
    ports: Ports
    cache: Path
    parts: frozenset[str]
    ready_file: Path | None = None
    known_services: tuple[Service, ...] = SERVICES
    plays_demo: bool = False
    stops_after_it: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many replicas of a service run, where it is not one."""

    @property
    def ready_files(self) -> list[Path]:
        """Where to say that all is ready: always in the home, and wherever else it is wanted."""
        return [self.home.ready_file, *([self.ready_file] if self.ready_file else [])]

    @property
    def services(self) -> list[Service]:
        """The services that are to run."""
        return [one for one in self.known_services if one.name in self.parts]

    @property
    def replicas(self) -> list[Replica]:
        """The processes of these services. Those of one share its database and its folder."""
        return [
            Replica(one, number)
            for one in self.services
            for number in range(1, self.counts.get(one.name, 1) + 1)
        ]

    def url(self, one: Replica) -> str:
        """Where a replica answers."""
        return f"http://127.0.0.1:{self.ports.of(one.name)}"

    @property
    def page_settings(self) -> dict[str, str]:
        """Settings by which the labeling page, which every queue serves, may call all services."""
        ports = [self.ports.of(one.name) for one in self.replicas if one.service.name == PAGE]
        origins = [f"http://{host}:{port}" for port in ports for host in ("127.0.0.1", "localhost")]
        addresses = {one.name: self.url(Replica(one)) for one in self.services}
        return {"ALLOWED_ORIGINS": json.dumps(origins), "PAGE_SERVICES": json.dumps(addresses)}

    def metrics_url(self, one: Replica) -> str:
        """Where a replica answers with its metrics."""
        return f"http://127.0.0.1:{self.ports.metrics_of(one.name)}/metrics"

    @property
    def postgres(self) -> Postgres:
        """The PostgreSQL of this stack."""
        return Postgres(self.home.of(POSTGRES), self.ports.of(POSTGRES))

    @property
    def kafka(self) -> Kafka:
        """The Kafka of this stack."""
        controller = self.ports.of("kafka-controller")
        return Kafka(self.home.of(KAFKA), self.ports.of(KAFKA), controller, self.cache)
