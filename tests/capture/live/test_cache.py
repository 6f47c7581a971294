"""What is kept between starts, who may write it, and when it goes."""

import os
import time
from pathlib import Path

import pytest

from csyspy.capture.live import cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_user: None) -> Path:
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def test_what_is_stored_is_loaded(folder: Path) -> None:
    path = cache.path_of("name", ["made of this"])
    assert path is not None
    assert cache.load(path) is None
    cache.store(path, {"a": 1})
    assert cache.load(path) == {"a": 1}
    assert cache.load(cache.path_of("name", ["made of that"])) is None
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_another_kernel_has_files_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache.path_of("name")
    monkeypatch.setattr(cache, "_kernel", lambda: ("6.1",))
    assert cache.path_of("name") != here


def test_a_file_that_was_cut_short_is_not_believed(folder: Path) -> None:
    path = cache.path_of("name")
    assert path is not None
    cache.store(path, ["x" * 100])
    path.write_bytes(path.read_bytes()[:50])
    assert cache.load(path) is None


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o750])
def test_a_folder_that_others_look_into_is_not_believed(folder: Path, mode: int) -> None:
    folder.mkdir()
    (folder / "of-others.json").touch()
    folder.chmod(mode)
    assert not cache.is_safe()
    assert cache.path_of("name") is None
    assert folder.stat().st_mode & 0o777 == mode


def test_an_empty_folder_that_is_open_to_all_becomes_roots_alone(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)  # as volumes of a cluster are
    assert cache.is_safe()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_not_believed(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    assert not cache.is_safe()


def test_a_link_to_a_folder_is_not_believed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "other")
    assert not cache.is_safe()


def test_what_nobody_reads_goes_and_what_is_read_stays(folder: Path) -> None:
    paths = [cache.path_of(name) for name in ("unused", "used", "new")]
    long_ago = time.time() - cache.KEPT_S - 10
    for path in paths[:2]:
        assert path is not None
        cache.store(path, 1)
        os.utime(path, (long_ago, long_ago))
    assert cache.load(paths[1]) == 1
    cache.store(paths[2], 1)
    assert [cache.load(path) for path in paths] == [None, 1, 1]
