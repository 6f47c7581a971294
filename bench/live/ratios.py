"""What work costs while csyspy watches, beside the same work while nobody does."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.live.figures import Figures
from bench.live.watcher import Failed, Watcher
from bench.live.workloads import TITLES, WORKS, cpus, ns_of
from bench.rules import SET_FOLDER
from bench.rules import SETS as SETS_OF_RULES

NAME = "csyspy-bench-process"[:15]
MOST_RSS_MB = 60
_COUNTED = {"getppid": 1.05, "dd": 1.05, "rw": 1.05, "socket": 1.15, "tcp": 1.15, "open": 1.05, "fork": 1.08, "exec": 1.08}
_CALLS = {"rw": 1.5}
STABLE_RULES = Path(__file__).parents[2].parent / "shared" / SET_FOLDER / SETS_OF_RULES[0][1][0]
"""What Falco 0.40 with its modern probe costs with them is what is wanted of the row `stable rules`."""
_TABLE = ("--csv", "--interval", "1000")


@dataclass(frozen=True, slots=True)
class Set:
    """A way of watching, and the ratios that are wanted of it."""

    title: str
    words: tuple[str, ...]
    wanted: Mapping[str, float] = field(default_factory=dict)
    present: bool = False
    """A process of the name that the filter asks for is there."""
    most_rss_mb: float | None = MOST_RSS_MB


SETS = (
    *(Set(view, ("-v", view, *_TABLE), _COUNTED) for view in ("procs", "threads", "containers", "connections", "sports")),
    *(Set(chisel, ("-c", chisel), _COUNTED) for chisel in ("topprocs_cpu", "topprocs_net")),
    *(Set(view, ("-v", view, *_TABLE), _CALLS) for view in ("syscalls", "errors")),
    *(Set(chisel, ("-c", chisel), _CALLS) for chisel in ("topprocs_file", "topprocs_errors", "topscalls")),
    *(Set(words[-1], words) for words in (("-c", "topscalls_time"), ("-v", "files"), ("-v", "cpus"))),
    Set("name, absent", (f"proc.name={NAME}",), dict.fromkeys(WORKS, 1.05)),
    Set("name, there", (f"proc.name={NAME}",), {"rw": 1.5}, present=True),
    Set(
        "name and openat",
        (f"proc.name={NAME} and evt.type=openat",),
        {"rw": 1.1, "socket": 1.1, "tcp": 1.1, "fork": 1.1, "exec": 1.1},
        present=True,
    ),
    Set("container", ("container.id=0123456789ab",)),
    Set(
        "stable rules",
        ("rules", "-r", str(STABLE_RULES)),
        {"getppid": 1.87, "rw": 1.28, "open": 1.97, "fork": 1.03, "exec": 1.03},
        most_rss_mb=None,
    ),
    Set("everything", ("-w", "/dev/null"), {"getppid": 2.5, "rw": 2.1, "open": 1.7, "fork": 1.1, "exec": 1.1}),
)
"""The bounds of `everything` are what the modern probe of the newest libs costs on the kernel where this was measured first."""


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


def ratios(sets: Sequence[Set], program: Path, folder: Path, seconds: float, rounds: int, figures: Figures) -> None:
    """Print the table: of each way of watching the least of many short times, beside the least of as many with nobody watching, in turns.

    As many, because the least of more is less: the machine has its better moments.
    """
    work_cpu, own_cpu = cpus()
    times = 1 if rounds == 1 else 4
    base: dict[str, dict[str, float]] = {one.title: {} for one in sets}
    costs: dict[str, dict[str, float]] = {one.title: {} for one in sets}
    rss_mb: dict[str, float] = {}
    reasons: dict[str, str] = {}
    said = ""
    for _ in range(rounds):
        for one in sets:
            if one.title in reasons:
                continue
            measure(program, seconds, times, work_cpu, base[one.title])
            with named_process(folder, one.present):
                try:
                    with Watcher(one.words, own_cpu) as watcher:
                        measure(program, seconds, times, work_cpu, costs[one.title])
                        rss_mb[one.title] = max(rss_mb.get(one.title, 0), watcher.peak_rss_mb())
                        said = watcher.stop()
                except Failed as error:
                    reasons[one.title] = str(error)
    print(f"{'':17}" + "".join(f"{title:>11}" for title in TITLES) + f"{'memory, MB':>12}")
    print(f"{'nobody, ns':17}" + "".join(f"{min(of[work] for of in base.values()):11.0f}" for work in WORKS))
    for one in sets:
        if one.title in reasons:
            print(f"{one.title:17}  {reasons[one.title]}")
            figures.count(one.title, 1, most=0)
            continue
        cells = []
        for work, title in zip(WORKS, TITLES, strict=True):
            ratio = costs[one.title][work] / base[one.title][work]
            kept = figures.count(f"{one.title}, {title}: {ratio:.2f}", ratio, most=one.wanted.get(work))
            cells.append(f"{ratio:10.2f}{' ' if kept else '!'}")
        kept = figures.count(f"{one.title}, memory", rss_mb[one.title], most=one.most_rss_mb)
        print(f"{one.title:17}" + "".join(cells) + f"{rss_mb[one.title]:11.0f}{' ' if kept else '!'}", flush=True)
    print("  wanted of each: " + "; ".join(_bounds(sets)) + f"; memory ≤ {MOST_RSS_MB} MB; ! marks what is not as wanted")
    if said:
        print(f"  {sets[-1].title}: {said}")


def _bounds(sets: Sequence[Set]) -> Iterator[str]:
    """The bounds in words, ways of watching with the same ones together."""
    together: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for one in sets:
        if one.wanted:
            together.setdefault(tuple(one.wanted.items()), []).append(one.title)
    names = dict(zip(WORKS, TITLES, strict=True))
    for wanted, titles in together.items():
        yield f"{', '.join(titles)}: " + ", ".join(f"{names[work]} ≤ {most:g}" for work, most in wanted)
