"""The id of an import that was interrupted, so that the same command goes on with it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

FOLDER = "imports"


class ImportProgress:
    """A file with the id of an import, which exists until the import is done.

    The chunks of an import have Idempotency-Keys made of its id. A repeated command finds the file,
    uses the same id, and so gets the first verdicts on the chunks that were done.
    """

    def __init__(self, cache: Path, project: str, files: Sequence[Path], options: object) -> None:
        """Find or make the id of this import of `files`, as they are now, with these options."""
        states = [(str(file.resolve()), *_state(file)) for file in files]
        text = json.dumps([project, states, options], default=str)
        self._file = cache / FOLDER / hashlib.sha256(text.encode()).hexdigest()
        self.is_resumed = self._file.exists()
        self.import_id = UUID(self._file.read_text()) if self.is_resumed else uuid4()
        if not self.is_resumed:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(str(self.import_id))

    def end(self) -> None:
        """Forget the import: it is done."""
        self._file.unlink(missing_ok=True)


def _state(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns
