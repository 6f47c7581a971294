"""csyspy at work on the running kernel: started, hooked in, stopped, and what it cost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

CSYSPY = Path(sys.executable).with_name("csyspy")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_S = 20.0
QUIET_S = 0.4
"""Without a change of what is hooked, after which everything is taken to be."""


class Failed(Exception):
    """csyspy ended by itself; carries the first line of its complaint."""


class Watcher:
    """A csyspy that watches, on one CPU, its output thrown away. Raises Failed where it does not come up."""

    def __init__(self, words: Sequence[str], cpu: int) -> None:
        self.complaints = os.fdopen(os.memfd_create("complaints"), "w+b")
        self.process = subprocess.Popen(
            [str(CSYSPY), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.complaints,
        )
        os.sched_setaffinity(self.process.pid, {cpu})
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        end_s = time.monotonic() + START_S
        before, since_s = -1, time.monotonic()
        while time.monotonic() < end_s:
            if self.process.poll() is not None:
                raise Failed(self.said() or f"exit code {self.process.returncode}")
            hooks = self.hooks()
            if hooks != before:
                before, since_s = hooks, time.monotonic()
            elif hooks and time.monotonic() - since_s > QUIET_S:
                return
            time.sleep(0.02)
        raise Failed("nothing was hooked")

    def hooks(self) -> int:
        """How many programs and iterators it holds in the kernel."""
        count = 0
        try:
            for entry in os.scandir(f"/proc/{self.process.pid}/fd"):
                try:
                    target = os.readlink(entry.path)
                except OSError:
                    continue
                count += "bpf" in target or "perf_event" in target
        except OSError:
            pass
        return count

    def cpu_s(self) -> float:
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def peak_rss_mb(self) -> float:
        """10^6 bytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) * 1024 / 1e6

    def said(self) -> str:
        """What it wrote on standard error, the last line of it."""
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> str:
        """Interrupt it; the last line of its standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        said = self.said()
        self.complaints.close()
        return said

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.complaints.closed:
            self.stop()
