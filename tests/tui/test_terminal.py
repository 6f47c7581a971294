"""The real command on a pseudo-terminal: what it leaves behind, however it ends."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 30
MODES = {name: b"\x1b[?%d" % number for name, number in (("alternate screen", 1049), ("mouse", 1000), ("motion", 1003), ("focus", 1004),
                                                            ("paste", 2004))}
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


class Screen:
    """csyspy in a session of its own; or another program, that starts it."""

    def __init__(self, *arguments: str, program: Sequence[str] = (str(COMMAND),), stdin: int | None = None, **environment: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if stdin is not None:
                os.dup2(stdin, 0)
            os.environ.update(environment)
            os.execv(program[0], [*program, *arguments])
        self.attributes = termios.tcgetattr(self.fd)
        self.resize(80, 24)
        self.seen = b""

    def resize(self, columns: int, lines: int) -> None:
        """The window has another size from now on; what was seen so far is forgotten."""
        self.seen = b""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def assert_given_back(self) -> None:
        """Nothing that was switched on is on at the end, and keys are read as they were before."""
        for name, mode in MODES.items():
            assert self.seen.rfind(mode + b"l") > self.seen.rfind(mode + b"h"), name
        assert self.seen.rfind(SHOW_CURSOR) > self.seen.rfind(HIDE_CURSOR)
        assert termios.tcgetattr(self.fd) == self.attributes

    def until(self, wanted: bytes) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while wanted not in self.seen:
            assert time.monotonic() < end_s, self.seen[-2000:]
            if select.select([self.fd], [], [], 0.2)[0]:
                self.seen += os.read(self.fd, 1 << 16)

    def exit_code(self) -> int:
        """Read what is left and wait for the end."""
        end_s, is_open = time.monotonic() + DEADLINE_S, self.fd >= 0
        while time.monotonic() < end_s:
            try:
                if is_open and select.select([self.fd], [], [], 0.1)[0]:
                    self.seen += os.read(self.fd, 1 << 16)
            except OSError:
                is_open = False
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it never ended")


@pytest.mark.parametrize("term", ["xterm-256color", "screen-256color", "linux", "vt100", "dumb"])
def test_q_gives_the_terminal_back(demo: Path, term: str) -> None:
    screen = Screen("-r", str(demo), TERM=term, LC_ALL="C.UTF-8", COLORTERM="")
    screen.until(b"CPU")
    screen.until(b"END")
    has_colours = term.endswith("256color")
    assert (b"38;5;" in screen.seen) == has_colours
    assert b"38;2;" not in screen.seen or term == "dumb"  # which has no colours of any kind
    assert screen.seen.isascii() != has_colours
    os.write(screen.fd, b"q")
    assert screen.exit_code() == 0
    screen.assert_given_back()


def test_the_window_may_get_smaller_and_larger(demo: Path) -> None:
    screen = Screen("-r", str(demo), TERM="xterm-256color", LC_ALL="C", COLUMNS="80", LINES="24")
    screen.until(b"END")
    screen.resize(50, 12)
    screen.until(b"needs 60x15, is 50x12")
    screen.resize(60, 15)
    screen.until(b"F1")
    screen.resize(200, 60)
    screen.until(b"F12")
    assert screen.seen.isascii()
    os.kill(screen.pid, signal.SIGTERM)
    assert screen.exit_code() == 128 + signal.SIGTERM
    screen.assert_given_back()


def test_it_ends_when_the_shell_that_started_it_is_killed(demo: Path, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    started = f"sh -c 'echo $$ > {note}; exec {COMMAND} -r {demo}'; true"
    shell = Screen("-c", started, program=("/bin/bash", "-m"), TERM="xterm-256color")
    shell.until(b"END")
    pid = int(note.read_text())
    os.kill(shell.pid, signal.SIGKILL)
    assert shell.exit_code() == -signal.SIGKILL
    end_s = time.monotonic() + DEADLINE_S
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end_s
        time.sleep(0.05)


CRASH = """
import sys
from csyspy.cli.main import main
from csyspy.tui.screens.view_base import ViewBase
def paint(self, frame): raise ValueError("paint ran out")
ViewBase.paint = paint
sys.exit(main(sys.argv[1:]))
"""


def test_a_crash_gives_the_terminal_back_and_says_one_line(demo: Path, tmp_path: Path) -> None:
    screen = Screen("-r", str(demo), program=(sys.executable, "-c", CRASH), TERM="xterm-256color", XDG_STATE_HOME=str(tmp_path))
    assert screen.exit_code() == 1
    screen.assert_given_back()
    said = screen.seen[screen.seen.rindex(SHOW_CURSOR) :]
    assert b"internal error: ValueError: paint ran out; the traceback is in" in said
    assert b"Traceback" not in screen.seen
    assert "ran out" in (tmp_path / "csyspy" / "crash.log").read_text()


def test_it_ends_when_its_terminal_goes_and_nobody_tells_it(demo: Path) -> None:
    master, slave = pty.openpty()
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen([COMMAND, "-r", demo], start_new_session=True, env=environment, **streams) as running:  # not its own terminal
        os.close(slave)
        seen = b""
        while b"Processes" not in seen:
            assert select.select([master], [], [], DEADLINE_S)[0]
            seen += os.read(master, 1 << 16)
        os.close(master)
        assert running.wait(DEADLINE_S) == 128 + signal.SIGHUP


def test_without_colours_nothing_is_lost(demo: Path) -> None:
    screen = Screen("-r", str(demo), TERM="xterm-256color", LC_ALL="C.UTF-8", NO_COLOR="1")
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
