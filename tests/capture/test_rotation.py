"""Names and ends of the files of a row."""

from pathlib import Path

import pytest

from csyspy.capture.rotation import Rotation, check
from csyspy.errors import UsageError

S = 1_000_000_000


def row(rotation: Rotation, base: str, n: int, step_s: int = 1) -> list[str]:
    return [rotation.next_name(base, i * step_s * S) for i in range(n)]


def test_one_file_keeps_its_name() -> None:
    assert not Rotation()
    assert Rotation().next_name("x.scap", 5) == "x.scap"


def test_names_count_from_zero() -> None:
    assert row(Rotation(size_bytes=1), "x", 3) == ["x0", "x1", "x2"]
    assert row(Rotation(events=1), "x", 3) == ["x0", "x1", "x2"]
    assert row(Rotation(seconds=1), "x", 3) == ["x0", "x1", "x2"]


def test_a_ring_begins_again_and_pads_its_numbers() -> None:
    assert row(Rotation(size_bytes=1, files=10), "x", 12)[8:] == ["x08", "x09", "x00", "x01"]
    assert row(Rotation(events=1, files=2), "x", 3) == ["x0", "x1", "x0"]


def test_names_with_a_time_go_through_strftime_and_leave_the_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    base = str(tmp_path / "%S")
    rotation = Rotation(seconds=10, files=2)
    names = []
    for i in range(3):
        names.append(rotation.next_name(base, i * 10 * S))
        Path(names[-1]).touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "20"]


def test_ends_by_size_events_and_time() -> None:
    assert Rotation(size_bytes=100).full(1, 101, 0)
    assert not Rotation(size_bytes=100).full(1, 100, 0)
    assert Rotation(events=3).full(3, 0, 0)
    assert not Rotation(events=3).full(2, 0, 0)
    rotation = Rotation(seconds=2)
    assert [rotation.full(1, 1, 5 * S + i * S) for i in range(4)] == [False, False, True, True]


def test_standard_output_is_not_cut() -> None:
    with pytest.raises(UsageError):
        check(Rotation(events=1), "-")
