"""Open files that may be compressed with gzip or zstd, as their first bytes tell."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Literal, cast

from interop.files.problems import UnreadableFile

Compression = Literal["gzip", "zstd"]

_MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
BUFFER_BYTES = 1 << 18


def compression_of(path: Path) -> Compression | None:
    """Return the compression of a file by its first bytes; None if it has none."""
    with path.open("rb") as file:
        first = file.read(4)
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), None)


@contextmanager
def opened(path: Path, bytes_max: int | None = None) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed.

    Raises UnreadableFile if it cannot be read, is damaged, or has more than `bytes_max` bytes when
    it is decompressed.
    """
    try:
        raw = _open(path)
        stream = io.BufferedReader(_Counted(raw, bytes_max), BUFFER_BYTES)
        with stream:
            yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile("The compressed data are incomplete or damaged.") from error
    except OSError as error:
        raise UnreadableFile(f"The file cannot be read: {error.strerror or error}.") from error


def _open(path: Path) -> IO[bytes]:
    compression = compression_of(path)
    if compression == "gzip":
        return cast(IO[bytes], gzip.open(path))
    if compression == "zstd":
        return cast(IO[bytes], import_module("pyarrow").input_stream(path, compression="zstd"))
    return path.open("rb", buffering=0)


class _Counted(io.RawIOBase):
    """A stream of bytes that raises UnreadableFile beyond `bytes_max` bytes."""

    def __init__(self, stream: IO[bytes], bytes_max: int | None) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (any writable buffer)
        content = self._stream.read(len(buffer))
        self._count += len(content)
        if self._bytes_max is not None and self._count > self._bytes_max:
            raise UnreadableFile(
                f"Decompressed, the file has more than {self._bytes_max:,} bytes: split it."
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()
