"""Whether look-ups slow events of the running kernel down: a storm of calls while csyspy records everything and containers start, with a
runtime that tells their names and without.

The containers are sleeping processes in control groups of their own, as Docker names them; the runtime is bench/docker_stub.py.
"""

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.docker_stub import begin, full_id, served
from bench.live.watcher import Watcher
from bench.live.workloads import build, cpus, ns_of

CALLS = {"getppid": 1, "open": 2}
"""Work of bench/live/workloads.c -> system calls of one operation."""
READ = "open"
"""The one at which reading keeps pace on any machine: what is lost costs nothing to read."""
SETTLE_S = 4.0
"""For the names of what is there at the start."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call of the storm, in ns of CPU."""

    storm_ns: float
    reader_ns: float
    """Of the thread that reads events, without those that look names up."""


class Containers:
    """Sleeping processes, each in a control group of its own; `start` makes one more."""

    def __init__(self, count: int) -> None:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        self._parent = Path(next(words[1] for words in mounts if words[2] == "cgroup2")) / "docker"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._made_parent = not self._parent.exists()
        self._parent.mkdir(exist_ok=True)
        for _ in range(count):
            self.start()

    def start(self) -> None:
        """The container of the next number."""
        group = self._parent / full_id(len(self._processes))
        group.mkdir()
        words = ["sh", "-c", f"echo $$ > {group}/cgroup.procs && exec sleep 1000"]
        self._processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))

    def close(self) -> None:
        """End them all, and take their groups away."""
        for process in self._processes:
            process.kill()
        for number, process in enumerate(self._processes):
            process.wait()
            (self._parent / full_id(number)).rmdir()
        if self._made_parent:
            self._parent.rmdir()


@contextlib.contextmanager
def starting(containers: Containers, per_minute: int) -> Iterator[None]:
    """Containers start meanwhile, so many a minute."""
    over = threading.Event()

    def start() -> None:
        while not over.wait(60 / per_minute):
            containers.start()

    thread = threading.Thread(target=start)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def storms(containers: int, per_minute: int, times: int, *, looks_up: bool) -> tuple[dict[str, Cost], str]:
    """Work -> its cost, the least of many times, in each of which a container starts; what csyspy said of events and losses at its end."""
    found: dict[str, list[Cost]] = {work: [] for work in CALLS}
    seconds = 60 / per_minute * 1.1
    storm_cpu, csyspy_cpu = cpus()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        program = build(Path(folder))
        node = Containers(containers)
        stack.callback(node.close)
        socket = f"{folder}/docker.sock"
        words = ["-w", "/dev/null"]
        if looks_up:
            server = stack.enter_context(served(socket, containers, per_minute, len(CALLS) * times * seconds / 60 + 1))
            os.sched_setaffinity(server.pid, {csyspy_cpu})
            words += ["--docker-host", socket]
        watcher = stack.enter_context(Watcher(words, csyspy_cpu))
        threading.Event().wait(SETTLE_S)
        if looks_up:
            begin(server)
        with starting(node, per_minute):
            for work in (*CALLS,) * times:
                before_ns = _thread_ns(watcher.process.pid)
                storm_ns = ns_of(program, work, seconds, storm_cpu) / CALLS[work]
                made = seconds * 1e9 / storm_ns
                found[work].append(Cost(storm_ns, (_thread_ns(watcher.process.pid) - before_ns) / made))
        said = watcher.stop()
    return {work: Cost(min(c.storm_ns for c in costs), min(c.reader_ns for c in costs)) for work, costs in found.items()}, said


def _thread_ns(tid: int) -> int:
    """CPU time of a thread, to the ns."""
    return int(Path(f"/proc/{tid}/task/{tid}/schedstat").read_text().split()[0])
