"""A growing file: halves of lines, rotation, truncation, lines that never end."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csyspy.rules.alerts import Alert
from csyspy.rules.feeds import FeedCounts
from csyspy.rules.feeds.file import FileFeed
from csyspy.rules.feeds.lines import LONGEST_BYTES, LineReader, alert_taker


def wait_for(true: Callable[..., object]) -> None:
    deadline_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


Follow = Callable[[Path], tuple[FileFeed, list[Alert]]]


def line(number: int) -> str:
    return f'{{"rule": "r{number}", "priority": "Error", "output": "x"}}'


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    monkeypatch.setattr("csyspy.rules.feeds.file.POLL_S", 0.005)
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin(path: Path) -> tuple[FileFeed, list[Alert]]:
        found: list[Alert] = []
        feed = FileFeed(str(path), found.append)
        threads.append(threading.Thread(target=feed.run, args=(stop,)))
        threads[-1].start()
        return feed, found

    yield begin
    stop.set()
    for thread in threads:
        thread.join(5)


def rules(found: list[Alert]) -> list[str]:
    return [alert.rule for alert in found]


def test_only_what_is_new_and_only_whole_lines(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "alerts"
    path.write_text(line(0) + "\n")
    _feed, found = follow(path)
    with path.open("a") as file:
        file.write(line(1)[:10])
        file.flush()
        file.write(line(1)[10:] + "\n" + line(2) + "\n")
    wait_for(lambda: rules(found) == ["r1", "r2"])
    assert {alert.origin for alert in found} == {str(path)}


def test_rotation_loses_nothing(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "alerts"
    _feed, found = follow(path)
    path.write_text(line(1) + "\n")
    wait_for(lambda: rules(found) == ["r1"])
    with path.open("a") as old:
        path.rename(tmp_path / "alerts.1")
        old.write(line(2) + "\n")
    path.write_text(line(3) + "\n")
    wait_for(lambda: rules(found) == ["r1", "r2", "r3"])


def test_a_file_that_is_cut_is_read_from_its_beginning(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "alerts"
    _feed, found = follow(path)
    path.write_text(line(1) + "\n" + line(2) + "\n")
    wait_for(lambda: len(found) == 2)
    path.write_text(line(3) + "\n")
    wait_for(lambda: rules(found) == ["r1", "r2", "r3"])


def test_a_file_that_was_cut_is_known_when_it_has_grown_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    path.write_text(line(0) + "\n")
    found: list[Alert] = []
    feed = FileFeed(str(path), found.append)
    feed._open()
    for number in (1, 2, 3):  # all of one size
        path.write_text(line(number) + "\n")
        while feed._read():
            pass
    feed._close()
    assert rules(found) == ["r1", "r2", "r3"]


def test_no_good_alert_is_lost_among_bad_ones(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "alerts"
    feed, found = follow(path)
    bad = [b"\xff\x00garbage\n", b"{" * 5000 + b"\n", b"x" * 10_000_000 + b"\n", b'{"rule": 1}\n', b"\n", b"[]\n"]
    wanted = []
    for round_ in range(6):
        with path.open("ab") as file:
            for number, each in enumerate(bad):
                wanted.append(f"r{round_ * 10 + number}")
                half = each + line(round_ * 10 + number).encode() + b"\n"
                file.write(half[: len(half) // 2])
                file.flush()
                file.write(half[len(half) // 2 :])
            if round_ % 2:
                wanted.append(f"r{round_ * 10 + 9}")
                file.write(line(round_ * 10 + 9).encode())  # its end never comes: the file is put aside
        if round_ % 2:
            path.rename(tmp_path / f"alerts.{round_}")
        elif round_ == 2:
            wait_for(lambda: rules(found) == wanted)
            path.write_bytes(b"")  # as `copytruncate` does
        whole = len(wanted) - round_ % 2
        wait_for(lambda whole=whole: len(found) >= whole)
    path.touch()
    wait_for(lambda: len(found) == len(wanted))
    assert rules(found) == wanted
    assert feed.counts.skipped == 6 * 5


def test_an_audit_event_may_be_longer_than_an_alert(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(b"y" * 3_000_000 + b"\n")
    taken: list[bytes] = []
    stop = threading.Event()
    feed = FileFeed(str(path), list[Alert]().append, whole=True, take=taken.append)
    thread = threading.Thread(target=feed.run, args=(stop,))
    thread.start()
    wait_for(lambda: taken)
    stop.set()
    thread.join(5)
    assert len(taken[0]) == 3_000_000


def test_a_line_that_is_too_long_is_passed_over_without_being_kept() -> None:
    found: list[Alert] = []
    counts = FeedCounts()
    reader = LineReader(alert_taker("there", found.append, counts), counts)
    reader.feed(line(1).encode() + b"\n")
    for _ in range(10):
        reader.feed(b"x" * LONGEST_BYTES)
        assert len(reader._half) <= LONGEST_BYTES
    reader.feed(b"x\n" + line(2).encode() + b"\n\xff\xfe garbage\n\n" + line(3).encode())
    reader.end()
    assert rules(found) == ["r1", "r2", "r3"]
    assert counts.skipped == 2
