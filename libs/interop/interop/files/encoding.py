"""Detection of the character encoding of a text."""

import codecs
import re
from dataclasses import dataclass, field
from typing import IO

from charset_normalizer import from_bytes

CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 16
UTF8 = "utf-8"
UTF8_WITH_MARK = "utf-8-sig"
SUSPECT_BYTES = re.compile("[\udc80-\udcff]")
"""Characters that stand for bytes which are not of the encoding (`surrogateescape`)."""

_MARKS = (
    (codecs.BOM_UTF8, UTF8_WITH_MARK),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5"]
_ZERO_SHARE = 0.3
_SUSPECT_SHARE = 0.05


def is_known(encoding: str) -> bool:
    """Return True if Python can decode text of the encoding `encoding`."""
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except (LookupError, AttributeError):
        return False


def detect_encoding(stream: IO[bytes]) -> str:
    """Return the encoding of the whole stream, as Python names it.

    A byte order mark decides. Without one the text is UTF-8 if its bytes are, but for a small share
    of single faults. Otherwise charset-normalizer guesses, and cp1252 wins a tie.
    """
    first = stream.read(CHUNK_BYTES)
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding
    wide = _without_mark(first[:4096])
    if wide is not None:
        return wide
    scan = _Utf8Scan()
    while first:
        scan.add(first)
        first = stream.read(CHUNK_BYTES)
    return scan.encoding()


def _without_mark(sample: bytes) -> str | None:
    """Return the byte order of UTF-16 by the zero bytes of its many ASCII characters."""
    pairs = len(sample) // 2
    if not pairs:
        return None
    if sample[1::2].count(0) > _ZERO_SHARE * pairs and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) > _ZERO_SHARE * pairs and not sample[1::2].count(0):
        return "utf-16-be"
    return None


@dataclass(slots=True)
class _Utf8Scan:
    """Counts the bytes of multi-byte characters, and those that are not UTF-8."""

    multi_bytes: int = 0
    suspect: int = 0
    sample: bytearray = field(default_factory=bytearray)
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder(UTF8)("surrogateescape")
    )

    def add(self, chunk: bytes) -> None:
        if chunk.isascii() and not self.decoder.getstate()[0]:
            return
        text = self.decoder.decode(chunk)
        self.multi_bytes += max(0, len(chunk) - len(text))
        found = len(SUSPECT_BYTES.findall(text))
        self.suspect += found
        if found and len(self.sample) < SAMPLE_BYTES:
            first = SUSPECT_BYTES.search(text)
            start = max(0, first.start() - 1000) if first else 0
            self.sample += text[start : start + SAMPLE_BYTES].encode(UTF8, "surrogateescape")

    def encoding(self) -> str:
        rest = self.decoder.getstate()[0]  # An incomplete character at the end.
        suspect = self.suspect + len(rest)
        if suspect <= _SUSPECT_SHARE * self.multi_bytes:
            return UTF8
        return _guess(bytes(self.sample + rest))


def _guess(sample: bytes) -> str:
    matches = from_bytes(sample, cp_isolation=_LIKELY)
    best = matches.best()
    if best is None:
        return "cp1252"
    equal = [match for match in matches if match.chaos <= best.chaos]
    is_western = any("cp1252" in match.could_be_from_charset for match in equal)
    return "cp1252" if is_western else str(best.encoding)
