"""What the lists before the events become in the state, for every version of each."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scap_builder import (
    CLOSE_E,
    PROCESS_BLOCKS,
    Process,
    block,
    event,
    fd_list,
    i64,
    interface_list,
    machine,
    process_list,
    section,
    text,
    user_list,
)

from csyspy.engine.dump import descriptors
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.errors import CaptureError


class Bytes:
    """A source with one chunk."""

    name = "test"

    def __init__(self, data: bytes) -> None:
        self._chunk: memoryview | None = memoryview(data)

    def read(self) -> memoryview | None:
        chunk, self._chunk = self._chunk, None
        return chunk

    def next_file(self) -> bool:
        return False


def load(*blocks: bytes, **attributes: object) -> State:
    """The state behind the lists."""
    state = State()
    for name, value in attributes.items():
        setattr(state, name, value)
    Walker(state, Bytes(section() + b"".join(blocks) + event(CLOSE_E, [i64(3)]))).open()
    return state


def test_machine() -> None:
    assert load(machine(b"box", 4)).machine == {
        "num_cpus": 4, "memory_bytes": 1 << 30, "max_pid": 32768, "hostname": "box", "boot_ts_ns": 7, "flags": 0,
    }  # fmt: skip


@pytest.mark.parametrize("version", [1, 2])
def test_users_and_groups(version: int) -> None:
    state = load(user_list(version, [(0, 0, b"root"), (7, 8, b"seven")], [(8, b"eight")]))
    assert state.users == {0: ("root", 0, "/home/root", "/bin/sh"), 7: ("seven", 8, "/home/seven", "/bin/sh")}
    assert state.groups == {8: "eight"}


def test_users_are_left_out_on_demand() -> None:
    assert load(user_list(2, [(0, 0, b"root")]), import_users=False).users == {}


@pytest.mark.parametrize("version", [1, 2])
def test_interfaces_of_all_four_kinds(version: int) -> None:
    found = load(interface_list(version, [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")])).interfaces
    seen = [(entry["type"], entry["name"], entry["linkspeed"]) for entry in found]
    assert seen == [(4, "a", 1000), (6, "b", 1000), (4, "c", 0), (6, "d", 0)]
    assert found[0]["addr"] == bytes([10, 0, 0, 1])
    assert len(found[1]["netmask"]) == 16


def test_a_second_list_takes_the_place_of_the_first() -> None:
    interfaces = interface_list(1, [(1, b"a")]), interface_list(2, [(1, b"b")])
    state = load(*interfaces, user_list(1, [(1, 1, b"x")]), user_list(2, [(2, 2, b"y")]))
    assert [entry["name"] for entry in state.interfaces] == ["b"]
    assert list(state.users) == [2]


@pytest.mark.parametrize("version", PROCESS_BLOCKS)
def test_each_version_of_the_process_list_has_its_fields(version: int) -> None:
    state = load(process_list(version, [Process(1, ptid=0, comm=b"init"), Process(10, comm=b"bash"), Process(11, pid=10, comm=b"bash")]))
    threads = {thread.tid: thread for thread in state.threads.all()}
    bash = threads[10]
    assert sorted(threads) == [1, 10, 11]
    assert (bash.comm, bash.exe, bash.args, bash.cwd) == (b"bash", b"/bin/bash", [b"-c", b"true"], b"/tmp/")
    assert (bash.uid, bash.gid, bash.fdlimit) == (1000, 100, 1024)
    assert (bash.vmsize_kb, bash.pfminor) == ((11, 15) if version >= 2 else (0, 0))
    assert bash.env == ([b"A=1"] if version >= 3 else [])
    assert threads[11].env == []
    assert (bash.vtid, bash.cgroups) == ((10, [(b"cpu", b"/x"), (b"memory", b"/y")]) if version >= 4 else (-1, []))
    assert bash.root == (b"/" if version >= 5 else b"")
    assert bash.sid == (5 if version >= 6 else -1)
    assert bash.exepath == (b"/usr/bin/bash" if version >= 7 else b"")
    assert bash.vpgid == (6 if version >= 8 else -1)
    assert bash.loginuid == (1000 if version >= 9 else 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("tail", "loginuid", "tty", "pgid"),
    [("none", 0xFFFFFFFF, 0, -1), ("old", 5, 0, -1), ("full", 5, 34816, 77), ("more", 5, 34816, 77)],
)
def test_the_tail_of_version_9_is_read_by_its_length(tail: str, loginuid: int, tty: int, pgid: int) -> None:
    state = load(process_list(9, [Process(10, loginuid=5, tail=tail), Process(12)]))
    ten = next(thread for thread in state.threads.all() if thread.tid == 10)
    assert (ten.loginuid, ten.tty, ten.pgid) == (loginuid, tty, pgid)
    assert ten.exe_writable == (tail != "none")
    assert len(state.threads.all()) == 2


def names(state: State, tid: int) -> dict[int, tuple[int, bytes]]:
    thread = next(thread for thread in state.threads.all() if thread.tid == tid)
    return {info.fd: (info.type, info.name) for info in descriptors(thread)}


@pytest.mark.parametrize("version", [1, 2])
def test_descriptors_of_each_kind(version: int) -> None:
    four, six = bytes([127, 0, 0, 1]), bytes(15) + b"\1"
    entries = [
        (0, 1, text(b"/a")),
        (1, 16, struct.pack("<I", 1) + text(b"/b") + (struct.pack("<I", 9) if version == 2 else b"")),
        (2, 3, four + four + struct.pack("<HHB", 1000, 80, 2)),
        (3, 5, four + struct.pack("<HB", 22, 2)),
        (4, 4, six + six + struct.pack("<HHB", 1000, 80, 2)),
        (5, 6, six + struct.pack("<HB", 22, 2)),
        (6, 8, struct.pack("<QQ", 1, 2) + text(b"/sock")),
        (7, 7, text(b"pipe:[1]")),
    ]
    found = names(load(process_list(9, [Process(10)]), fd_list(version, 10, entries)), 10)
    assert found[0] == (1, b"/a")
    assert found[1] == (16, b"/b")
    assert found[2] == (3, b"127.0.0.1:1000->127.0.0.1:80")
    assert found[3] == (5, b"127.0.0.1:22")
    assert found[4] == (4, b"::1:1000->::1:80")
    assert found[5] == (6, b"::1:22")
    assert found[6] == (8, b"/sock")
    assert found[7] == (7, b"pipe:[1]")


def test_connections_to_a_served_port_turn_round() -> None:
    four = bytes([127, 0, 0, 1])
    entries = [(2, 3, four + four + struct.pack("<HHB", 22, 4000, 2)), (3, 5, four + struct.pack("<HB", 22, 2))]
    found = names(load(process_list(9, [Process(10)]), fd_list(2, 10, entries)), 10)
    assert found[2] == (3, b"127.0.0.1:4000->127.0.0.1:22")


def test_a_descriptor_of_an_unknown_kind_is_kept_where_its_length_is_known() -> None:
    found = names(load(process_list(9, [Process(10)]), fd_list(2, 10, [(3, 99, b"whatever"), (4, 1, text(b"/x"))])), 10)
    assert found == {3: (10, b"unknown-type:[99]"), 4: (1, b"/x")}


def test_nothing_is_kept_that_nobody_needs() -> None:
    state = load(process_list(9, [Process(10)]), fd_list(2, 10, [(3, 1, text(b"/x"))]), needs=0)
    assert state.threads.all() == []


@pytest.mark.parametrize(
    "bad",
    [
        block(0x201, b"short"),
        block(0x220, struct.pack("<IB", 400, 0)),
        block(0x220, struct.pack("<IBIIH", 30, 0, 1, 1, 900) + b"x" * 15),
        block(0x219, struct.pack("<IHH", 4, 1, 0)),
        block(0x219, struct.pack("<IHH", 4, 9, 0)),
        block(0x219, struct.pack("<I", 0xFFFFFFFF) + b"x" * 40),
        block(0x215, struct.pack("<I", 2) + b"x" * 40),
        block(0x215, struct.pack("<I", 44) + b"x" * 40),
        block(0x202, b"\xff" * 64),
        block(0x218, struct.pack("<qI", 10, 5) + b"x" * 40),
        block(0x218, b"tiny"),
        block(0x203, struct.pack("<qqQB", 10, 3, 1, 99) + b"x" * 40),
        block(0x203, struct.pack("<qqQBH", 10, 3, 1, 1, 0xFFFF) + b"x" * 40),
        machine()[:-4] + struct.pack("<I", 1),
    ],
)
def test_a_damaged_list_is_refused_with_its_offset(bad: bytes) -> None:
    with pytest.raises(CaptureError) as caught:
        load(process_list(9, [Process(10)]), bad)
    assert caught.value.offset == len(section()) + len(process_list(9, [Process(10)]))


LISTS = [0x201, 0x203, 0x205, 0x206, 0x218, 0x219, 0x220, *PROCESS_BLOCKS.values(), 0x8000ABCD, 0x8001ABCD, 0x8012ABCD]


@given(st.sampled_from(LISTS), st.binary(max_size=200))
def test_no_list_ends_in_anything_but_a_capture_error(kind: int, body: bytes) -> None:
    with contextlib.suppress(CaptureError):
        load(process_list(9, [Process(10)]), block(kind, body))
