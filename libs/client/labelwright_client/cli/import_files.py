"""The files that an import names: files, folders, patterns and Hugging Face datasets on disk."""

import glob
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from interop.files import format_of_name
from labelwright_client.cli.output import InvalidInput

DATASET_STATE = "state.json"
"""The file of a Hugging Face dataset on disk that lists its Arrow files."""


def files_of(arguments: Sequence[str]) -> list[Path]:
    """Return the files that the arguments name, each once, in their order; folders' ones by name.

    Raises InvalidInput if an argument names no file.
    """
    found: dict[Path, None] = {}
    for argument in arguments:
        files = list(_files(Path(argument), argument))
        if not files:
            raise InvalidInput(f"{argument} names no file that can be imported.")
        found.update(dict.fromkeys(files))
    return list(found)


def _files(path: Path, argument: str) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _in_folder(path)
    elif glob.has_magic(argument):
        for name in sorted(glob.glob(argument, recursive=True)):
            yield from _files(Path(name), glob.escape(name))
    else:
        raise InvalidInput(f"{argument} is not a file, a folder or a pattern: name what to import.")


def _in_folder(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and those below it that have the name of a known format."""
    listed = _dataset_files(folder)
    if listed is not None:
        yield from listed
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _in_folder(path)
        elif format_of_name(path.name) is not None and path.name not in _DATASET_OWN:
            yield path


_DATASET_OWN = {"dataset_info.json", "dataset_dict.json", DATASET_STATE}


def _dataset_files(folder: Path) -> list[Path] | None:
    """Return the Arrow files of a Hugging Face dataset; None if the folder is none."""
    try:
        state = json.loads((folder / DATASET_STATE).read_text("utf-8"))
        return [folder / file["filename"] for file in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
