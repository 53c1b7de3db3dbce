import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from labelwright_local.home import Home, cache_from_environment
from labelwright_local.refusal import CannotStart


def test_the_home_is_in_the_current_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABELWRIGHT_HOME", raising=False)
    beside = Home.from_environment()
    monkeypatch.setenv("LABELWRIGHT_HOME", "other/place")
    named = Home.from_environment()

    assert (beside.path, named.path) == (tmp_path / ".labelwright", tmp_path / "other" / "place")


def test_the_cache_follows_xdg_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABELWRIGHT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    by_xdg = cache_from_environment()
    monkeypatch.setenv("LABELWRIGHT_CACHE", "/named")

    assert (by_xdg, cache_from_environment()) == (Path("/xdg/labelwright"), Path("/named"))


def test_a_home_is_closed_to_others(tmp_path: Path) -> None:
    Home(tmp_path / "home").make()

    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_home_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match=r"cannot be written .* set LABELWRIGHT_HOME"):
        Home(tmp_path / "file" / "home").make()


def test_a_home_in_use_is_reported_with_its_process(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()

    with (
        home.locked(),
        pytest.raises(CannotStart, match=rf"already running in .* \(process {os.getpid()}\)"),
        home.locked(),
    ):
        pass


def test_the_lock_of_a_killed_process_can_be_taken(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    killed = multiprocessing.get_context("spawn").Process(target=die_locked, args=(home,))
    killed.start()
    killed.join()

    with home.locked() as descriptor:
        held = os.fstat(descriptor).st_ino

    assert held == (tmp_path / "lock").stat().st_ino
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def die_locked(home: Home) -> None:
    with home.locked():
        os._exit(1)
