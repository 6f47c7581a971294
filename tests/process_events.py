"""Process events for small captures, and the values that fields have on them."""

import struct
from collections.abc import Sequence

from scap_builder import Process, event, i64, machine, process_list, section

from csyspy.containers import container_of
from csyspy.engine.callback import CallbackSink, EventView
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.events import EVENT_TABLE
from csyspy.fields.extraction import compile_field

IDS = {row["enum"].removeprefix("PPME_").removeprefix("SYSCALL_").removeprefix("SOCKET_"): row["id"] for row in EVENT_TABLE["events"]}
THREAD, FILES, NEWPID, IN_PIDNS = 1 << 13, 1 << 0, 1 << 6, 1 << 29
DOCKER_ID = "ab1fbeaf118714d829ba1befba8d2e76655a8832a087a249a9959eaee9ad9960"


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def clone(
    tid: int,
    result: int,
    *,
    pid: int | None = None,
    ptid: int = 1,
    flags: int = 0,
    comm: bytes = b"sh",
    ids: tuple[int, int] = (0, 0),
    vids: tuple[int, int] | None = None,
    cgroups: bytes = b"cpu=/\0",
    ts: int = 1_000,
) -> bytes:
    """The exit of a clone: `result` is the child's tid for the caller, 0 for the child."""
    vtid, vpid = vids or (tid, pid or tid)
    params = [i64(result), comm + b"\0", b"-c\0job\0", i64(tid), i64(pid or tid), i64(ptid), b"\0"]
    params += [i64(1024), i64(1), i64(2), u32(3), u32(4), u32(5)]
    params += [comm + b"\0", cgroups, u32(flags), u32(ids[0]), u32(ids[1]), i64(vtid), i64(vpid)]
    return event(IDS["CLONE_20_X"], params, tid=tid, ts=ts)


def execve(
    tid: int,
    *,
    pid: int | None = None,
    ptid: int = 1,
    exe: bytes = b"/bin/cat",
    comm: bytes = b"cat",
    args: bytes = b"-n\0/etc/hosts\0",
    env: bytes = b"A=1\0B= two \0",
    cgroups: bytes = b"cpu=/\0",
    more: Sequence[bytes] = (),
    result: int = 0,
    ts: int = 2_000,
) -> bytes:
    """The exit of an execve, with the 18 parameters of sysdig 0.29.3's time and `more`."""
    params = [i64(result), exe + b"\0", args, i64(tid), i64(pid or tid), i64(ptid), b"\0"]
    params += [i64(512), i64(6), i64(7), u32(8), u32(9), u32(10)]
    params += [comm + b"\0", cgroups, env, u32(34816), i64(pid or tid), *more]
    return event(IDS["EXECVE_19_X"], params, tid=tid, ts=ts)


def simple(name: str, tid: int = 10, *params: bytes, ts: int = 5_000, cpu: int = 0) -> bytes:
    """An event by its name in libs' table, without PPME_, SYSCALL_ and SOCKET_."""
    large = "LARGE_PAYLOAD" in EVENT_TABLE["events"][IDS[name]]["flags"]
    return event(IDS[name], params, tid=tid, ts=ts, cpu=cpu, block_type=0x221 if large else 0x216, wide=large)


class _Whole:
    name = "test"

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data

    def read(self) -> memoryview | None:
        data, self._data = self._data, None
        return None if data is None else memoryview(data)

    def next_file(self) -> bool:
        return False


def capture(*events: bytes, processes: Sequence[Process] | None = None) -> bytes:
    """Process 10 (`sh`, child of 1, the init), and the events."""
    known = [Process(1, ptid=0, comm=b"init"), Process(10)] if processes is None else processes
    return section() + machine() + process_list(9, known) + b"".join(events)


def values(data: bytes, *fields: str) -> list[tuple[object, ...]]:
    """What `fields` are worth on every event, hidden ones included; None where they have no value."""
    rows: list[tuple[object, ...]] = []
    state = State()
    state.container_of = container_of
    view = EventView({name: compile_field(name) for name in fields})
    sink = CallbackSink(view, lambda view: rows.append(tuple(view[name] for name in fields)))
    sink.wants_hidden = True
    state.needs = 31
    walker = Walker(state, _Whole(data))
    walker.open()
    walker.run([sink])
    return rows


def value(data: bytes, field: str) -> object:
    """What `field` is worth on the last event."""
    return values(data, field)[-1][0]
