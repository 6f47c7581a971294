"""The kernel's tables against what a process knows that it did."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workload import Workload, workload

from csyspy.capture.live.plan import Condition, Needs, Wanted, plan
from csyspy.capture.live.rows import KernelTables

pytestmark = pytest.mark.usefixtures("kernel")

IP = Condition("fd.type = ipv4 or fd.type = ipv6")
FILE = Condition("fd.type = file", frozenset({"fd.type"}), lambda row: row["fd.type"] == "file")
FAILED = Condition("evt.failed = true")
Rows = dict[Any, list[Any]]


@pytest.fixture
def work() -> Iterator[Workload]:
    with workload() as made:
        yield made


def of(pid: int) -> Condition:
    return Condition("own", frozenset({"proc.pid"}), lambda row: row["proc.pid"] == pid)


def sums(*fields: str) -> tuple[Wanted, ...]:
    return tuple(Wanted(field, "sum") for field in fields)


def measured(needs: Needs, act: Callable[[], object]) -> Rows:
    """Key -> values, of what happens while act runs."""
    found = plan(needs)
    assert found is not None
    with KernelTables([found]) as tables:
        tables.sample()
        act()
        tables.sample()
        assert tables.lost == 0
        keys, columns = tables.answer(found)
    return dict(zip(keys, map(list, zip(*columns, strict=True)), strict=True))


def test_cpu_of_a_process_is_what_it_used(work):
    burn = "begin = time.process_time_ns()\nwhile time.process_time_ns() - begin < 300_000_000: pass"
    used = measured(Needs(("proc.pid",), sums("thread.exectime"), (of(work.pid),)), lambda: work.do(burn))
    assert used[work.pid][0] == pytest.approx(300e6, rel=0.15)


def test_memory_of_processes_that_ended_is_in_their_own_rows_alone(work):
    children = "for _ in range(20):\n pid = os.fork()\n if not pid: os._exit(0)\n os.waitpid(pid, 0)"
    child = Condition("child", frozenset({"proc.ppid"}), lambda row: row["proc.ppid"] == work.pid)
    memory = sums("thread.vmrss.b")
    tables = KernelTables(plans := [plan(Needs((key,), memory, (child,))) for key in ("proc.pid", "proc.ppid")])
    with tables:
        tables.sample()
        work.do(children)
        tables.sample()
        (own, of_parent) = (tables.answer(found)[1][0] for found in plans)
    assert len(own) == 20
    assert of_parent == [0]


def test_processes_that_end_within_the_interval_count(work):
    children = (
        "for _ in range(20):\n pid = os.fork()\n if not pid:\n"
        "  begin = time.process_time_ns()\n  while time.process_time_ns() - begin < 10_000_000: pass\n  os._exit(0)\n os.waitpid(pid, 0)"
    )
    child = Condition("child", frozenset({"proc.ppid", "proc.pid"}), lambda row: row["proc.ppid"] == work.pid)
    used = measured(Needs(("proc.pid",), sums("thread.exectime"), (child,)), lambda: work.do(children))
    assert len(used) == 20
    assert sum(row[0] for row in used.values()) == pytest.approx(200e6, rel=0.25)


def test_threads_are_rows_and_add_up_to_their_process(work):
    work.do("stop = threading.Event()\nfor _ in range(5): threading.Thread(target=stop.wait, daemon=True).start()")
    rows = measured(Needs(("thread.tid",), (Wanted("proc.pid"), Wanted("proc.nthreads")), (of(work.pid),)), lambda: None)
    assert len(rows) == 6
    assert {tuple(row) for row in rows.values()} == {(work.pid, 6)}


def test_memory_is_counted_once_a_process(work):
    work.do("stop = threading.Event()\nfor _ in range(5): threading.Thread(target=stop.wait, daemon=True).start()")
    rows = measured(Needs(("proc.pid",), sums("thread.vmsize.b", "thread.vmrss.b"), (of(work.pid),)), lambda: None)
    size, resident = (int(pages) * os.sysconf("SC_PAGESIZE") for pages in Path(f"/proc/{work.pid}/statm").read_text().split()[:2])
    assert rows[work.pid][0] == size
    assert rows[work.pid][1] == pytest.approx(resident, rel=0.2)


def test_open_descriptors(work):
    work.do("kept = [os.open('/dev/null', os.O_RDONLY) for _ in range(200)]")
    rows = measured(Needs(("proc.pid",), (Wanted("proc.fdopencount", "max"), Wanted("proc.fdlimit")), (of(work.pid),)), lambda: None)
    limit = next(line.split()[3] for line in Path(f"/proc/{work.pid}/limits").read_text().splitlines() if line.startswith("Max open files"))
    assert rows[work.pid] == [len(os.listdir(f"/proc/{work.pid}/fd")), int(limit)]


def test_bytes_of_connections(work):
    work.do(
        "l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname()); s, _ = l.accept()\n"
        "l6 = socket.create_server(('::1', 0), family=socket.AF_INET6)\n"
        "c6 = socket.create_connection(l6.getsockname()[:2]); s6, _ = l6.accept()"
    )
    talk = (
        "for _ in range(50): c.send(bytes(1000)); s.recv(1000)\n"
        "for _ in range(50): os.write(s.fileno(), bytes(10)); os.read(c.fileno(), 10)\nc6.send(bytes(77)); s6.recv(77)"
    )
    wanted = sums("evt.buflen.net.in", "evt.buflen.net.out", "evt.rawarg.res")
    rows = measured(Needs(("fd.l4proto", "fd.name", "fd.type"), wanted, (IP, of(work.pid))), lambda: work.do(talk))
    assert sorted((proto, kind, *row) for (proto, _, kind), row in rows.items()) == [
        ("tcp", "ipv4", 50_500, 50_500, 101_000),
        ("tcp", "ipv6", 77, 77, 154),
    ]


def test_round_trip_times_are_the_kernels(work):
    work.do(
        "l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname()); s, _ = l.accept()\n"
        "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 0)); u.connect(u.getsockname())\n"
        "for _ in range(20): c.send(b'x'); s.recv(1); time.sleep(0.002)"
    )
    rows = measured(
        Needs(("fd.l4proto",), (Wanted("fd.rtt", "max"),), (IP, of(work.pid))), lambda: work.do("s.send(b'x'); c.recv(1); u.send(b'x')")
    )
    assert rows["udp"] == [None]
    assert 1000 < rows["tcp"][0] < 10**9


def test_datagrams_go_to_whom_the_call_says(work):
    act = (
        "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "u.bind(('127.0.0.1', 0)); v.bind(('127.0.0.2', 0)); v.sendto(bytes(10), u.getsockname()); u.recv(10)\n"
        "v.sendmsg([bytes(20)], [], 0, u.getsockname()); u.recv(20)"
    )
    needs = Needs(("fd.name",), (*sums("evt.rawarg.res"), Wanted("fd.l4proto"), Wanted("fd.rip"), Wanted("fd.lip")), (IP, of(work.pid)))
    rows = measured(needs, lambda: work.do(act))
    assert sorted(rows.values()) == [[30, "udp", "0.0.0.0", "127.0.0.1"], [30, "udp", "127.0.0.1", "127.0.0.2"]]


def test_a_connection_is_named_from_its_client_to_its_server(work):
    made = "l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname()); s, _ = l.accept(); c.send(b'x')"
    values = (Wanted("fd.sport"), Wanted("fd.cport"))
    rows = measured(Needs(("fd.name",), values, (IP, of(work.pid))), lambda: work.do(made))
    ((name, (server, client)),) = rows.items()
    assert name == f"127.0.0.1:{client}->127.0.0.1:{server}"
    assert f":{server:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()


def test_file_bytes_are_exact_where_calls_are_watched(work, tmp_path):
    act = (
        f"f = os.open({str(tmp_path / 'f')!r}, os.O_RDWR | os.O_CREAT)\n"
        "for _ in range(10): os.pwrite(f, bytes(1234), 0); os.pread(f, 1000, 0)\n"
        "r, w = os.pipe(); os.write(w, bytes(555)); os.read(r, 555)\n"
        "x, y = socket.socketpair(); os.write(x.fileno(), bytes(99)); y.recv(99)"
    )
    rows = measured(Needs(("proc.pid",), sums("evt.rawarg.res"), (FILE, of(work.pid))), lambda: work.do(act))
    assert rows[work.pid] == [22_340]


def test_file_bytes_from_accounting_leave_out_sockets_but_not_pipes(work, tmp_path):
    work.do("x, y = socket.socketpair(); l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname())")
    act = (
        f"open({str(tmp_path / 'f')!r}, 'wb', 0).write(bytes(50_000))\nos.write(x.fileno(), bytes(7000)); os.read(y.fileno(), 7000)\n"
        "os.write(c.fileno(), bytes(3000)); x.send(bytes(900)); y.recv(900)"
    )
    rows = measured(Needs(("proc.pid",), sums("evt.buflen.file", "evt.buflen.net"), (of(work.pid),)), lambda: work.do(act))
    commands = 500  # what goes through the pipes of the test itself
    assert 50_000 <= rows[work.pid][0] <= 50_000 + 2 * commands
    assert rows[work.pid][1] == 3000


def test_bytes_and_calls_by_file(work, tmp_path):
    path = tmp_path / "some" / "file"
    path.parent.mkdir()
    act = (
        f"f = os.open({str(path)!r}, os.O_RDWR | os.O_CREAT)\nfor _ in range(10): os.pwrite(f, bytes(1234), 0)\n"
        "os.pread(f, 1000, 0)\ntry: os.lseek(f, -1, 0)\nexcept OSError: pass\nos.close(f)"
    )
    wanted = sums("evt.buflen.file.in", "evt.buflen.file.out", "evt.count.error")
    rows = measured(Needs(("fd.name",), (*wanted, Wanted("fd.directory")), (FILE, of(work.pid))), lambda: work.do(act))
    assert rows[str(path)] == [1000, 12_340, 1, str(path.parent)]


def test_bytes_by_kind_of_descriptor(work):
    act = (
        "r, w = os.pipe(); os.write(w, bytes(5555)); os.read(r, 5555)\nx, y = socket.socketpair(); x.send(bytes(99)); y.recv(99)\n"
        "e = os.eventfd(1); os.read(e, 8)"
    )
    rows = measured(Needs(("fd.type",), sums("evt.buflen.in", "evt.buflen.out"), (of(work.pid),)), lambda: work.do(act))
    assert rows["unix"] == [99, 99]
    assert rows["event"] == [8, 0]
    assert rows["pipe"][0] >= 5555


def test_failed_calls(work):
    act = (
        "for _ in range(37):\n try: os.open('/no/such/file', os.O_RDONLY)\n except OSError: pass\n"
        "for _ in range(5):\n try: os.read(999, 1)\n except OSError: pass"
    )
    rows = measured(Needs(("evt.type", "evt.res"), sums("evt.count"), (FAILED, of(work.pid))), lambda: work.do(act))
    assert rows["openat", "ENOENT"] == [37]
    assert rows["read", "EBADF"] == [5]


def test_what_failures_are_about(work):
    act = "for _ in range(37):\n try: os.open('/no/such/file', os.O_RDONLY)\n except OSError: pass"
    rows = measured(
        Needs(("proc.pid",), sums("evt.count.error.file", "evt.count.error.net"), (of(work.pid),)), lambda: work.do(act)
    )
    assert rows[work.pid] == [37, 0]


def test_calls_count_where_they_begin_and_where_they_end(work):
    rows = measured(Needs(("evt.type",), sums("evt.count"), (of(work.pid),)), lambda: work.do("for _ in range(1000): os.getppid()"))
    assert rows["getppid"] == [2000]


def test_no_count_is_lost_while_tables_are_read(work):
    found = plan(Needs(("evt.type",), sums("evt.count"), (of(work.pid),)))
    assert found is not None
    total = 0
    with KernelTables([found]) as tables:
        tables.sample()
        storm = threading.Thread(target=work.do, args=("for _ in range(500_000): os.getppid()",))
        storm.start()
        while (running := storm.is_alive()) or total < 1_000_000:
            tables.sample()
            keys, (counts,) = tables.answer(found)
            total += dict(zip(keys, counts, strict=True)).get("getppid", 0)
            if not running:
                break
        storm.join()
    assert total == 1_000_000


def test_a_thread_that_executes_a_program_counts_as_its_process_from_then_on():
    talk = "a, b = socket.socketpair()\nfor _ in range({}): os.write(a.fileno(), bytes(1000)); os.read(b.fileno(), 1000); os.getppid()\n"
    begin = "import os, socket, sys, threading\n"
    program = begin + talk.format(1000)
    first = f"{begin}def run():\n {talk.format(1)}\n os.execv(sys.executable, [sys.executable, '-ISc', {program!r}])\n"
    first = first.replace("\nfor", "\n for") + "threading.Thread(target=run).start()"
    pids = []

    def act() -> None:
        with subprocess.Popen([sys.executable, "-ISc", first]) as process:
            pids.append(process.pid)

    own = Condition("own", frozenset({"proc.pid"}), lambda row: row["proc.pid"] in pids)
    needs = Needs(("proc.pid",), sums("evt.buflen.file"), (own,)), Needs(("evt.type",), sums("evt.count", "evt.latency"), (own,))
    with KernelTables(plans := [plan(one) for one in needs]) as tables:
        tables.sample()
        act()
        tables.sample()
        (_, ((file_bytes,),)), (types, counts) = (tables.answer(found) for found in plans)
    assert file_bytes < 1_000_000
    assert dict(zip(types, counts[0], strict=True))["getppid"] == 2 * 1000  # what it did before has a number that nobody has now
    assert dict(zip(types, counts[1], strict=True))["execve"] > 0


def test_own_calls_do_not_count():
    mine = Condition("own", frozenset({"proc.pid"}), lambda row: row["proc.pid"] == os.getpid())
    assert measured(Needs(("evt.type",), sums("evt.count"), (mine,)), os.getppid) == {}


def test_time_in_calls(work):
    needs = Needs(("evt.type",), sums("evt.count", "evt.latency"), (of(work.pid),))
    rows = measured(needs, lambda: work.do("time.sleep(0.2)"))
    count, latency_ns = rows["clock_nanosleep"]
    assert count == 2
    assert 200e6 <= latency_ns < 2e9


def test_cpus_add_up(work):
    rows = measured(Needs(("evt.cpu",), sums("evt.count", "evt.count.error")), lambda: work.do("for _ in range(1000): os.getppid()"))
    assert set(rows) >= set(os.sched_getaffinity(0))
    assert sum(row[0] for row in rows.values()) >= 2000


def test_containers_of_processes_alive_and_gone(cgroup):
    with workload() as inside:
        join = f"open({str(cgroup / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))"
        inside.do(join)
        child = "pid = os.fork()\nif not pid: os._exit(0)\nos.waitpid(pid, 0)"
        mine = Condition("id", frozenset({"container.id"}), lambda row: row["container.id"] == "c0ffee111111")
        rows = measured(Needs(("proc.pid",), (Wanted("proc.ppid"), Wanted("container.type")), (mine,)), lambda: inside.do(child))
    assert rows.pop(inside.pid)[1] == "docker"
    assert list(rows.values()) == [[inside.pid, "docker"]]


def test_a_container_that_came_and_went(cgroup):
    def visit() -> None:
        with workload() as inside:
            inside.do(f"open({str(cgroup / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))")

    rows = measured(Needs(("container.id",), sums("thread.exectime")), visit)
    assert rows["c0ffee111111"][0] > 0


def test_closing_takes_everything_out_of_the_kernel():
    before = set(os.listdir("/proc/self/fd"))
    found = plan(Needs(("proc.pid",), sums("evt.count", "evt.buflen.net")))
    tables = KernelTables([found])
    tables.sample()
    assert set(os.listdir("/proc/self/fd")) > before
    tables.close()
    assert set(os.listdir("/proc/self/fd")) == before
