import errno
import subprocess
import sys
from pathlib import Path

import pytest

from labelwright_local.output import LogFile, Screen


def test_a_log_never_exceeds_twice_its_size_limit(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "a.log", bytes_max=1000)

    for number in range(1000):
        log.write(f"line {number}".encode())
    log.close()

    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1"]
    assert all(file.stat().st_size <= 1000 for file in files)
    assert files[0].read_text().endswith("line 999\n")


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    for word in (b"first", b"second"):
        log = LogFile(tmp_path / "a.log")
        log.write(word)
        log.close()

    assert (tmp_path / "a.log").read_bytes() == b"first\nsecond\n"


def test_lines_have_prefixes_and_no_colours_without_a_terminal() -> None:
    program = (
        "from labelwright_local.output import Screen\n"
        "screen = Screen()\n"
        "screen.say('hello', 'queue')\n"
        "screen.say('done')\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert run.stdout == "queue            | hello\nlabelwright      | done\n"


def test_a_closed_output_stops_nothing() -> None:
    program = (
        "from labelwright_local.output import Screen\n"
        "import sys\n"
        "screen = Screen()\n"
        "for _ in range(100_000): screen.say('x' * 100)\n"
        "sys.stderr.write('still here')\n"
    )

    run = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -c \"$0\" | head -1", program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stderr == "still here"


def test_on_a_full_disk_only_lines_are_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen, write = Screen(), sys.stdout.write

    def refuse(_: str) -> int:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(sys.stdout, "write", refuse)
    screen.say("lost")
    monkeypatch.setattr(sys.stdout, "write", write)
    screen.say("kept")

    assert capsys.readouterr().out == "labelwright      | kept\n"
