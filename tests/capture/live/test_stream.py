"""Events of the running kernel: what a known program did is what was recorded, and the real sysdig reads the recording alike."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from csyspy.capture.live.stream import LiveSource, StreamOptions
from csyspy.events import EVENT_TABLE

from .conftest import COMMAND, DEADLINE_S, recording

WORKLOAD = Path(__file__).with_name("workload.py")
LINE = "%evt.rawtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
NAMES_OF_SYSDIG = {event["name"] for event in EVENT_TABLE["events"] if event["id"] < 336} | {
    name for code, name in EVENT_TABLE["ppm_sc"].items() if int(code) < 329
}
"""System calls and events that 0.29.3 has a name for."""
ATTEMPTS = 5
"""What else runs on the machine may be more than the ring holds; then the workload is recorded anew."""

pytestmark = [pytest.mark.usefixtures("kernel", "root_user"), pytest.mark.xdist_group("live")]


class Recorded(NamedTuple):
    """A recording of the workload, and what it says that it did."""

    path: Path
    done: dict[str, Any]
    said: str


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    for _ in range(ATTEMPTS):
        found = _record(tmp_path_factory.mktemp("stream"))
        if "none lost" in found.said:
            break
    return found


def _record(folder: Path) -> Recorded:
    path, name = folder / "work.scap", folder / "csyspy-workload"
    name.symlink_to(Path(sys.executable).resolve())
    place = folder / "place"
    place.mkdir()
    with recording(path, "proc.name in (csyspy-workload, workload, renamed) or proc.pname in (csyspy-workload, workload)") as process:
        run = subprocess.run([name, WORKLOAD, place], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        assert run.returncode == 0, run.stderr
        time.sleep(0.5)  # what the ring holds is read within that time
    assert process.stderr is not None
    said = process.stderr.read()
    return Recorded(path, json.loads(run.stdout.splitlines()[-1]), said)


def lines(recorded: Recorded, text: str, *words: str, command: Path | str = COMMAND) -> list[str]:
    """What is printed of a recording."""
    run = subprocess.run([command, "-r", recorded.path, "-p", text, *words], capture_output=True, timeout=DEADLINE_S, check=True)
    return [line.rstrip() for line in run.stdout.decode(errors="replace").splitlines()]


def test_nothing_was_lost(recorded: Recorded) -> None:
    assert "none lost" in recorded.said


@pytest.mark.parametrize("words", [(), ("-v",), ("-X",), ("-p", LINE), ("evt.failed=true",), ("-S",), ("-c", "echo_fds")])
def test_sysdig_reads_it_line_for_line(recorded: Recorded, words: tuple[str, ...], sysdig: str) -> None:
    """But for the names of system calls: where it says `<unknown>` for those that came after it, csyspy knows them by their number."""
    ours, theirs = (printed(recorded, *words, command=command) for command in (COMMAND, sysdig))
    assert ours
    assert [_called_as_before(line) for line in ours] == theirs


def printed(recorded: Recorded, *words: str, command: Path | str = COMMAND) -> list[str]:
    """The lines of a recording, to the blank."""
    run = subprocess.run([command, "-r", recorded.path, *words], capture_output=True, timeout=DEADLINE_S, check=True)
    return run.stdout.decode(errors="replace").splitlines()


def _called_as_before(line: str) -> str:
    found = re.search(r"(?<= [<>] )([a-z0-9_]+)(?= ?$)", line)
    return line if found is None or found.group() in NAMES_OF_SYSDIG else f"{line[: found.start()]}<unknown>{line[found.end() :]}"


def test_bytes_and_names_are_those_of_the_program(recorded: Recorded) -> None:
    done = recorded.done
    name = done["file"]
    assert lines(recorded, "%evt.rawarg.res", f"fd.name={name} and evt.type=write and evt.dir=<") == [str(done["written"])]
    assert lines(recorded, "%evt.rawarg.res", f"fd.name={name} and evt.type=read and evt.dir=<") == [str(done["read"])]
    opened = lines(recorded, "%evt.arg.flags %evt.arg.mode %evt.arg.ino", f"fd.name={name} and evt.type=openat and evt.dir=<")
    assert opened == [f"O_TRUNC|O_CREAT|O_RDWR|O_CLOEXEC 0640 {done['ino']}"]
    assert lines(recorded, "%evt.buffer", f"fd.name={name} and evt.type=pwrite and evt.dir=<") == ["HELLO"]


def test_failures_are_counted(recorded: Recorded) -> None:
    found = lines(recorded, "%evt.arg.name %evt.res", "evt.type=openat and evt.failed=true and evt.arg.name contains nothing-")
    assert found == [f"{recorded.path.parent}/place/nothing-{i} ENOENT" for i in (1, 2, 3)]


@pytest.mark.parametrize(("key", "kind"), [("tcp", "ipv4"), ("tcp6", "ipv6")])
def test_connections_have_both_ends(recorded: Recorded, key: str, kind: str) -> None:
    port = recorded.done.get(key + "_port")
    if not port:
        pytest.skip("no such address on this machine")
    accepted = lines(recorded, "%fd.type %fd.l4proto %fd.sport %fd.cip %fd.sip", f"evt.type=accept and evt.dir=< and fd.sport={port}")
    address = "127.0.0.1" if key == "tcp" else "::1"
    assert accepted == [f"{kind} tcp {port} {address} {address}"]
    received = lines(recorded, "%evt.rawres", f"fd.sport={port} and evt.type=recvfrom and evt.dir=< and thread.ismain=false")
    assert sum(map(int, received)) == recorded.done[key]
    assert lines(recorded, "%evt.type", f"evt.type=connect and evt.dir=< and fd.sport={port} and evt.failed=false") == ["connect"]


def test_datagrams_and_refusals(recorded: Recorded) -> None:
    port = recorded.done["udp_port"]
    found = lines(recorded, "%fd.l4proto %evt.rawres", f"evt.type=recvfrom and evt.dir=< and fd.sport={port}")
    assert found == [f"udp {recorded.done['udp']}"]
    assert lines(recorded, "%evt.res", "evt.type=connect and evt.dir=< and evt.res=ECONNREFUSED") == ["ECONNREFUSED"]


def test_processes_and_their_ends(recorded: Recorded) -> None:
    done = recorded.done
    exits = dict(line.split() for line in lines(recorded, "%proc.pid %evt.arg.status", "evt.type=procexit and thread.ismain=true"))
    assert int(exits[str(done["forked"])]) >> 8 == done["exit_code"] == 7
    assert int(exits[str(done["killed"])]) & 0x7F == signal.SIGTERM
    for child, called in ((done["forked"], ["exit_group"]), (done["killed"], [])):
        assert lines(recorded, "%evt.type", f"evt.type in (exit, exit_group) and evt.dir=> and thread.tid={child}") == called
    executed = lines(recorded, "%proc.name|%proc.cmdline|%proc.env", f"evt.type=execve and evt.dir=< and proc.pid={done['executed']}")
    assert executed == ["echo|echo from exec|MARK=environment of exec PATH=/bin"]
    failed = lines(recorded, "%evt.res %evt.arg.exe", "evt.type=execve and evt.dir=< and evt.failed=true")
    assert failed == ["ENOENT such"]
    signals = lines(recorded, "%evt.arg.spid %evt.arg.sig", f"evt.type=signaldeliver and thread.tid={done['killed']}")
    assert [word.split()[1] for word in signals] in (["SIGTERM"], ["SIGKILL"])  # what kills is delivered as such


def test_a_process_of_a_new_namespace_has_its_number_there(recorded: Recorded) -> None:
    shown = "%thread.vtid %proc.vpid %evt.arg.res"
    made = lines(recorded, shown, f"evt.type in (clone, fork) and evt.dir=< and proc.ppid={recorded.done['outside']}")
    assert made == ["1 1 0"]


def test_every_call_of_the_table_is_encoded(recorded: Recorded) -> None:
    """No record was malformed, and calls that are met have their own events."""
    names = set(lines(recorded, "%evt.type", f"proc.pid={recorded.done['pid']}"))
    for name in ("renameat2", "openat2", "ptrace", "bpf", "semop", "quotactl", "mount", "seccomp", "prlimit", "epoll_create1", "keyctl"):
        assert name in names
    assert "NA" not in names


@pytest.mark.parametrize(("words", "named"), [((), "<NA>"), (("--newer-events",), "csyspy-secret")])
def test_arguments_that_sysdig_cannot_read_are_kept_where_they_are_asked_for(tmp_path: Path, words: tuple[str, ...], named: str) -> None:
    path, name = tmp_path / "memfd.scap", tmp_path / "csyspy-memfd"
    name.symlink_to(Path(sys.executable).resolve())
    with recording(path, *words, f"proc.name={name.name} or proc.pid={os.getpid()}"):
        subprocess.run([name, "-c", "import os; os.memfd_create('csyspy-secret')"], check=True, timeout=DEADLINE_S)
        time.sleep(0.5)
    found = lines(Recorded(path, {}, ""), "*%evt.arg.name", f"evt.type=memfd_create and evt.dir=< and proc.name={name.name}")
    assert found == [named]


CONTAINER_ID = "0123456789abcdef" * 4


def test_a_process_that_goes_into_a_container_is_there_with_its_next_program(tmp_path: Path) -> None:
    root = next((path for path in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")) if (path / "cgroup.procs").exists()), None)
    if root is None:
        pytest.skip("no cgroups that can be written to")
    group = root / "docker" / CONTAINER_ID
    made = [path for path in (group, *group.parents) if not path.exists() and root in path.parents]
    try:
        group.mkdir(parents=True)
    except OSError as error:
        pytest.skip(f"no cgroups that can be written to: {error.strerror}")
    try:
        path = tmp_path / "container.scap"
        with recording(path, "container.id=0123456789ab"):
            subprocess.run(
                ["sh", "-c", f"echo $$ > {group}/cgroup.procs; exec sh -c '/bin/true; /bin/true'"], check=True, timeout=DEADLINE_S
            )
            time.sleep(0.5)
        found = lines(Recorded(path, {}, ""), "%container.id %proc.name", "evt.type=execve and evt.dir=<")
        assert found == ["0123456789ab sh", "0123456789ab true", "0123456789ab true"][-len(found) :]
        assert len(found) >= 2
    finally:
        for one in made:
            with suppress(OSError):
                one.rmdir()


def test_a_time_without_events_ends_all_the_same() -> None:
    began_s = time.monotonic()
    run = subprocess.run(
        [COMMAND, "-M", "1", "-p", "%evt.time,%user.uid,%proc.name", "container.id=ffffffffffff"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert time.monotonic() - began_s < 15


def test_an_interrupt_while_a_record_is_filled_is_not_lost() -> None:
    """Facts of processes may come from Python, in the middle of code that raises nothing."""

    def interrupted(*_: object) -> tuple[bytes, ...]:
        raise KeyboardInterrupt

    source = LiveSource(StreamOptions())
    try:
        source.read()
        source._encoder.fill_by(interrupted)
        subprocess.run(["/bin/true"], check=True)
        with pytest.raises(KeyboardInterrupt):
            deque(iter(source.read, None), maxlen=0)
    finally:
        source.close()


def test_own_events_are_left_out() -> None:
    run = subprocess.run([COMMAND, "-M", "1", "-p", "%proc.pid"], capture_output=True, timeout=DEADLINE_S, check=True)
    assert run.stdout
    assert str(os.getpid()) in run.stdout.decode().split()  # it waits for the run
    assert len(set(run.stdout.decode().split())) > 1


def test_what_is_not_permitted_is_one_line() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    run = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", str(COMMAND), "-n", "1", "evt.type=open"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert run.returncode == 3
    assert run.stdout == ""
    assert run.stderr.startswith("csyspy: live capture needs root")


def test_latencies_are_those_of_the_calls(tmp_path: Path) -> None:
    name = tmp_path / "csyspy-sleeps"
    name.symlink_to(Path(sys.executable).resolve())
    code = "import ctypes\nfor _ in range(50): ctypes.CDLL(None).syscall(35, (ctypes.c_uint64 * 2)(0, 10_000_000), None)"
    path = tmp_path / "sleeps.scap"
    with recording(path, "--latency", "proc.name=csyspy-sleeps or evt.type=chroot"):
        subprocess.run([name, "-c", code], check=True, timeout=DEADLINE_S)
        time.sleep(0.5)
    found = lines(Recorded(path, {}, ""), "%evt.latency %evt.type %evt.num", "evt.type=nanosleep and evt.dir=<")
    assert len(found) == 50
    assert all(10_000_000 <= int(line.split()[0]) < 10_000_000_000 for line in found)
    opened = lines(Recorded(path, {}, ""), "%evt.arg.name", "evt.type=openat and evt.dir=> and evt.arg.name contains python")
    assert opened  # strings are told at the begin, too
