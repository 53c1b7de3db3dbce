"""JSON files: one array of objects, or one object after another (JSON lines)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from interop.files.compression import opened
from interop.files.delimited import text_of
from interop.files.encoding import SUSPECT_BYTES, UTF8
from interop.files.problems import Problem, UnreadableFile
from interop.files.rows import Entry, Layout, Row
from schemas.repeated_keys import repeated_keys

READ_CHARACTERS = 1 << 16
OBJECT_CHARACTERS_MAX = 50_000_000
_BETWEEN = re.compile(r"[ \t\r\n,]*")


class _Invalid(ValueError):
    """The JSON text cannot be stored; the message is a sentence."""


def _refuse_constant(name: str) -> None:
    raise _Invalid(f"It holds {name}, which is not JSON: write null.")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def read_rows(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the objects of a JSON file. Raises UnreadableFile."""
    return _read_lines(path, layout) if layout.format == "ndjson" else _read_array(path, layout)


def _read_lines(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the objects of a file with one JSON object on each line."""
    for line, raw in raw_lines(path, layout):
        yield parse_object(line, raw)


def raw_lines(path: Path, layout: Layout) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes (UTF-8) of each line that is not empty, without parsing it."""
    with opened(path, layout.bytes_max) as stream:
        for number, line in enumerate(_utf8_lines(stream, layout.encoding or UTF8), 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
            if text:
                yield number, text


def _utf8_lines(stream: IO[bytes], encoding: str) -> Iterator[bytes]:
    if encoding.startswith(UTF8):
        yield from stream
        return
    for line in text_of(stream, encoding):
        yield line.encode(UTF8, "surrogateescape")


def parse_object(line: int, raw: bytes) -> Entry:
    """Return the row of one JSON object, or its problem."""
    try:
        text = raw.decode(UTF8)
        value, end = _DECODER.raw_decode(text)
        if text[end:].strip():
            return Problem(line, "It has text after the end of its JSON object.", source=raw)
    except UnicodeDecodeError:
        return Problem(line, "It has bytes that are not of the file's encoding.", source=raw)
    except _Invalid as error:
        return Problem(line, str(error), source=raw)
    except (ValueError, RecursionError):
        return Problem(line, "It is not a JSON object.", source=raw)
    return _row(line, value, raw)


def _row(line: int, value: Any, raw: bytes) -> Entry:  # noqa: ANN401 (any JSON value)
    if not isinstance(value, dict):
        return Problem(line, "It is not a JSON object.", source=raw)
    for repeated in repeated_keys(raw):
        place = repeated.pointer if repeated.object_pointer else repeated.key
        return Problem(line, f"{repeated.sentence()} Write it once.", place, raw)
    return Row(line, value, raw)


def _read_array(path: Path, layout: Layout) -> Iterator[Entry]:
    """Yield the objects of one JSON array, or of one object after another, piece by piece.

    After a fault in the syntax nothing more can be read: the problem says so.
    """
    with opened(path, layout.bytes_max) as stream:
        text = _Text(text_of(stream, layout.encoding or UTF8))
        is_array = text.skip("[")
        while not text.is_at_end(is_array):
            try:
                line, value, source = text.next_value()
            except _Invalid as error:
                yield Problem(text.line, f"From here on nothing was read: {error}")
                return
            raw = source.encode(UTF8, "surrogateescape")
            if SUSPECT_BYTES.search(source):
                yield Problem(line, "It has bytes that are not of the file's encoding.")
            else:
                yield _row(line, value, raw)


class _Text:
    """A text that is read piece by piece, with the line of its position."""

    def __init__(self, source: IO[str]) -> None:
        self._source = source
        self._text = source.read(READ_CHARACTERS).removeprefix("\ufeff")
        self._position = 0
        self.line = 1

    def _more(self) -> bool:
        """Read on, twice as much as before; return False at the end of the file."""
        rest = self._text[self._position :]
        piece = self._source.read(max(READ_CHARACTERS, len(rest)))
        self._text, self._position = rest + piece, 0
        return bool(piece)

    def _pass(self, end: int) -> None:
        self.line += self._text.count("\n", self._position, end)
        self._position = end

    def _skip_blanks(self) -> None:
        while True:
            found = _BETWEEN.match(self._text, self._position)
            self._pass(found.end() if found else self._position)
            if self._position < len(self._text) or not self._more():
                return

    def skip(self, mark: str) -> bool:
        """Pass the mark if the text goes on with it; return True if so."""
        self._skip_blanks()
        is_next = self._text.startswith(mark, self._position)
        self._pass(self._position + is_next)
        return is_next

    def is_at_end(self, is_array: bool) -> bool:
        """Return True at the end of the array, or of the text."""
        return self.skip("]") if is_array and self._has_more() else not self._has_more()

    def _has_more(self) -> bool:
        self._skip_blanks()
        return self._position < len(self._text)

    def next_value(self) -> tuple[int, Any, str]:
        """Return the line, the value and the text of the next value. Raises _Invalid."""
        self._skip_blanks()
        line = self.line
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._position)
            except _Invalid:
                raise
            except (ValueError, RecursionError):
                if len(self._text) - self._position > OBJECT_CHARACTERS_MAX or not self._more():
                    raise _Invalid("this is not JSON.") from None
                continue
            source = self._text[self._position : end]
            self._pass(end)
            return line, value, source


def refuse_other_values(first: str) -> None:
    """Raise UnreadableFile unless a JSON file begins with an array or an object."""
    if first not in ("[", "{"):
        raise UnreadableFile("Expected a JSON array of objects, or one object on each line.")
