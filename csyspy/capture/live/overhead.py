"""What watching costs: time in the kernel per probe, losses, the fill of the ring, and csyspy's own share of the machine."""

import contextlib
import os
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from csyspy.capture.live import syscalls
from csyspy.capture.live.syscalls import EnableStats, bpf


@dataclass(frozen=True, slots=True)
class ProbeCost:
    """How often a program ran and how long."""

    name: str
    runs: int
    run_ns: int

    @property
    def ns(self) -> float:
        """Per run; 0 where it never ran."""
        return self.run_ns / self.runs if self.runs else 0.0


@dataclass(frozen=True, slots=True)
class Overhead:
    """The cost of watching since a meter was made."""

    seconds: float
    events: int
    """That came through."""
    drops: tuple[int, ...]
    """Lost because the ring was full, by CPU."""
    ring_bytes: int
    ring_peak_bytes: int
    cpu_seconds: float
    """csyspy's own, all threads."""
    rss_bytes: int
    probes: tuple[ProbeCost, ...] = ()

    @property
    def lost(self) -> int:
        """Events lost, on all CPUs."""
        return sum(self.drops)

    def summary(self) -> str:
        """One line."""
        rate = self.events / self.seconds if self.seconds > 0 else 0.0
        parts = [f"{self.events} events in {self.seconds:.1f} s ({rate:.0f}/s)"]
        if self.lost:
            by_cpu = ", ".join(f"cpu {cpu}: {count}" for cpu, count in enumerate(self.drops) if count)
            parts.append(f"{self.lost} LOST ({by_cpu})")
        else:
            parts.append("none lost")
        if self.ring_bytes:
            parts.append(f"ring at most {100 * self.ring_peak_bytes / self.ring_bytes:.0f} % full")
        share = 100 * self.cpu_seconds / self.seconds if self.seconds > 0 else 0.0
        parts.append(f"own CPU {share:.1f} %")
        parts.append(f"memory {self.rss_bytes / 1e6:.0f} MB")
        parts += [f"{probe.name} {probe.ns:.0f} ns x {probe.runs}" for probe in self.probes if probe.runs]
        return ", ".join(parts)


@dataclass(slots=True)
class Meter:
    """Measures from its making on.

    Counting the run time of programs costs each run some 20 ns, so only `csyspy doctor --live` asks for it."""

    count_runs: bool = False
    _began_s: float = field(default_factory=time.monotonic)
    _began_cpu_s: float = field(default_factory=time.process_time)
    _statistics_fd: int = -1

    def __post_init__(self) -> None:
        if self.count_runs:
            with contextlib.suppress(OSError):  # kernels before 5.8
                self._statistics_fd = bpf(syscalls.ENABLE_STATS, EnableStats(type=0))

    def read(
        self,
        *,
        events: int = 0,
        drops: tuple[int, ...] = (),
        ring_bytes: int = 0,
        ring_peak_bytes: int = 0,
        programs: Mapping[str, int] | None = None,
    ) -> Overhead:
        """The cost so far; ``programs`` are descriptors by name (Loaded.program_fds)."""
        return Overhead(
            seconds=time.monotonic() - self._began_s,
            events=events,
            drops=drops,
            ring_bytes=ring_bytes,
            ring_peak_bytes=ring_peak_bytes,
            cpu_seconds=time.process_time() - self._began_cpu_s,
            rss_bytes=rss_bytes(),
            probes=tuple(_cost(name, fd) for name, fd in (programs or {}).items()) if self._statistics_fd >= 0 else (),
        )

    def close(self) -> None:
        """Stop counting run times."""
        if self._statistics_fd >= 0:
            os.close(self._statistics_fd)
            self._statistics_fd = -1


def rss_bytes() -> int:
    """Memory of this process that is in RAM."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _cost(name: str, fd: int) -> ProbeCost:
    lines: dict[str, str] = {}
    with contextlib.suppress(OSError), open(f"/proc/self/fdinfo/{fd}") as file:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return ProbeCost(name, int(lines.get("run_cnt", "0")), int(lines.get("run_time_ns", "0")))
