"""Captures written: copied lists, event blocks of every kind, rows of files, filtered processes, full disks."""

import gzip
import itertools
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_events import capture, clone, execve, simple, values
from scap_builder import (
    CLOSE_E,
    CLOSE_X,
    CONTAINER_JSON_2,
    EV1,
    EV2_LARGE,
    OPEN_E,
    PROCINFO,
    Process,
    event,
    fd_list,
    i64,
    interface_list,
    machine,
    process_list,
    section,
    small_capture,
    text,
    user_list,
)

from csyspy.capture import open_source
from csyspy.capture.rotation import Rotation
from csyspy.capture.writer import GzipOutput, PlainOutput, open_writer
from csyspy.engine.dump import descriptors
from csyspy.engine.gate import Tally
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.errors import CaptureError, CsyspyError
from csyspy.filters import compile_filter


def rewrite(source_path: Path, path: Path, keep: str = "", **options: Any) -> list[str]:
    """Write ``source_path`` anew; the names of the files."""
    state = State()
    with open_source([str(source_path)]) as source:
        walker = Walker(state, source)
        node = compile_filter(keep).program if keep else None
        sink = open_writer(walker, str(path), keep=node, **options)
        state.needs = sink.needs
        walker.run([sink])
    return list(sink.target.files)


def read(path: Path | str) -> tuple[State, dict[int, int]]:
    """The state behind a capture, and its shown events by type."""
    state = State()
    tally = Tally()
    with open_source([str(path)]) as source:
        Walker(state, source).run([tally])
    return state, tally.calls()[0]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.scap"
    path.write_bytes(small_capture(10) + event(OPEN_E, ts=5_000_000_000))
    return path


