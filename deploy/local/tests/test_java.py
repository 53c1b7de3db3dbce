from pathlib import Path

import pytest

from labelwright_local import java
from labelwright_local.refusal import CannotStart


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELWRIGHT_JAVA", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)


def saying(folder: Path, text: str, code: int = 0) -> Path:
    """Create a program that prints the version of a Java, and exits with `code`."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!/bin/sh\necho 'openjdk version \"{text}\" 2020-01-01' >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    return program


def test_the_java_of_the_wheel_has_the_version_of_its_release_file() -> None:
    found = java.find()

    assert (
        found.version
        == java.recorded_version(found.program)
        == java.reported_version(found.program)
    )
    assert found.major >= java.FIRST_WITH_AOT_CACHE


def test_a_named_java_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELWRIGHT_JAVA", str(saying(tmp_path, "21.0.4")))

    assert java.find().major == 21


def test_java_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(tmp_path, "unused")
    (tmp_path / "release").write_text('IMPLEMENTOR="x"\nJAVA_VERSION="17.0.9"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    assert java.find() == java.Java(tmp_path / "bin" / "java", "17.0.9")


@pytest.mark.parametrize(("says", "is_called"), [("11.0.2", "11.0.2"), ("1.8.0_392", "8.0_392")])
def test_a_java_that_is_too_old_is_refused(
    says: str, is_called: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELWRIGHT_JAVA", str(saying(tmp_path, says)))

    with pytest.raises(
        CannotStart, match=f"LABELWRIGHT_JAVA names Java {is_called}, but Kafka needs"
    ):
        java.find()


def test_a_folder_without_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(CannotStart, match=r"JAVA_HOME names .* not a working Java"):
        java.find()


def test_a_java_that_fails_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELWRIGHT_JAVA", str(saying(tmp_path, "21.0.4", code=1)))

    with pytest.raises(CannotStart, match="not a working Java"):
        java.find()
