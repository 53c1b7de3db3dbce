"""Detection of the layout of a file, by its content first and its name second."""

from pathlib import Path

from interop.files.compression import compression_of, opened
from interop.files.delimited import (
    SAMPLE_CHARACTERS,
    detect_delimiter,
    detect_header,
    text_of,
)
from interop.files.encoding import detect_encoding, is_known
from interop.files.json_files import refuse_other_values
from interop.files.problems import UnreadableFile
from interop.files.rows import Format, Layout, Options

ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".jsonl": "ndjson",
    ".ndjson": "ndjson",
    ".parquet": "parquet",
    ".arrow": "arrow",
}
"""The formats by the endings of names."""
COMPRESSED_ENDINGS = (".gz", ".zst", ".zstd")
OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0"

_MAGIC: dict[bytes, Format] = {b"PK\x03\x04": "xlsx", b"PAR1": "parquet", b"ARROW1": "arrow"}
_BINARY: tuple[Format, ...] = ("xlsx", "parquet", "arrow")


def format_of_name(name: str) -> Format | None:
    """Return the format by the ending of a file's name; None if it has no known ending."""
    plain = name.lower()
    for ending in COMPRESSED_ENDINGS:
        plain = plain.removesuffix(ending)
    return ENDINGS.get(Path(plain).suffix)


def detect(path: Path, name: str | None = None, options: Options | None = None) -> Layout:
    """Return the layout of a file, where `options` do not set it.

    `name`: its name, if that is not the name of `path`. Raises UnreadableFile if its format is
    unknown or an option does not fit.
    """
    options = options or Options()
    format_ = _format(path, name or path.name, options)
    compression = compression_of(path)
    if format_ in _BINARY:
        if compression is not None:
            raise UnreadableFile(f"A {format_} file cannot be read compressed: unpack it first.")
        return _binary(path, format_, options)
    encoding = _encoding(path, options)
    sample = _sample(path, encoding, options)
    if format_ in ("json", "ndjson"):
        refuse_other_values(sample.lstrip("\ufeff \t\r\n")[:1])
        is_array = sample.lstrip("\ufeff \t\r\n").startswith("[")
        text: Format = "json" if is_array or format_ == "json" else "ndjson"
        return Layout(text, compression, encoding, bytes_max=options.bytes_max)
    delimiter = options.delimiter or ("\t" if format_ == "tsv" else detect_delimiter(sample))
    return Layout(
        "tsv" if delimiter == "\t" else "csv",
        compression,
        encoding,
        delimiter,
        has_header=detect_header(sample, delimiter) or not sample.strip(),
        bytes_max=options.bytes_max,
    )


def _format(path: Path, name: str, options: Options) -> Format:
    with opened(path, options.bytes_max) as stream:
        first = stream.read(16)
    if first.startswith(OLD_SPREADSHEET):
        raise UnreadableFile("This is a spreadsheet in the old format (XLS): save it as XLSX.")
    by_content = next((kind for magic, kind in _MAGIC.items() if first.startswith(magic)), None)
    found = by_content or format_of_name(name)
    if found is None:
        endings = ", ".join(ENDINGS)
        raise UnreadableFile(
            f"The format of '{name}' is unknown: expected a name that ends in {endings}"
            " (or in .gz or .zst after that)."
        )
    if found in _BINARY and by_content is None and found != "arrow":
        raise UnreadableFile(f"The name ends in .{found}, but the content is not of this format.")
    return found


def _binary(path: Path, format_: Format, options: Options) -> Layout:
    if format_ != "xlsx":
        return Layout(format_, bytes_max=options.bytes_max)
    from interop.files.xlsx import sheet_names  # noqa: PLC0415 (slow to import)

    names = sheet_names(path)
    if options.sheet is not None and options.sheet not in names:
        listed = ", ".join(f"'{name}'" for name in names)
        raise UnreadableFile(f"There is no sheet '{options.sheet}': the file has {listed}.")
    sheet = options.sheet or names[0]
    others = tuple(name for name in names if name != sheet)
    return Layout(format_, sheet=sheet, other_sheets=others, bytes_max=options.bytes_max)


def _encoding(path: Path, options: Options) -> str:
    if options.encoding is None:
        with opened(path, options.bytes_max) as stream:
            return detect_encoding(stream)
    if not is_known(options.encoding):
        raise UnreadableFile(
            f"The encoding '{options.encoding}' is unknown: use utf-8, utf-16, cp1252 or another."
        )
    return options.encoding.lower()


def _sample(path: Path, encoding: str, options: Options) -> str:
    with opened(path, options.bytes_max) as stream:
        try:
            return text_of(stream, encoding).read(SAMPLE_CHARACTERS)
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"The text is not {encoding}: leave the encoding out to have it detected."
            ) from error
