"""The work that is watched: bench/live/workloads.c, compiled at run."""

import os
import subprocess
from pathlib import Path

WORKS = ("getppid", "dd", "rw", "socket", "tcp", "open", "fork", "exec")
TITLES = ("getppid", "dd bs=1", "rw 4k", "socket", "tcp", "open+close", "fork", "fork+exec")
SOURCE = Path(__file__).with_name("workloads.c")


def build(folder: Path) -> Path:
    """The compiled program. Raises subprocess.CalledProcessError where gcc refuses, FileNotFoundError where there is none."""
    program = folder / "workloads"
    subprocess.run(["gcc", "-O2", "-pthread", "-o", str(program), str(SOURCE)], check=True)
    return program


def cpus() -> tuple[int, int]:
    """(for the work, for csyspy): the last and the first CPU that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[-1], allowed[0]


def ns_of(program: Path, work: str, seconds: float, cpu: int) -> float:
    """CPU time of one operation, in ns."""
    done = subprocess.run([str(program), work, str(seconds), str(cpu)], check=True, capture_output=True, text=True)
    return float(done.stdout)
