"""``make bench-live``: what csyspy costs a running kernel, in one table of ratios, and what it costs itself. As root.

Every row is a csyspy that watches in its own way, on another CPU; every column is work whose CPU time is measured with and without it, in
turns, the least of many. Each figure stands beside what is wanted of it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.live.alert_delay import alert_delay
from bench.live.figures import Figures
from bench.live.own_costs import from_the_ring, overload, reader, start_up
from bench.live.ratios import SETS, ratios
from bench.live.watcher import CSYSPY
from bench.live.workloads import build
from csyspy.capture.live import tier
from csyspy.capture.live.tier import Tier


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-live", description="What csyspy costs a kernel, and itself. Needs root and gcc.")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--only", default="", metavar="WORD", help="only ways of watching whose title has this word")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of the ratios")
    arguments = parser.parse_args()
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        print(f"live capture is not possible here: {missing.message}", file=sys.stderr)
        return 3
    if not CSYSPY.exists():
        print(f"{CSYSPY} is missing: make setup", file=sys.stderr)
        return 1
    figures = Figures()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build(folder)
        rounds = 1 if arguments.quick else arguments.rounds
        ratios([one for one in SETS if arguments.only in one.title], program, folder, 0.03, rounds, figures)
        if not arguments.only:
            for rows in (1000, 10_000):
                reader(program, rows, 2 if arguments.quick else 8, figures)
            from_the_ring(program, figures)
            overload(program, 2 if arguments.quick else 5, figures)
            alert_delay(20 if arguments.quick else 100, figures)
            start_up(folder, figures, arguments.quick)
    figures.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
