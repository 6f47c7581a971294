"""``make fuzz``: many cases, spread over processes that may die; what killed them is kept.

A worker announces each case before it runs it. Where it dies, or takes too long, the case is a finding and the next worker goes on
behind it. Memory is looked at between batches: a worker that keeps growing leaks.
"""

import argparse
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass, field

CASE_TIMEOUT_S = 30
LEAK_MB = 200
"""A worker may grow by so much over its whole run; the sanitizer's quarantine is bounded and warm-up is over before the first look."""
WARM_UP_CASES = 300


@dataclass
class Worker:
    """A process that runs every step-th case from first on."""

    first: int
    last: int
    step: int
    process: "subprocess.Popen[str] | None" = None
    case: int = -1
    since_s: float = 0.0
    findings: list[str] = field(default_factory=list)

    def start(self, first: int) -> None:
        command = [sys.executable, "-m", "tests.fuzz", "--worker", str(first), str(self.last), str(self.step)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        self.since_s = time.monotonic()


def work(first: int, last: int, step: int) -> int:
    """Run the cases, announcing each; the worker's side."""
    from tests.fuzz.cases import run_case

    floor_mb = 0.0
    for count, number in enumerate(range(first, last, step)):
        print(number, flush=True)
        try:
            run_case(number)
        except Exception as error:
            print(f"case {number}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return 1
        if count == WARM_UP_CASES:
            floor_mb = _resident_mb()
    if floor_mb and _resident_mb() - floor_mb > LEAK_MB:
        print(f"leak: {floor_mb:.0f} MB after {WARM_UP_CASES} cases, {_resident_mb():.0f} MB at the end", file=sys.stderr)
        return 1
    return 0


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def campaign(cases: int, start: int, processes: int) -> int:
    """Run all cases; 1 where there was a finding."""
    workers = [Worker(start + i, start + cases, processes) for i in range(processes)]
    selector = selectors.DefaultSelector()
    running = 0
    for worker in workers:
        if worker.first < worker.last:
            _watch(selector, worker, worker.first)
            running += 1
    began_s = time.monotonic()
    while running:
        for key, _ in selector.select(timeout=1):
            worker = key.data
            line = key.fileobj.readline()  # type: ignore[union-attr]
            if line:
                worker.case, worker.since_s = int(line), time.monotonic()
            else:
                running -= _ended(selector, worker)
        for worker in workers:
            if worker.process is not None and time.monotonic() - worker.since_s > CASE_TIMEOUT_S:
                worker.findings.append(f"case {worker.case}: hangs")
                worker.process.kill()
                worker.since_s = time.monotonic()
    findings = [finding for worker in workers for finding in worker.findings]
    print(f"{cases} cases from {start} in {time.monotonic() - began_s:.0f} s: {len(findings)} findings")
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def _watch(selector: selectors.BaseSelector, worker: Worker, first: int) -> None:
    worker.start(first)
    assert worker.process is not None
    assert worker.process.stdout is not None
    selector.register(worker.process.stdout, selectors.EVENT_READ, worker)


def _ended(selector: selectors.BaseSelector, worker: Worker) -> int:
    """Note how the worker ended and go on behind its last case; 1 where there is no more to do."""
    assert worker.process is not None
    assert worker.process.stdout is not None
    assert worker.process.stderr is not None
    selector.unregister(worker.process.stdout)
    complaint = worker.process.stderr.read().strip()
    code = worker.process.wait()
    worker.process = None
    if code:
        from tests.fuzz.cases import describe

        worker.findings.append(f"{describe(worker.case)}: ended with {code}\n{complaint[-4000:]}")
        if worker.case + worker.step < worker.last:
            _watch(selector, worker, worker.case + worker.step)
            return 0
    return 1


def main() -> int:
    if sys.argv[1:2] == ["--worker"]:
        return work(*map(int, sys.argv[2:5]))
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first case; each number always makes the same case")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    return campaign(options.cases, options.start, options.processes)


if __name__ == "__main__":
    sys.exit(main())
