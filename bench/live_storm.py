"""Whether look-ups slow events of the running kernel down: a storm of calls while csyspy records everything and containers start.

The storm comes in slices, in each of which a process starts: by turns in a control group of its own, which is a container whose name is
looked up, and in one that is known already. csyspy is the same all the time, so that where its memory lies, which makes half of the cost
of reading in one start and not in the next, is in both kinds of slices.

The containers are sleeping processes in control groups of their own, as Docker names them; the runtime is bench/docker_stub.py.
"""

import contextlib
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from bench.docker_stub import full_id, served, start
from bench.live.watcher import Watcher
from bench.live.workloads import build, cpus, ns_of
from bench.turns import Turns

CALLS = {"getppid": 1, "open": 2}
"""Work of bench/live/workloads.c -> system calls of one operation."""
READ = "open"
"""The one at which reading keeps pace on any machine: what is lost costs nothing to read."""
SETTLE_S = 4.0
"""For the names of what is there at the start."""
SLICE_S = 0.66
START_AT = 0.25
"""Where in a slice a process starts: what follows from it is over before the next."""


@dataclass(slots=True)
class Costs:
    """Of one call of the storm, in ns of CPU, without look-ups and with."""

    storm: Turns = field(default_factory=Turns)
    reader: Turns = field(default_factory=Turns)
    """Of the thread that reads events, without those that look names up."""


class Containers:
    """Sleeping processes, each in a control group of its own at first."""

    def __init__(self, count: int) -> None:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        self._parent = Path(next(words[1] for words in mounts if words[2] == "cgroup2")) / "docker"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._groups = 0
        self._made_parent = not self._parent.exists()
        self._parent.mkdir(exist_ok=True)
        for _ in range(count):
            self.start()

    def start(self, *, new: bool = True) -> int:
        """One more process, in the container of the next number or in that of the last one; the container's number."""
        if new:
            self._groups += 1
            self._group(self._groups - 1).mkdir()
        words = ["sh", "-c", f"echo $$ > {self._group(self._groups - 1)}/cgroup.procs && exec sleep 1000"]
        self._processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))
        return self._groups - 1

    def _group(self, number: int) -> Path:
        return self._parent / full_id(number)

    def close(self) -> None:
        """End them all, and take their groups away."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        for number in range(self._groups):
            self._group(number).rmdir()
        if self._made_parent:
            self._parent.rmdir()


def storms(containers: int, turns: int) -> tuple[dict[str, Costs], str]:
    """Work -> its costs in so many slices with look-ups, half as many where reading, which differs most, is not measured; what csyspy said
    of events and losses at its end."""
    found = {work: Costs() for work in CALLS}
    storm_cpu, csyspy_cpu = cpus()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        program = build(Path(folder))
        node = Containers(containers)
        stack.callback(node.close)
        socket = f"{folder}/docker.sock"
        server = stack.enter_context(served(socket, containers, len(CALLS) * turns, 1.0))
        os.sched_setaffinity(server.pid, {csyspy_cpu})
        watcher = stack.enter_context(Watcher(["-w", "/dev/null", "--docker-host", socket], csyspy_cpu))
        threading.Event().wait(SETTLE_S)

        def start_container() -> None:
            start(server, node.start())

        def start_process() -> None:
            node.start(new=False)

        for work in CALLS:
            for turn in range(2 * (turns if work == READ else turns // 2) + 1):
                looks_up = turn % 2 == 1
                timer = threading.Timer(START_AT * SLICE_S, start_container if looks_up else start_process)
                timer.start()
                before_ns = _thread_ns(watcher.process.pid)
                storm_ns = ns_of(program, work, SLICE_S, storm_cpu) / CALLS[work]
                reader_ns = (_thread_ns(watcher.process.pid) - before_ns) * storm_ns / (SLICE_S * 1e9)
                timer.join()
                for cost, ns in ((found[work].storm, storm_ns), (found[work].reader, reader_ns)):
                    (cost.with_ if looks_up else cost.without).append(ns)
        said = watcher.stop()
    return found, said


def _thread_ns(tid: int) -> int:
    """CPU time of a thread, to the ns."""
    return int(Path(f"/proc/{tid}/task/{tid}/schedstat").read_text().split()[0])
