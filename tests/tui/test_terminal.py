"""The real command on a pseudo-terminal: what it leaves behind, however it ends."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 30
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"


class Screen:
    """csyspy in a session of its own."""

    def __init__(self, *arguments: str, stdin: int | None = None, **environment: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if stdin is not None:
                os.dup2(stdin, 0)
            os.environ.update(environment)
            os.execv(str(COMMAND), [str(COMMAND), *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen = b""

    def until(self, wanted: bytes) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while wanted not in self.seen:
            assert time.monotonic() < end_s, self.seen[-2000:]
            if select.select([self.fd], [], [], 0.2)[0]:
                self.seen += os.read(self.fd, 1 << 16)

    def exit_code(self) -> int:
        """Read what is left and wait for the end."""
        end_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < end_s:
            try:
                if self.fd >= 0 and select.select([self.fd], [], [], 0.1)[0]:
                    self.seen += os.read(self.fd, 1 << 16)
            except OSError:
                self.fd = -1
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it never ended")


@pytest.mark.parametrize("term", ["xterm-256color", "screen", "linux"])
def test_q_gives_the_terminal_back(demo: Path, term: str) -> None:
    screen = Screen("-r", str(demo), TERM=term)
    screen.until(b"Processes")
    os.write(screen.fd, b"q")
    assert screen.exit_code() == 0
    assert LEAVE_ALTERNATE_SCREEN in screen.seen
    assert screen.seen.rindex(SHOW_CURSOR) > screen.seen.rindex(b"Processes")


def test_who_is_told_to_end_gives_the_terminal_back(demo: Path) -> None:
    screen = Screen("-r", str(demo), TERM="xterm-256color")
    screen.until(b"Processes")
    os.kill(screen.pid, signal.SIGTERM)
    assert screen.exit_code() == 128 + signal.SIGTERM
    assert LEAVE_ALTERNATE_SCREEN in screen.seen


def test_it_ends_when_its_terminal_goes(demo: Path) -> None:
    screen = Screen("-r", str(demo), TERM="xterm-256color")
    screen.until(b"Processes")
    os.close(screen.fd)
    screen.fd = -1
    assert screen.exit_code() == 128 + signal.SIGHUP


def test_without_colours_nothing_is_lost(demo: Path) -> None:
    screen = Screen("-r", str(demo), TERM="xterm-256color", NO_COLOR="1")
    screen.until("▸ ".encode())
    screen.until("CPU▼".encode())
    os.write(screen.fd, b"q")
    assert screen.exit_code() == 0


def test_alerts_come_by_standard_input_and_keys_from_the_terminal(demo: Path) -> None:
    reading, writing = os.pipe()
    screen = Screen("-r", str(demo), "--from", "-", stdin=reading, TERM="xterm-256color")
    os.close(reading)
    os.write(writing, b'{"rule":"Piped in","priority":"Error","output":"o"}\n')
    screen.until(b"Piped in")
    os.write(screen.fd, b"q")
    assert screen.exit_code() == 0
    os.close(writing)


def test_alerts_cannot_come_from_where_the_keys_come_from(demo: Path) -> None:
    screen = Screen("-r", str(demo), "--from", "-", TERM="xterm-256color")
    assert screen.exit_code() == 2
    assert b"standard input is the terminal" in screen.seen
