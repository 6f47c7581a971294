"""``make bench``: csyspy and the installed sysdig side by side, in the same run on the same captures.

Rows: jobs on a capture of at least 10 M events, plain and gzip; views beside csysdig's; then start-up times. The long captures are
made once by `bench.lengthen` and kept in the cache folder. Last, what a jump in time and a refresh cost the screen.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.lengthen import lengthen
from bench.measure import Cost, RunFailed, best_of

ROOT = Path(__file__).resolve().parent.parent
MEDIUM = ROOT.parent / "shared" / "captures" / "medium.scap"
DEMO = ROOT / "examples" / "demo.scap"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "csyspy-bench"
CSYSPY = str(Path(sys.executable).with_name("csyspy"))
JOBS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("filter that matches nothing", ("proc.name=no-such-process",)),
    ("evt.type=openat and evt.dir=<", ("evt.type=openat and evt.dir=<",)),
    ("all events as text", ()),
    ("-c topprocs_cpu", ("-c", "topprocs_cpu")),
    ("-c topscalls", ("-c", "topscalls")),
    ("-c topconns", ("-c", "topconns")),
)
FIRST_ROWS_EVENTS = 3_000_000
VIEWS = ("procs", "threads", "files", "connections", "syscalls", "errors")
HEAD = f"{'':36}{'CPU s':>16}{'wall s':>16}{'M events/CPU s':>18}{'RSS MB':>14}{'times faster':>17}\n{'':36}" + (
    f"{'sysdig':>8}{'csyspy':>8}" * 2 + f"{'sysdig':>9}{'csyspy':>9}{'sysdig':>7}{'csyspy':>7}{'CPU':>9}{'wall':>8}"
)


def run(name: str, command: Sequence[str], times: int) -> Cost | None:
    """The cost of a command; None, and a line about it, where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        return best_of(command, times)
    except RunFailed as error:
        print(f"{name}: {' '.join(command)}: {error}", file=sys.stderr)
        return None


def figures(costs: Sequence[Cost | None], value: Callable[[Cost], float], width: int, digits: int = 2) -> str:
    """One number of each cost, a dash where there is none."""
    return "".join(f"{'-':>{width}}" if cost is None else f"{value(cost):{width}.{digits}f}" for cost in costs)


def times_faster(sysdig: Cost | None, csyspy: Cost | None, value: Callable[[Cost], float], width: int) -> str:
    """sysdig's number over ours."""
    return f"{'-':>{width}}" if sysdig is None or csyspy is None else f"{value(sysdig) / value(csyspy):{width - 1}.2f}x"


def cpu_s(cost: Cost) -> float:
    return cost.cpu_s


def wall_s(cost: Cost) -> float:
    return cost.wall_s


def row(name: str, events: int, costs: tuple[Cost | None, Cost | None]) -> str:
    """One line of the table: sysdig's cost and ours."""
    return (
        f"{name:36}{figures(costs, cpu_s, 8)}{figures(costs, wall_s, 8)}"
        f"{figures(costs, lambda cost: events / cost.cpu_s / 1e6, 9)}{figures(costs, lambda cost: cost.peak_rss_mb, 7, 0)}"
        f"{times_faster(*costs, cpu_s, 9)}{times_faster(*costs, wall_s, 8)}"
    )


def long_captures(at_least_events: int, cache: Path, source: Path) -> tuple[Path, Path, int]:
    """The plain and the gzip form of a capture, made where the cache has none, and how many events they have."""
    cache.mkdir(parents=True, exist_ok=True)
    plain = cache / f"{source.stem}-{at_least_events}.scap"
    packed, count = plain.with_name(plain.name + ".gz"), plain.with_suffix(".count")
    if not (plain.exists() and packed.exists() and count.exists()):
        print(f"making {plain} and {packed.name} …", file=sys.stderr)
        events = lengthen(source, at_least_events, plain)
        lengthen(source, at_least_events, packed)
        count.write_text(str(events))
    return plain, packed, int(count.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="csyspy and sysdig side by side")
    parser.add_argument("--events", type=int, default=10_000_000, help="least length of the captures (default: 10 M)")
    parser.add_argument("--quick", action="store_true", help="one million events")
    parser.add_argument("--times", type=int, default=1, help="runs of each command; the best counts (default: 1)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only jobs whose name has TEXT")
    parser.add_argument("--screen", action="store_true", help="only what the user of the screen waits for")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"where the long captures are kept (default: {CACHE})")
    options = parser.parse_args()
    least = 1_000_000 if options.quick else options.events
    plain, packed, events = long_captures(least, options.cache, MEDIUM if MEDIUM.exists() else DEMO)
    if options.screen:
        print_user_waits(options.cache, DEMO if DEMO.exists() else MEDIUM, plain, packed)
        return 0
    print(f"{plain.name}: {events:,} events; CPU seconds are user and system\n\n{HEAD}")
    for kind, capture in (("plain", plain), ("gzip", packed)):
        for name, arguments in JOBS:
            if options.only in name:
                sysdig = run(name, ("sysdig", "-r", str(capture), *arguments), options.times)
                csyspy = run(name, (CSYSPY, "-r", str(capture), *arguments), options.times)
                print(row(f"{kind:6}{name}", events, (sysdig, csyspy)), flush=True)
        for view in VIEWS:
            if options.only in f"-v {view}":
                csysdig = run(view, ("csysdig", "-r", str(capture), "-v", view, "--raw"), options.times)
                csyspy = run(view, (CSYSPY, "-r", str(capture), "-v", view), options.times)
                print(row(f"{kind:6}-v {view}", events, (csysdig, csyspy)), flush=True)
    if options.only in "rules":
        from bench.rules import rule_rows

        rows = rule_rows(
            ROOT.parent / "shared",
            CSYSPY,
            lambda capture: long_captures(least, options.cache, capture)[1],
            lambda name, command: run(name, command, options.times),
        )
        print("\n".join(rows), flush=True)
    small = DEMO if DEMO.exists() else MEDIUM
    print(f"\nstart-up, best of 10{'wall ms':>30}\n{'':36}{'sysdig':>8}{'csyspy':>8}")
    for name, arguments in (("--version", ("--version",)), (f"-r {small.name} -n 1", ("-r", str(small), "-n", "1"))):
        costs = [run(name, (command, *arguments), 10) for command in ("sysdig", CSYSPY)]
        print(f"{name:36}{figures(costs, lambda cost: cost.wall_s * 1000, 8, 0)}")
    print_user_waits(options.cache, small, plain, packed)
    return 0


