"""What one run of a command costs."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process and the children it waited for."""

    cpu_s: float
    """User and system."""
    wall_s: float
    peak_rss_mb: float
    """10^6 bytes."""


class RunFailed(Exception):
    """The command ended with another exit code than 0; carries its first line of complaint."""


def cost_of(command: Sequence[str]) -> Cost:
    """Run command once, its output thrown away. RunFailed where it fails."""
    start_s = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - start_s
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise RunFailed(lines[0] if lines else f"exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * 1024 / 1e6)


def best_of(command: Sequence[str], times: int) -> Cost:
    """The run with the least CPU time of several: what disturbs a run only ever makes it longer."""
    return min((cost_of(command) for _ in range(times)), key=lambda cost: cost.cpu_s)
