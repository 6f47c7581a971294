"""The walk: numbering, truncation, damage, sections, and what golden captures hold."""

import contextlib
import gzip
import json
import struct
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scap_builder import (
    BRK_1_X,
    CLOSE_E,
    CLOSE_X,
    CONTAINER_JSON,
    EV1,
    EV2_LARGE,
    EVF1,
    EVF2,
    OPEN_E,
    OPEN_X,
    PROCINFO,
    READ_X,
    Process,
    event,
    i64,
    machine,
    process_list,
    section,
    small_capture,
    text,
)

from csyspy.capture import open_source
from csyspy.engine.gate import Gate, Tally
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.errors import CaptureError


class Chunks:
    """A source that gives its bytes in pieces of a chosen size."""

    name = "test"

    def __init__(self, data: bytes, size: int = 1 << 20) -> None:
        self._pieces = iter([data[i : i + size] for i in range(0, len(data), size)])

    def read(self) -> memoryview | None:
        piece = next(self._pieces, None)
        return None if piece is None else memoryview(piece)

    def next_file(self) -> bool:
        return False


def walk(data: bytes, *, needs: int = 15, size: int = 1 << 20) -> tuple[State, Walker, Tally]:
    state = State()
    state.needs = needs
    walker = Walker(state, Chunks(data, size))
    tally = Tally()
    walker.run([tally])
    return state, walker, tally


def shown(tally: Tally) -> dict[int, int]:
    return tally.calls()[0]


def damage_of(data: bytes, **kwargs: int) -> tuple[CaptureError, State]:
    """The error a capture ends with, and the state it was left in."""
    state = State()
    walker = Walker(state, Chunks(data, kwargs.get("size", 1 << 20)))
    with pytest.raises(CaptureError) as caught:
        walker.run([Tally()])
    return caught.value, state


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("needs", [0, 15])
def test_blocks_may_cross_chunks_anywhere(size: int, needs: int) -> None:
    state, _, tally = walk(small_capture(5), needs=needs, size=size)
    assert state.events == 5
    assert shown(tally) == {CLOSE_E: 5}


def test_numbers_count_hidden_events_and_not_unknown_types() -> None:
    data = section() + event(PROCINFO, [i64(1), i64(2)]) + event(9999) + event(CLOSE_X, [i64(0)])
    state, walker, _ = walk(data)
    assert state.evt_num == 2
    assert walker.skipped == 1


def test_events_of_all_block_kinds_are_read() -> None:
    data = section() + event(CLOSE_X, [i64(0)], block_type=EV1) + event(CLOSE_X, [i64(0)], block_type=EVF1)
    data += event(CLOSE_X, [i64(0)], block_type=EVF2) + event(CLOSE_X, [i64(0)], block_type=EV2_LARGE) + event(CLOSE_X, [i64(0)])
    _, _, tally = walk(data)
    assert shown(tally) == {CLOSE_X: 5}


def test_state_only_events_change_the_state_and_are_not_shown() -> None:
    data = section() + event(CLOSE_X, [i64(0)], block_type=EVF2, flags=1) + event(CLOSE_E, [i64(3)])
    state, _, tally = walk(data)
    assert shown(tally) == {CLOSE_E: 1}
    assert state.evt_num == 2


def test_leading_state_events_take_numbers_and_are_not_shown() -> None:
    container = b'{"container":{"id":"abc","name":"n","type":0,"image":"i"}}\0'
    data = section() + event(CONTAINER_JSON, [container], tid=-1) + event(CLOSE_E, [i64(3)]) + event(CONTAINER_JSON, [container], tid=-1)
    state, _, tally = walk(data)
    assert shown(tally) == {CLOSE_E: 1, CONTAINER_JSON: 1}
    assert state.evt_num == 3
    assert "abc" in state.containers


def test_a_second_section_starts_the_state_anew_and_numbers_go_on() -> None:
    first = section() + machine(b"one") + process_list(9, [Process(10)]) + event(CLOSE_E, [i64(3)])
    second = section(b"\x01\x00\x04\x00note") + machine(b"two") + process_list(9, [Process(20)]) + event(CLOSE_E, [i64(3)], tid=20)
    state, _, _ = walk(first + second)
    assert state.machine["hostname"] == "two"
    assert [thread.tid for thread in state.threads.all()] == [20]
    assert state.evt_num == 2


@pytest.mark.parametrize(
    ("first", "producer"),
    [
        (event(READ_X, [i64(1), b"x"]), 0),
        (event(READ_X, [i64(1), b"x", i64(3), bytes(4)]), 0),
        (event(CLOSE_X, [i64(0)]), 0),
        (event(CLOSE_X, [i64(0), i64(3)]), 2),
        (event(CLOSE_E, [i64(3)]) + event(CLOSE_X, [i64(0), i64(3)]), 0),
        (event(OPEN_E) + event(CLOSE_X, [i64(0), i64(3)]), 2),
        (event(BRK_1_X, [i64(0)]), 0),
        (event(READ_X, [i64(1), b"x", i64(3), bytes(4)]) + event(CLOSE_X, [i64(0), i64(3)]), 2),
    ],
)
def test_the_first_events_tell_whether_the_producer_writes_enter_events(first: bytes, producer: int) -> None:
    """libs 0.20 wrote enter events and some exit events with their parameters already; only what it never wrote tells."""
    assert walk(section() + first)[0].producer == producer


@pytest.mark.parametrize("keep", [1, 7, 8, 11, 20, 37])
def test_a_cut_file_is_shown_up_to_the_cut(keep: int) -> None:
    whole = small_capture(3)
    last = len(event(CLOSE_E, [i64(3)]))
    error, state = damage_of(whole[: len(whole) - last + keep])
    assert state.events == 2
    assert error.offset == len(whole) - last
    assert "truncated" in error.message