def print_user_waits(cache: Path, small: Path, plain: Path, packed: Path) -> None:
    """What the user of the screen waits for, each figure with its bound."""
    for kind, capture in (("plain", plain), ("gzip", packed)):
        print_replay_costs(kind, capture)
    print_screen_costs()
    middling = long_captures(FIRST_ROWS_EVENTS, cache, MEDIUM if MEDIUM.exists() else DEMO)[0]
    print_terminal_costs(small, middling, plain)


def print_terminal_costs(small: Path, middling: Path, long: Path) -> None:
    """What the user of the screen waits for."""
    from bench.terminal import terminal_costs

    costs = terminal_costs(small, middling, long)
    print("\nthe real command on a terminal of 120x40")
    print_bounded("start to first paint, best of 5", costs.first_paint_ms, 400)
    print_bounded(f"opening to first rows of {FIRST_ROWS_EVENTS:,} events, best of 5", costs.first_rows_ms, 300)
    print_bounded("start to these", costs.start_to_rows_ms, 400)
    print_bounded("key to frame while it is read, p50", costs.key_p50_ms, 50)
    print_bounded("key to frame while it is read, p95", costs.key_p95_ms, 50)
    print_bounded("key to frame while it plays at full speed, p95", costs.playing_p95_ms, 50)
    print_bounded("CPU with a capture that has been read", costs.idle_percent, 3, "%")
    print_bounded("CPU live at the default interval", costs.live_percent, 3, "%")
    from bench.alerts import ALERTS, MINUTE_S, flood_costs

    flood = flood_costs(small)
    print(
        f"{ALERTS:,} alerts in {MINUTE_S:.0f} s by --from: key to frame {flood.key_p50_ms:.0f} ms, p95 {flood.key_p95_ms:.0f} ms, worst "
        f"{flood.key_worst_ms:.0f} ms; {flood.cpu_percent:.0f} % of a CPU; {flood.grown_mb:.0f} MB more memory, "
        f"{flood.peak_rss_mb:.0f} MB at most"
    )


def print_screen_costs() -> None:
    """What the screen's own thread pays."""
    from bench.screen import ROWS, screen_costs_ms  # not before: a child's peak begins at the size of who starts it

    apply_ms, frame_ms = screen_costs_ms()
    print(f"\n{ROWS:,} rows at 120x40")
    print_bounded("a new snapshot", apply_ms, 10)
    print_bounded("drawing it", frame_ms, 16)


def print_replay_costs(kind: str, capture: Path) -> None:
    """What a view and jumps in time take."""
    from bench.replay import VIEW, replay_costs

    costs = replay_costs(capture)
    print(f"\n{kind} capture of {costs.events:,} events, -v {VIEW}; the whole takes {costs.walk_ms:.0f} ms, a jump {costs.seek_ms:.0f} ms")
    print_bounded("first rows", costs.first_rows_ms, 300)
    print_bounded("the slowest jump into the last minute", costs.late_seek_ms, 150)
    print_bounded("the slowest jump to anywhere", costs.worst_seek_ms, 1000)


def print_bounded(name: str, value: float, most: float, unit: str = "ms") -> None:
    """One figure and its bound."""
    print(f"  {name:62}{value:8.1f} {unit:2}   at most {most:g}{'' if value <= most else '   MISSED'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
