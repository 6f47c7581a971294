"""``make bench-live``: what csyspy costs a running kernel, in one table of ratios, and what it costs itself. As root.

Every row is a csyspy that watches in its own way, on another CPU; every column is work whose CPU time is measured with and without it, in
turns, the least of several. `!` marks a ratio above what is wanted.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.live.watcher import CSYSPY, Failed, Watcher
from bench.live.workloads import TITLES, WORKS, build, cpus, ns_of
from bench.rules import SET_FOLDER
from bench.rules import SETS as SETS_OF_RULES
from csyspy.capture.live import tier
from csyspy.capture.live.tier import Tier

NAME = "csyspy-bench-process"[:15]
_COUNTED = {"getppid": 1.05, "dd": 1.05, "rw": 1.05, "socket": 1.15, "tcp": 1.15, "open": 1.05, "fork": 1.08, "exec": 1.08}
_CALLS = {"rw": 1.5}
STABLE_RULES = Path(__file__).parents[2].parent / "shared" / SET_FOLDER / SETS_OF_RULES[0][1][0]
"""What Falco 0.40 with its modern probe costs with them is what is wanted of the row `stable rules`."""


@dataclass(frozen=True, slots=True)
class Set:
    """A way of watching, and the ratios that are wanted of it."""

    title: str
    words: tuple[str, ...]
    wanted: Mapping[str, float] = field(default_factory=dict)
    present: bool = False
    """A process of the name that the filter asks for is there."""


SETS = (
    Set("processes", ("-v", "procs", "--csv", "--interval", "1000"), _COUNTED),
    Set("threads", ("-v", "threads", "--csv", "--interval", "1000"), _COUNTED),
    Set("containers", ("-v", "containers", "--csv", "--interval", "1000"), _COUNTED),
    Set("connections", ("-v", "connections", "--csv", "--interval", "1000"), _COUNTED),
    Set("syscalls", ("-v", "syscalls", "--csv", "--interval", "1000"), _CALLS),
    Set("errors", ("-c", "topprocs_errors"), _CALLS),
    Set("files", ("-c", "topprocs_file"), _CALLS),
    Set("name, absent", (f"proc.name={NAME}",), dict.fromkeys(WORKS, 1.05)),
    Set("name, there", (f"proc.name={NAME}",), {"rw": 1.5}, present=True),
    Set(
        "name and openat",
        (f"proc.name={NAME} and evt.type=openat",),
        {"rw": 1.1, "socket": 1.1, "tcp": 1.1, "fork": 1.1, "exec": 1.1},
        present=True,
    ),
    Set("container", ("container.id=0123456789ab",)),
    Set("failed openat", ("evt.type=openat and evt.failed=true",)),
    Set("stable rules", ("rules", "-r", str(STABLE_RULES)), {"getppid": 1.87, "rw": 1.28, "open": 1.97, "fork": 1.03, "exec": 1.03}),
    Set("everything", ("-w", "/dev/null"), {"getppid": 2.5, "rw": 2.1, "open": 1.7, "fork": 1.1, "exec": 1.1}),
)


@contextmanager
def named_process(folder: Path, wanted: bool) -> Iterator[None]:
    """A sleeping process of the name that filters ask for."""
    if not wanted:
        yield
        return
    link = folder / NAME
    if not link.exists():
        link.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(link), "1000"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def measure(program: Path, seconds: float, times: int, cpu: int, found: dict[str, float]) -> None:
    """Time all work; the least so far stays in ``found``."""
    for work in WORKS:
        for _ in range(times):
            ns = ns_of(program, work, seconds, cpu)
            found[work] = min(found.get(work, ns), ns)


def ratios(sets: Sequence[Set], program: Path, folder: Path, seconds: float, rounds: int) -> None:
    """Print the table."""
    work_cpu, own_cpu = cpus()
    base: dict[str, float] = {}
    costs: dict[str, dict[str, float]] = {one.title: {} for one in sets}
    peaks_mb: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for _ in range(rounds):
        for one in sets:
            if one.title in reasons:
                continue
            measure(program, seconds, 1, work_cpu, base)
            with named_process(folder, one.present):
                try:
                    with Watcher(one.words, own_cpu) as watcher:
                        measure(program, seconds, 2, work_cpu, costs[one.title])
                        peaks_mb[one.title] = watcher.peak_rss_mb()
                except Failed as error:
                    reasons[one.title] = str(error)
    print(f"{'':18}" + "".join(f"{title:>11}" for title in TITLES) + f"{'peak MB':>11}")
    print(f"{'nobody, ns':18}" + "".join(f"{base[work]:11.0f}" for work in WORKS))
    for one in sets:
        if one.title in reasons:
            print(f"{one.title:18}  {reasons[one.title]}")
            continue
        cells = []
        for work in WORKS:
            ratio = costs[one.title][work] / base[work]
            cells.append(f"{ratio:10.2f}{'!' if ratio > one.wanted.get(work, ratio) + 0.005 else ' '}")
        print(f"{one.title:18}" + "".join(cells) + f"{peaks_mb[one.title]:10.0f}", flush=True)


def reader(program: Path, rows: int, seconds: float) -> None:
    """What it costs csyspy to show that many threads once a second."""
    _, own_cpu = cpus()
    process = subprocess.Popen([str(program), "threads", str(rows)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        with Watcher(("-v", "threads", "--csv", "--rows", "50", "--interval", "1000"), own_cpu) as watcher:
            time.sleep(2)
            began_s, before_s = time.monotonic(), watcher.cpu_s()
            time.sleep(seconds)
            share = (watcher.cpu_s() - before_s) / (time.monotonic() - began_s)
            memory = f"peak memory {watcher.peak_rss_mb():.0f} MB"
            print(f"{rows:7} rows of the threads view: {100 * share:5.1f} % of a core, {memory}", flush=True)
    except Failed as error:
        print(f"{rows:7} rows of the threads view: {error}", flush=True)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def overload(program: Path, seconds: float) -> None:
    """A storm of system calls on every CPU, everything captured: what csyspy says of it."""
    try:
        with Watcher(("-w", "/dev/null"), cpus()[1]) as watcher:
            before_s = watcher.cpu_s()
            storms = [
                subprocess.Popen([str(program), "storm", str(seconds)], stdout=subprocess.PIPE, text=True)
                for _ in os.sched_getaffinity(0)
            ]
            made = sum(int(storm.communicate()[0]) for storm in storms)
            share = (watcher.cpu_s() - before_s) / seconds
            rate = f"{made / seconds / 1e6:.2f} M calls/s, {100 * share:.0f} % of a core"
            print(f"overload: {rate}; csyspy says: {watcher.stop()}", flush=True)
    except Failed as error:
        print(f"overload: {error}", flush=True)


STARTS = (*(("-v", view, "--once", "--interval", "100") for view in ("procs", "connections", "syscalls")), ("evt.type=openat",))
WITH_CACHE = """
import sys, pathlib
import csyspy.capture.live.compile as compiling
compiling.CACHE = pathlib.Path(sys.argv.pop(1))
from csyspy.cli.main import main
main()
"""


def start_up(words: Sequence[str], folder: Path) -> None:
    """From nothing to the first line of a table: with nothing compiled yet, and then again."""
    took = []
    cache = folder / "cache"
    for _ in range(4):
        began_s = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", WITH_CACHE, str(cache), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert process.stdout is not None
        first = process.stdout.read(1)
        took.append(time.monotonic() - began_s)
        process.kill()
        said = process.communicate()[1].decode(errors="replace").strip().splitlines()
        if not first:
            print(f"start of {' '.join(words)}: {said[-1] if said else 'nothing shown'}", flush=True)
            return
    print(f"start of {' '.join(words)}: first table after {took[0]:.2f} s cold, {min(took[1:]):.2f} s cached", flush=True)


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-live", description="What csyspy costs a kernel, and itself. Needs root and gcc.")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--only", default="", metavar="WORD", help="only ways of watching whose title has this word")
    arguments = parser.parse_args()
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        print(f"live capture is not possible here: {missing.message}", file=sys.stderr)
        return 3
    if not CSYSPY.exists():
        print(f"{CSYSPY} is missing: make setup", file=sys.stderr)
        return 1
    seconds, rounds = (0.05, 1) if arguments.quick else (0.1, 4)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build(folder)
        ratios([one for one in SETS if arguments.only in one.title], program, folder, seconds, rounds)
        if not arguments.only:
            for rows in (1000, 10_000):
                reader(program, rows, 2 if arguments.quick else 10)
            overload(program, 2 if arguments.quick else 5)
            for words in STARTS:
                start_up(words, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
