"""What watching costs csyspy itself: CPU of the reader, the way from the ring into the engine, loss in a storm, time to the first table."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bench.live.figures import Figures
from bench.live.watcher import Failed, Watcher
from bench.live.workloads import cpus
from csyspy.capture.live.stream import LiveSource, StreamOptions
from csyspy.capture.source import Source
from csyspy.capture.walker import open_capture
from csyspy.engine.groupby import GroupBy

MOST_SHARE = 1.0
LEAST_M_EVENTS_PER_S = 1.0
CACHED_S, COLD_S = 0.5, 1.5
RING_BYTES = 256 << 20
TABLE_STARTS = tuple(
    ("-v", view, "--once", "--interval", "100")
    for view in ("procs", "threads", "containers", "connections", "sports", "files", "syscalls", "errors", "cpus")
)
CHISEL_STARTS = tuple(
    ("-c", chisel)
    for chisel in (
        "topprocs_cpu", "topcontainers_cpu", "topconns", "topprocs_net", "topprocs_file", "topprocs_errors", "topscalls", "topscalls_time",
    )
)  # fmt: skip
CHISEL_INTERVAL_S = 1.0
EVENT_START = ("evt.type=openat",)
ALL_STATE = 3
"""csyspy.engine.state: threads and their descriptors."""
WITH_CACHE = """
import sys, pathlib
import csyspy.capture.live.cache as cache
cache.CACHE = pathlib.Path(sys.argv.pop(1))
from csyspy.cli.main import main
main()
"""


def reader(program: Path, rows: int, seconds: float, figures: Figures) -> None:
    """What it costs csyspy to show that many threads once a second: the least share of several spans."""
    _, own_cpu = cpus()
    process = subprocess.Popen([str(program), "threads", str(rows)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        with Watcher(("-v", "threads", "--csv", "--rows", "50", "--interval", "1000"), own_cpu) as watcher:
            time.sleep(2)
            shares = []
            for _ in range(3):
                began_s, before_s = time.monotonic(), watcher.cpu_s()
                time.sleep(seconds)
                shares.append((watcher.cpu_s() - before_s) / (time.monotonic() - began_s))
            note = f"every second; {watcher.peak_rss_mb():.0f} MB"
            figures.tell(f"reader, {rows:,} rows of the threads view", 100 * min(shares), "% of CPU", most=MOST_SHARE, note=note)
    except Failed as error:
        print(f"reader, {rows:,} rows: {error}", flush=True)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def from_the_ring(program: Path, figures: Figures) -> None:
    """Events that lie in a ring, taken into the engine's tables: how many in a second of CPU, and whether all are there."""
    best, lost, made = 0.0, 0, 0
    for _ in range(3):
        source = LiveSource(StreamOptions(ring_bytes=RING_BYTES))
        try:
            storm = subprocess.run([str(program), "storm", "0.5"], capture_output=True, text=True, check=True)
            made = int(storm.stdout)
            capture = open_capture([], ALL_STATE, cast("Source", source))
            capture.walker.attach([GroupBy([], [(None, "count", 1.0)])])
            began = resource.getrusage(resource.RUSAGE_SELF)
            while source.overhead().events < made and capture.walker.step(65_536):
                pass
            ended = resource.getrusage(resource.RUSAGE_SELF)
            spent_s = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
            best = max(best, capture.state.events / spent_s / 1e6)
            lost += source.overhead().lost
        finally:
            source.close()
    figures.tell("from the ring into the engine", best, "M evt/s", least=LEAST_M_EVENTS_PER_S, note=f"{made:,} calls at a time")
    figures.tell("events lost on the way", lost, "", most=0)


def overload(program: Path, seconds: float, figures: Figures) -> None:
    """A storm of system calls on every CPU, everything captured: what csyspy says of it."""
    try:
        with Watcher(("-w", "/dev/null"), cpus()[1]) as watcher:
            before_s = watcher.cpu_s()
            storms = [
                subprocess.Popen([str(program), "storm", str(seconds)], stdout=subprocess.PIPE, text=True) for _ in os.sched_getaffinity(0)
            ]
            made = sum(int(storm.communicate()[0]) for storm in storms)
            share = (watcher.cpu_s() - before_s) / seconds
            figures.tell("storm of getppid on all CPUs", made / seconds / 1e6, "M/s", note=f"reader {100 * share:.0f} % of a core")
            print(f"  csyspy says: {watcher.stop()}", flush=True)
    except Failed as error:
        print(f"overload: {error}", flush=True)


def start_up(folder: Path, figures: Figures, quick: bool) -> None:
    """From nothing to the first line: with nothing compiled yet, and then again."""
    tables = TABLE_STARTS[:2] if quick else (*TABLE_STARTS, EVENT_START)
    chisels = CHISEL_STARTS[:1] if quick else CHISEL_STARTS
    for number, (words, interval_s) in enumerate([*((words, 0.0) for words in tables), *((words, CHISEL_INTERVAL_S) for words in chisels)]):
        took = []
        cache = folder / f"cache-{number}"
        for _ in range(2 if quick else 4):
            took_s, said = _first_line(words, cache)
            took.append(took_s - interval_s)
            if said:
                print(f"start of {' '.join(words)}: {said}", flush=True)
                break
        else:
            name = " ".join(words[:2])
            figures.tell(f"first table of {name}, cold", took[0], "s", most=COLD_S)
            figures.tell(f"first table of {name}, cached", min(took[1:]), "s", most=CACHED_S)


def _open_files(over: threading.Event) -> None:
    """Do what an event can tell of: on a quiet machine nobody opens a file for seconds."""
    while not over.wait(0.005):
        Path("/dev/null").read_bytes()


def _first_line(words: Sequence[str], cache: Path) -> tuple[float, str]:
    """(seconds until it came, what csyspy said where none did). The kernel is busy with the hooks of who is killed for longer."""
    began_s = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_CACHE, str(cache), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert process.stdout is not None
    over = threading.Event()
    opener = threading.Thread(target=_open_files, args=(over,))
    opener.start()
    first = process.stdout.readline()
    took_s = time.monotonic() - began_s
    over.set()
    opener.join()
    process.kill()
    said = process.communicate()[1].decode(errors="replace").strip().splitlines()
    return took_s, "" if first else said[-1] if said else "nothing shown"