def test_every_cut_of_a_capture_is_an_error_or_a_shorter_capture() -> None:
    whole = small_capture(2)
    for cut in range(len(whole)):
        if cut == len(whole) - len(event(CLOSE_E, [i64(3)])):
            assert walk(whole[:cut])[0].events == 1
        else:
            error, _ = damage_of(whole[:cut], size=33)
            assert 0 <= error.offset <= cut


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"hello, this is a text and nothing else", "not a capture"),
        (section(magic=0x4D3C2B1A), "big-endian"),
        (section(magic=5), "magic"),
        (section(major=2), "version 2"),
        (section(), "no events"),
        (section() + machine() + event(CLOSE_E) + machine(), "among the events"),
        (section() + struct.pack("<III", 0x201, 192, 0), "truncated"),
        (section() + struct.pack("<III", 0x201, 4, 0), "4 bytes long"),
        (section() + struct.pack("<II", 0x216, 0x7FFFFFF0) + b"x" * 100, "event block"),
        (section() + struct.pack("<II", 0x221, 0xFFFFFFF0) + b"x" * 100, "event block"),
        (section() + struct.pack("<II", 0x215, 0xFFFFFFF0) + b"x" * 100, "a block"),
        (section() + event(OPEN_X, [text(b"")])[:-10] + b"\xff" * 6 + struct.pack("<I", 44), "do not fit"),
    ],
)
def test_what_is_no_capture_says_so(data: bytes, says: str) -> None:
    error, _ = damage_of(data)
    assert says in error.message


def test_unknown_blocks_before_the_events_are_passed_over() -> None:
    state, _, _ = walk(section() + struct.pack("<II", 0x777, 20) + b"12345678" + struct.pack("<I", 20) + event(CLOSE_E))
    assert state.events == 1


def test_unknown_blocks_of_any_size_are_not_kept_in_memory() -> None:
    size = 3 << 20
    unknown = struct.pack("<II", 0x777, size) + bytes(size - 12)
    data = section() + unknown + struct.pack("<I", size) + event(CLOSE_E)
    state, walker, _ = walk(data, size=1000)
    assert state.events == 1
    assert walker.position == len(data)
    assert "truncated" in damage_of(section() + unknown, size=1000)[0].message
    assert "another length" in damage_of(section() + unknown + struct.pack("<I", 5) + event(CLOSE_E), size=1000)[0].message


def test_a_step_stops_where_it_is_told_to() -> None:
    state = State()
    walker = Walker(state, Chunks(small_capture(5)))
    walker.attach([Tally()])
    assert walker.step(2)
    assert state.events == 2
    assert not walker.step(100)
    assert state.events == 5


def test_steps_leave_the_interpreter_to_others_only_when_asked() -> None:
    """Who waits for it asks after the switch interval, and for each time that it was let go meanwhile begins to wait anew."""
    walker = Walker(State(), Chunks(section() + event(CLOSE_E) * 100_000))
    walker.attach([Tally()])
    assert walker.step(1)
    may_run, has_run = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: may_run.wait() and has_run.set())
    other.start()
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(3600)
    try:
        may_run.set()
        while walker.step(1):
            pass
        assert not has_run.is_set()
    finally:
        sys.setswitchinterval(before_s)
        other.join()


def test_the_walk_ends_when_every_sink_has_had_enough() -> None:
    state = State()
    Walker(state, Chunks(small_capture(50))).run([Gate([Tally()], limit=7)])
    assert state.events == 7


def test_files_in_sequence_number_anew(tmp_path: Path) -> None:
    paths = []
    for name, events in (("a", 3), ("b", 4)):
        path = tmp_path / name
        path.write_bytes(small_capture(events))
        paths.append(str(path))
    state = State()
    with open_source(paths) as source:
        Walker(state, source).run([Tally()])
    assert state.events == 7
    assert state.evt_num == 4


@given(st.binary(max_size=300), st.integers(1, 64))
def test_no_bytes_end_in_anything_but_a_capture_error(tail: bytes, size: int) -> None:
    with contextlib.suppress(CaptureError):
        walk(small_capture(1) + tail, size=size)


def golden(captures: Path) -> Iterable[tuple[Path, int]]:
    """Captures, and how many events their makers say are in them, those before the first event proper left out."""
    for entry in json.loads((captures / "INDEX.caplab.json").read_text()):
        if "events_in_file" in entry:
            yield captures / entry["capture"], entry["events_in_file"]


def test_captures_hold_as_many_events_as_their_makers_say(captures: Path) -> None:
    found = dict(golden(captures))
    assert found
    for path, events in found.items():
        state = State()
        with open_source([str(path)]) as source:
            tally = Tally()
            Walker(state, source).run([tally])
        plain, generic = tally.calls()
        assert sum(plain.values()) + sum(generic.values()) == events, path


def test_captures_of_newer_producers_are_counted_as_their_engines_do(captures: Path) -> None:
    for entry in json.loads((captures / "newer" / "INDEX.json").read_text()):
        oracle = captures / "oracle" / f"newer-{Path(entry['capture']).stem}"
        path = oracle / ("newest-matches.json" if entry["capture"].startswith("newest") else "libs020-matches.json")
        state = State()
        with open_source([str(captures / "newer" / entry["capture"])]) as source:
            Walker(state, source).run([Tally()])
        assert state.evt_num == json.loads(path.read_text())["last_num"], entry["capture"]


def test_a_gzip_capture_is_walked_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "x.scap.gz"
    path.write_bytes(gzip.compress(small_capture(1000)))
    state = State()
    with open_source([str(path)]) as source:
        Walker(state, source).run([Tally()])
    assert state.events == 1000
