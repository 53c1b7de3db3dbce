"""Apache Kafka 4.4 as one node, in the foreground, on 127.0.0.1 only; formatted without a JVM."""

import base64
import shutil
import signal
import socket
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

from labelwright_local import jars
from labelwright_local.java import (
    FIRST_WITH_AOT_CACHE,
    FIRST_WITH_UNSAFE_WARNINGS,
    Java,
)
from labelwright_local.process_guard import ProcessGuard

VERSION = "4.4.0"
API_VERSIONS = 18

BOOTSTRAP = Path(__file__).with_name("kafka-4.4.0.checkpoint")
"""The first snapshot of a cluster's metadata, as Kafka's StorageTool of this version writes it.

It holds the levels of the features (such as groups by KIP-848 and transactions of version 2), and
no data of a cluster. A test compares it with the output of the tool.
"""

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
num.partitions=3
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# Short delays: a group forms at once, and a restarted broker registers within seconds.
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
group.consumer.min.session.timeout.ms=2000
group.consumer.session.timeout.ms=10000
# One machine, few clients, little memory.
group.coordinator.threads=1
share.coordinator.threads=1
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.io.buffer.size=131072
log.segment.bytes=134217728
log.index.size.max.bytes=1048576
offsets.topic.segment.bytes=16777216
transaction.state.log.segment.bytes=16777216
"""

LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{{HH:mm:ss.SSS}} %p %c{{1}} %m%n
# It warns about each request for a group while it creates the topic of the groups.
logger.making.name=org.apache.kafka.server.DefaultAutoTopicCreationManager
logger.making.level=error
# It warns at each start that it is the controller, as the only node always is.
logger.controller.name=org.apache.kafka.controller.QuorumController
logger.controller.level=error
"""

QUIET_CACHE = "-Xlog:aot*=off"  # A cache that does not fit is ignored without a message.
QUICK_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]


@dataclass(frozen=True)
class Kafka:
    """One broker, with its state in `folder`, on `port`; its controller uses `controller_port`."""

    folder: Path
    port: int
    controller_port: int
    cache: Path

    stop_signal = signal.SIGTERM
    last_signal = signal.SIGKILL

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def jars(self) -> Path:
        """The folder of the jars."""
        return self.cache / f"kafka-{VERSION}-{jars.lock_hash()}"

    def aot_cache(self, java: Java) -> Path:
        """Return the path of the start cache for this Java and these jars, which may not exist."""
        return self.jars / f"java-{java.version}.aot"

    def prepare(self) -> None:
        """Write the settings, and format the data directory if there is none."""
        temporary = self.folder / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        data = self.folder / "data"
        settings = SETTINGS.format(
            port=self.port, controller=self.controller_port, data=escaped(data)
        )
        (self.folder / "server.properties").write_text(settings, "latin-1")
        (self.folder / "log4j2.properties").write_text(LOGGING.format(), "latin-1")
        if not (data / "meta.properties").exists():
            format_storage(data)

    def command(
        self, guard: ProcessGuard, java: Java, options: list[str] | None = None
    ) -> list[str]:
        """Return the command that runs it in the foreground; `options` replace the start cache."""
        if options is None:
            cache = self.aot_cache(java)
            options = [f"-XX:AOTCache={cache}", QUIET_CACHE] if cache.exists() else []
        program = [str(java.program), "-Xmx256m", *QUICK_START, *quiet(java), *options]
        program += [
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            f"-XX:ErrorFile={self.folder}/crash.log",
        ]
        program += [f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"]
        program += ["-Dlog4j2.disableJmx=true", "-cp", jars.class_path(self.jars)]
        program += ["kafka.Kafka", str(self.folder / "server.properties")]
        return guard.command(program, last=self.last_signal)

    def accepts(self) -> bool:
        """Return True if the broker answers an ApiVersions request, the first of every client."""
        request = struct.pack(">ihhih", 10, API_VERSIONS, 0, 1, -1)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(request)
                return len(connection.recv(4)) == 4
        except OSError:
            return False


def can_cache_start(java: Java) -> bool:
    """Return True if this Java can write and use an AOT cache (JEP 514)."""
    return java.major >= FIRST_WITH_AOT_CACHE


def quiet(java: Java) -> list[str]:
    """Return options that suppress warnings of newer Javas about Kafka's libraries."""
    if java.major < FIRST_WITH_UNSAFE_WARNINGS:
        return []
    return ["--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"]


def escaped(path: Path) -> str:
    """Return a path, escaped for a Java properties file."""
    return "".join(
        "\\" + character
        if character == "\\"
        else character
        if ord(character) < 127
        else f"\\u{ord(character):04x}"
        for character in str(path)
    )


def format_storage(data: Path) -> None:
    """Format a data directory as StorageTool does. The last file marks it as formatted."""
    metadata = data / "__cluster_metadata-0"
    metadata.mkdir(parents=True, exist_ok=True)
    snapshot = metadata / "00000000000000000000-0000000000.checkpoint"
    snapshot.write_bytes(BOOTSTRAP.read_bytes())
    lines = ["version=1", f"cluster.id={random_id()}", "node.id=1", f"directory.id={random_id()}"]
    unfinished = data / "meta.properties.new"
    unfinished.write_text("\n".join(lines) + "\n", "ascii")
    unfinished.rename(data / "meta.properties")


def random_id() -> str:
    """Return a random id in Kafka's format: a UUID in URL-safe base64, without leading dash."""
    while True:
        encoded = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not encoded.startswith("-"):
            return encoded
