"""Ids that occur more than once in a file, found in bounded memory."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

_CACHE_KIB = 20_000
_TABLE = "CREATE TABLE seen (id INTEGER PRIMARY KEY, payload BLOB, line INTEGER)"
_ADD = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)"
_FIRST = "SELECT payload, line FROM seen WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An id that came before. `first_line`: the line where it came first."""

    first_line: int
    is_same: bool
    """True if the payload is the same, too."""


class SeenIds:
    """The ids that were seen, with the digests of their payloads.

    They are in a temporary database of SQLite, which moves from memory to the disk as it grows. An
    id is known by 63 bits of its digest: of ten million ids, two share one with a chance of 5e-6.
    """

    def __init__(self) -> None:
        """Create the empty collection."""
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(_TABLE)
        self._database.execute("BEGIN")

    def add(self, id_: str, payload: Any, line: int) -> Duplicate | None:  # noqa: ANN401 (JSON)
        """Add an id; return what it repeats if it came before, else None."""
        digest = hashlib.blake2b(id_.encode(errors="surrogatepass"), digest_size=8).digest()
        key = int.from_bytes(digest) >> 1
        text = json.dumps(payload, sort_keys=True).encode()
        content = hashlib.blake2b(text, digest_size=16).digest()
        if self._database.execute(_ADD, (key, content, line)).rowcount:
            return None
        first, first_line = self._database.execute(_FIRST, (key,)).fetchone()
        return Duplicate(first_line, first == content)

    def close(self) -> None:
        """Delete the database."""
        self._database.close()