def test_a_whole_capture_comes_out_as_it_was(small: Path, tmp_path: Path) -> None:
    rewrite(small, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == small.read_bytes()


def test_compressed_it_is_the_same_inside(small: Path, tmp_path: Path) -> None:
    rewrite(small, tmp_path / "out", compress=True)
    assert gzip.decompress((tmp_path / "out").read_bytes()) == small.read_bytes()


def test_the_filter_decides_and_hidden_events_stay(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(section() + event(CLOSE_E, [i64(3)]) + event(PROCINFO, [i64(1), i64(1)]) + event(OPEN_E))
    rewrite(path, tmp_path / "out", "evt.type=open")
    _, shown = read(tmp_path / "out")
    assert shown == {PROCINFO: 1, OPEN_E: 1}


def test_a_fat_file_keeps_what_the_state_needs(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(section() + event(CLOSE_E, [i64(3)]) + event(CLOSE_X, [i64(0)]) + event(6, [i64(3), i64(1)]) + event(OPEN_E))
    rewrite(path, tmp_path / "out", "evt.type=open", fat=True)
    state, shown = read(tmp_path / "out")
    assert shown == {OPEN_E: 1}
    assert state.events == 3
    rewrite(tmp_path / "out", tmp_path / "again", "evt.type=open", fat=True)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "out").read_bytes()
    rewrite(tmp_path / "out", tmp_path / "thin", "evt.type=open")
    assert read(tmp_path / "thin")[0].events == 1


@pytest.mark.parametrize(("state_events", "name"), [(False, "sh"), (True, "cat")])
def test_a_child_whose_parent_waits_keeps_its_name(tmp_path: Path, state_events: bool, name: str) -> None:
    """Without its own first event it is taken for its parent's likeness once that tells of it, as sysdig does with what it wrote."""
    vfork, fork = 1 << 27, 0
    events = [
        clone(11, 0, ptid=10, flags=vfork, ts=1_000),
        clone(12, 0, ptid=1, flags=fork, ts=1_500),
        execve(11, ptid=10, ts=2_000),
        clone(10, 11, flags=vfork, ts=3_000),
        simple("CLOSE_E", 11, i64(3), ts=4_000),
    ]
    path = tmp_path / "in"
    path.write_bytes(capture(*events))
    rewrite(path, tmp_path / "out", "proc.name=cat or proc.pid=10", state_events=state_events)
    written = values((tmp_path / "out").read_bytes(), "evt.type", "proc.name", "thread.tid")
    assert written[-1] == ("close", name, 11)
    assert ("clone", "sh", 12) not in written
    assert sum(read(tmp_path / "out")[1].values()) == 3


def test_events_without_a_parameter_count_get_it(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(section() + event(CLOSE_X, [i64(0)], block_type=EV1, cpu=3, ts=77))
    rewrite(path, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == section() + event(CLOSE_X, [i64(0)], cpu=3, ts=77)


def test_large_events_and_leading_ones_are_kept(tmp_path: Path) -> None:
    container = b'{"container":{"id":"abc"}}\0'
    lead = event(CONTAINER_JSON_2, [container], tid=-1, block_type=EV2_LARGE, wide=True)
    path = tmp_path / "in"
    path.write_bytes(section() + lead + event(CLOSE_E, [i64(1)]) + lead)
    rewrite(path, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == path.read_bytes()


def test_users_may_stay_out(small: Path, tmp_path: Path) -> None:
    rewrite(small, tmp_path / "out", users=False)
    assert read(small)[0].users
    assert not read(tmp_path / "out")[0].users


def test_limits_end_the_file(small: Path, tmp_path: Path) -> None:
    rewrite(small, tmp_path / "out", most=4)
    assert read(tmp_path / "out")[0].events == 4
    rewrite(small, tmp_path / "out", duration_ns=1_000_000_000)
    assert read(tmp_path / "out")[0].events == 10


def test_files_of_a_row_stand_alone(small: Path, tmp_path: Path) -> None:
    files = rewrite(small, tmp_path / "out", rotation=Rotation(events=4))
    assert [Path(name).name for name in files] == ["out0", "out1", "out2"]
    assert [read(name)[0].events for name in files] == [4, 4, 3]
    for name in files:
        state, _ = read(name)
        assert sorted(thread.tid for thread in state.threads.all()) == [10, 11]
        assert state.machine["hostname"] == "host"
        assert state.users[1000][0] == "me"


def test_a_row_by_time_begins_where_time_is_up(small: Path, tmp_path: Path) -> None:
    files = rewrite(small, tmp_path / "out", rotation=Rotation(seconds=2))
    assert [read(name)[0].events for name in files] == [10, 1]


def test_names_say_when_the_first_event_was(small: Path, tmp_path: Path) -> None:
    files = rewrite(small, tmp_path / "%s", rotation=Rotation(seconds=2))
    assert len(files) == 2
    assert [int(Path(name).name) for name in files] == [read(name)[0].first_event_ts // 1_000_000_000 for name in files]


def test_only_processes_that_pass_are_listed(small: Path, tmp_path: Path) -> None:
    capture = section() + machine() + process_list(9, [Process(10, comm=b"keep"), Process(20, comm=b"drop")])
    capture += fd_list(2, 10, [(3, 1, text(b"/a")), (4, 1, text(b"/c"))]) + fd_list(2, 20, [(3, 1, text(b"/b"))]) + event(CLOSE_E, [i64(3)])
    path = tmp_path / "in"
    path.write_bytes(capture)
    rewrite(path, tmp_path / "out", "fd.name=/a", filter_processes=True)
    threads = read(tmp_path / "out")[0].threads.all()
    assert [(thread.tid, [info.name for info in descriptors(thread)]) for thread in threads] == [(10, [b"/a"])]


def test_a_merged_capture_stays_one(tmp_path: Path) -> None:
    first = section() + machine(b"one") + process_list(9, [Process(10)]) + event(CLOSE_E, [i64(3)])
    second = section() + machine(b"two") + process_list(9, [Process(20)]) + event(CLOSE_E, [i64(3)], tid=20)
    path = tmp_path / "in"
    path.write_bytes(first + second)
    rewrite(path, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == first + second


def test_what_cannot_be_written_is_named(small: Path, tmp_path: Path) -> None:
    with pytest.raises(CsyspyError, match="No such file"):
        rewrite(small, tmp_path / "none" / "out")
    with pytest.raises(CsyspyError, match="No space left"):
        rewrite(small, Path("/dev/full"))


def test_a_full_disk_leaves_a_stream_that_is_cut_and_not_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = GzipOutput(str(tmp_path / "out"))
    data = os.urandom(1 << 18)
    output.write(data)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="full"):
            output.write(data)
    output.write(data)
    output.close()
    with open_source([str(tmp_path / "out")]) as source:
        got = source.read()
        assert got is not None
        assert data.startswith(bytes(got))
        with pytest.raises(CaptureError, match="truncated"):
            source.read()


def test_a_full_disk_leaves_the_blocks_that_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = PlainOutput(str(tmp_path / "out"))
    one, two = event(CLOSE_E, [i64(3)]), event(CLOSE_E, [i64(4)])
    write, left = os.write, [len(one) + 5]

    def nearly_full(fd: int, data: bytes) -> int:
        if not left[0]:
            return full(fd, data)
        left[0] -= (done := write(fd, data[: left[0]]))
        return done

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", nearly_full)
        with pytest.raises(OSError, match="full"):
            output.write(one + two)
    output.close()
    assert (tmp_path / "out").read_bytes() == one


def full(fd: int, data: bytes) -> int:
    raise OSError(28, "the disk is full")


processes = st.builds(
    Process,
    tid=st.integers(2, 5),
    ptid=st.integers(0, 5),
    comm=st.binary(min_size=1, max_size=15).map(lambda raw: raw.replace(b"\0", b".")),
    args=st.lists(st.binary(min_size=1, max_size=8).map(lambda raw: raw.replace(b"\0", b".")), max_size=3),
    env=st.lists(st.binary(min_size=1, max_size=8).map(lambda raw: raw.replace(b"\0", b".")), max_size=3),
    loginuid=st.integers(0, 0xFFFFFFFF),
)
FIELDS = (
    *("tid", "pid", "comm", "exe", "exepath", "args", "env", "cwd", "uid", "gid", "loginuid"),
    *("cgroups", "root", "vtid", "flags", "tty", "pgid"),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(processes, max_size=4, unique_by=lambda process: process.tid),
    st.dictionaries(st.integers(0, 9), st.binary(max_size=20), max_size=4),
)
def test_lists_made_anew_are_the_lists_that_were_read(
    tmp_path_factory: pytest.TempPathFactory, listed: list[Process], files: dict[int, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("row")
    four = bytes([10, 0, 0, 1])
    fds = {fd: (fd, 1, text(name.replace(b"\0", b"/"))) for fd, name in files.items()}
    fds[20] = (20, 5, four + struct.pack("<HB", 80, 2))
    fds[21] = (21, 3, four + four + struct.pack("<HHB", 80, 999, 2))
    fds[22] = (22, 8, struct.pack("<QQ", 1, 2) + text(b"/s"))
    fds[23] = (23, 16, struct.pack("<I", 3) + text(b"/f") + struct.pack("<I", 8))
    capture = section() + machine() + user_list(2, [(0, 0, b"root")], [(3, b"g")])
    capture += interface_list(2, [(1, b"eth0"), (2, b"six")])
    capture += process_list(9, [Process(1, ptid=0), *listed]) + fd_list(2, 1, list(fds.values()))
    capture += event(OPEN_E, tid=1) + event(OPEN_E, tid=1)
    (folder / "in").write_bytes(capture)
    names = rewrite(folder / "in", folder / "out", rotation=Rotation(events=1))
    before, after = (read(path)[0] for path in (names[0], names[1]))
    assert (before.machine, before.users, before.groups, before.interfaces) == (after.machine, after.users, after.groups, after.interfaces)
    for old, new in itertools.zip_longest(*(sorted(state.threads.all(), key=lambda thread: thread.tid) for state in (before, after))):
        assert [getattr(old, name) for name in FIELDS] == [getattr(new, name) for name in FIELDS]
        assert [(info.fd, info.type, info.name, info.flags) for info in descriptors(old)] == [
            (info.fd, info.type, info.name, info.flags) for info in descriptors(new)
        ]
