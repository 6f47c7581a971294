"""The screen as its user meets it: the real command on a pseudo-terminal of 120x40."""

import ctypes
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CSYSPY = str(Path(sys.executable).with_name("csyspy"))
COLUMNS, LINES = 120, 40
DOWN = b"\x1b[B"
CURSOR = "▸ ".encode()
LOAD_KEYS = 40
IDLE_S = 6.0
SLOWEST_S = 20.0
LONGEST_S = 120.0
"""To read a long capture."""
READ = "■ END".encode()
FULL_SPEED = b"." * 6
IN_OPEN = 0x20  # <sys/inotify.h>


class Terminal:
    """A csyspy on a terminal of its own."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.start_s = time.perf_counter()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(CSYSPY, [CSYSPY, *arguments])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def until(self, wanted: bytes, most_s: float = SLOWEST_S) -> float:
        """Read until `wanted` is drawn; seconds since the start. Raises TimeoutError."""
        seen, end_s = b"", time.perf_counter() + most_s
        while wanted not in seen:
            seen = seen[-256:] + self._some(end_s - time.perf_counter())
        return time.perf_counter() - self.start_s

    def _some(self, most_s: float) -> bytes:
        if not select.select([self._fd], [], [], max(most_s, 0))[0]:
            raise TimeoutError("the screen never drew it")
        return os.read(self._fd, 1 << 16)

    def quiet(self, for_s: float) -> None:
        """Read whatever comes for a time."""
        end_s = time.perf_counter() + for_s
        while (left_s := end_s - time.perf_counter()) > 0:
            if select.select([self._fd], [], [], left_s)[0]:
                os.read(self._fd, 1 << 16)

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def cpu_s(self) -> float:
        """CPU time so far, user and system."""
        words = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self, which: str = "VmRSS") -> float:
        """Memory now, or with VmHWM the most so far, 10^6 bytes."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{which}:"))) * 1024 / 1e6

    def close(self) -> None:
        self.press(b"q")
        try:
            self.quiet(0.3)
        except OSError:
            pass
        for step in (0.0, 1.0):
            time.sleep(step)
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                break
        else:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)


@dataclass(frozen=True, slots=True)
class TerminalCosts:
    """What was measured."""

    first_paint_ms: float
    """From the start of the process to its first line."""
    first_rows_ms: float
    """From the moment that a capture is opened to its first rows."""
    start_to_rows_ms: float
    """From the start of the process to these."""
    key_p50_ms: float
    """From a key to the line it moves the cursor to, while a long capture is read."""
    key_p95_ms: float
    playing_p95_ms: float
    """The same while the capture plays as fast as it can."""
    idle_percent: float
    """Of one CPU, with a capture that has been read."""
    live_percent: float
    """Of one CPU, live at the default interval."""


def terminal_costs(small: Path, middling: Path, long: Path) -> TerminalCosts:
    """Start the screen a few times and measure: the first rows of `middling`, and keys while `long` is read."""
    paints = []
    for _ in range(5):
        screen = Terminal(["-r", str(small)])
        paints.append(screen.until(b"csyspy"))
        screen.until(CURSOR)
        screen.close()
    rows = [_first_rows_s(middling) for _ in range(5)]
    screen = Terminal(["-r", str(long)])
    screen.until(CURSOR)
    while_read = _key_waits_s(screen)
    screen.until(READ, LONGEST_S)
    screen.press(b"[" + FULL_SPEED + b"p")
    screen.until("▶".encode())
    while_played = _key_waits_s(screen)
    screen.close()
    return TerminalCosts(
        min(paints) * 1000,
        min(from_opening_s for from_opening_s, _ in rows) * 1000,
        min(from_start_s for _, from_start_s in rows) * 1000,
        while_read[len(while_read) // 2] * 1000,
        while_read[len(while_read) * 95 // 100] * 1000,
        while_played[len(while_played) * 95 // 100] * 1000,
        _idle_percent(["-r", str(small)]),
        _idle_percent([]),
    )


def _first_rows_s(capture: Path) -> tuple[float, float]:
    """Seconds to the first rows: since the file was first opened, since the start."""
    libc = ctypes.CDLL(None, use_errno=True)
    opened = libc.inotify_init1(os.O_CLOEXEC)
    if opened < 0 or libc.inotify_add_watch(opened, os.fsencode(capture), IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "cannot watch for the opening", str(capture))
    screen = Terminal(["-r", str(capture)])
    if not select.select([opened], [], [], SLOWEST_S)[0]:
        raise TimeoutError("the screen never opened it")
    opened_s = time.perf_counter()
    from_start_s = screen.until(CURSOR)
    screen.close()
    os.close(opened)
    return screen.start_s + from_start_s - opened_s, from_start_s


def _key_waits_s(screen: Terminal) -> list[float]:
    """How long each of some keys took to move the cursor, shortest first."""
    waits = []
    for _ in range(LOAD_KEYS):
        start_s = time.perf_counter()
        screen.press(DOWN)
        screen.until(CURSOR)
        waits.append(time.perf_counter() - start_s)
        screen.quiet(0.02)
    return sorted(waits)


def _idle_percent(arguments: Sequence[str]) -> float:
    screen = Terminal(arguments)
    screen.until(CURSOR)
    screen.quiet(3.0)
    before_s = screen.cpu_s()
    screen.quiet(IDLE_S)
    percent = (screen.cpu_s() - before_s) / IDLE_S * 100
    screen.close()
    return percent
