"""Text mode in processes of its own: what is printed, and how a run ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scap_builder import CLOSE_E, event, i64, section

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = Path(sys.executable).with_name("csyspy")
AS_A_JOB = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Begin as scripts begin their background jobs: with SIGINT ignored."""


@pytest.fixture(scope="session")
def demo(root: Path) -> Path:
    """A small capture of the project's own."""
    return root / "examples" / "demo.scap"


@pytest.fixture
def cut(demo: Path, tmp_path: Path) -> Path:
    """The first half of it."""
    path = tmp_path / "cut.scap"
    path.write_bytes(demo.read_bytes()[: demo.stat().st_size // 2])
    return path


def test_a_limit_counts_events_that_pass_the_filter(csyspy: Run, demo: Path) -> None:
    assert len(csyspy("-r", demo, "-n", 7, "-p", "*%evt.num", "evt.dir=<").stdout.split()) == 7


def test_an_event_that_is_earlier_than_the_first_does_not_end_a_duration(csyspy: Run, tmp_path: Path) -> None:
    path = tmp_path / "out-of-order.scap"
    times_ns = (10_000_000_000, 9_999_999_000, 10_500_000_000, 11_000_000_001, 10_600_000_000)
    path.write_bytes(section() + b"".join(event(CLOSE_E, (i64(1),), ts=ts) for ts in times_ns))
    assert csyspy("-r", path, "-M", 1, "-p", "%evt.num").stdout.split() == ["1", "2", "3"]
    written = tmp_path / "written.scap"
    csyspy("-r", path, "-M", 1, "-w", written)
    assert csyspy("-r", written, "-p", "%evt.num").stdout.split() == ["1", "2", "3"]


def test_with_a_display_filter_all_events_count(csyspy: Run, demo: Path) -> None:
    every = csyspy("-r", demo, "-n", 50, "-d", "-p", "*%evt.num", "evt.dir=<").stdout.split()
    assert 0 < len(every) < 50
    assert int(every[-1]) <= 50


def test_quiet_counts_only(csyspy: Run, demo: Path) -> None:
    run = csyspy("-r", demo, "-q", "-v", "-n", 20)
    assert run.stdout == ""
    assert "Captured Events: 20, " in run.stderr


def test_several_captures_are_read_one_after_the_other(csyspy: Run, demo: Path) -> None:
    once = csyspy("-r", demo, "-p", "%evt.num").stdout
    assert csyspy("-r", demo, "-r", demo, "-p", "%evt.num").stdout == once * 2


def test_a_capture_comes_through_a_pipe(csyspy: Run, demo: Path) -> None:
    once = csyspy("-r", demo, "-p", "%evt.num %proc.name").stdout
    with demo.open("rb") as stdin:
        assert csyspy("-r", "-", "-p", "%evt.num %proc.name", stdin=stdin).stdout == once


def test_a_cut_capture_shows_all_it_holds_and_says_where_it_ends(csyspy: Run, cut: Path, demo: Path) -> None:
    run = csyspy("-r", cut, "-p", "*%evt.num")
    assert run.returncode == 1
    assert csyspy("-r", demo, "-p", "*%evt.num").stdout.startswith(run.stdout)
    assert len(run.stdout.splitlines()) > 100
    assert len(run.stderr.splitlines()) == 1
    assert "(at byte " in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-r", "/nowhere.scap"), 1, "cannot open /nowhere.scap"),
        (("-r", "/dev/null"), 1, "/dev/null"),
        (("-r", "DEMO", "evt.foo=3"), 2, "unknown field evt.foo\n  evt.foo=3\n  ^^^^^^^\n"),
        (("-r", "DEMO", "proc.name", "="), 2, "^"),
        (("-r", "DEMO", "-p", "%evt.foo"), 2, "unknown field evt.foo\n  %evt.foo\n   ^^^^^^^\n"),
        (("-r", "DEMO", "-p", "%-5evt.num"), 2, "^"),
        (("-r", "DEMO", "-p", ""), 2, "format"),
        (("-r", "DEMO", "-Z"), 2, "unknown option -Z"),
        (("-r", "DEMO", "-c", "no_such_chisel"), 2, "no_such_chisel"),
        (("-i", "no_such_chisel"), 2, "no_such_chisel"),
        (("-r", "DEMO", "--filter-proclist"), 2, "--filter-proclist needs a filter"),
        (("-r", "DEMO", "-w", "DEMO"), 2, "-w would overwrite"),
        (("-r", "DEMO", "-v", "no_such_view"), 2, "no_such_view"),
        (("-r", "DEMO", "evt.num>0 and " * 500 + "evt.foo=1"), 2, "evt.foo=1\n" + " " * 153 + "^^^^^^^\n"),
        (("doctor", "--what"), 2, "--what"),
    ],
)
def test_what_is_wrong_is_one_clear_message(csyspy: Run, demo: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    run = csyspy(*(str(demo) if word == "DEMO" else word for word in arguments))
    assert run.returncode == code
    assert run.stdout == ""
    assert run.stderr.startswith("csyspy: ")
    assert words in run.stderr
    assert "Traceback" not in run.stderr
    assert "internal error" not in run.stderr


def test_a_reader_that_goes_away_ends_the_run_quietly(demo: Path) -> None:
    with subprocess.Popen([COMMAND, "-r", demo], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 0


def test_a_full_disk_is_said(csyspy: Run, demo: Path) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run([COMMAND, "-r", demo], stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1
    assert run.stderr == "csyspy: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(("number", "begin"), [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGINT, AS_A_JOB)])
def test_an_interrupted_run_ends_cleanly(demo: Path, number: signal.Signals, begin: tuple[str, ...]) -> None:
    """The capture comes through a pipe that stays open, so the run is under way when the signal comes."""
    data = demo.read_bytes()
    command = [*begin, COMMAND, "-r", "-", "-p", "*%evt.num", "-S", "-d", "evt.num <= 100"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdin.write(data[: len(data) * 9 // 10])
        run.stdin.flush()
        assert run.stdout.read(1) == b"1"
        time.sleep(0.2)
        os.kill(run.pid, number)
        out, errors = run.stdout.read(), run.stderr.read()
    assert run.returncode == 130
    assert errors == b""
    assert b"Event           #Calls\n" in out


def test_the_summary_follows_the_events(csyspy: Run, demo: Path) -> None:
    lines = csyspy("-r", demo, "-S", "-n", 30).stdout.splitlines()
    at = lines.index("Event           #Calls")
    assert 0 < at - 1 <= 30
    assert sum(int(line[18:]) for line in lines[at + 2 :]) == 30


def test_suppressed_commands_are_left_out(csyspy: Run, demo: Path) -> None:
    names = set(csyspy("-r", demo, "-p", "%proc.name").stdout.split("\n")) - {""}
    gone = sorted(names)[0]
    assert gone not in csyspy("-r", demo, "-U", gone, "-p", "%proc.name").stdout.split("\n")


def test_internal_events_are_shown_when_asked_for(csyspy: Run, captures: Path) -> None:
    capture = captures / "options" / "opt_n1000.scap"
    assert "procinfo" not in csyspy("-r", capture, "-p", "%evt.type").stdout.split("\n")
    assert "procinfo" in csyspy("-r", capture, "-D", "-p", "%evt.type").stdout.split("\n")


def test_listings_and_versions_need_no_capture(csyspy: Run) -> None:
    expected = {"-l": "proc.aname", "-L": "> openat(", "-cl": "topprocs_cpu", "--version": "csyspy version ", "-h": "EXIT CODES"}
    for option, words in expected.items():
        run = csyspy(option)
        assert run.returncode == 0, run.stderr
        assert words in run.stdout


def test_options_of_writing_say_when_nothing_is_written(csyspy: Run, demo: Path) -> None:
    run = csyspy("-r", demo, "-n", 1, "-z", "-W", 3)
    assert run.returncode == 0
    assert run.stderr == "csyspy: warning: -z does nothing without -w\ncsyspy: warning: -W does nothing without -w\n"


@pytest.mark.parametrize(("closed", "code"), [("<&-", 1), (">&-", 0), ("2>&-", 0), ("<&- >&- 2>&-", 1)])
def test_closed_streams_are_no_reason_to_fail(demo: Path, closed: str, code: int) -> None:
    source = "-" if "<&-" in closed else demo
    command = f"exec {sys.executable} -m csyspy -r {source} -n 1 {closed}"
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert run.returncode == code
    assert "internal error" not in run.stderr


def test_options_without_their_partner_are_told(csyspy: Run, demo: Path, tmp_path: Path) -> None:
    assert csyspy("-r", demo, "-q", "-N").stderr == "csyspy: warning: -N does nothing without -l\n"
    run = csyspy("-r", demo, "-w", tmp_path / "x", "-W", 5, "-n", 1)
    assert run.stderr == "csyspy: warning: -W does nothing without -C, -G or -e\n"


def test_a_kubeconfig_that_is_not_there_is_told(csyspy: Run) -> None:
    run = csyspy("-k", "/none", "-n", 1)
    assert run.returncode in (2, 3)  # 3: without root there is nothing to look at
    if run.returncode == 2:
        assert run.stderr.startswith("csyspy: cannot read the kubeconfig /none\n")


def test_what_is_written_is_what_passed(csyspy: Run, demo: Path, tmp_path: Path) -> None:
    fields = ("-p", "*%evt.rawtime %thread.tid %evt.dir %evt.type")  # the process's name came with events that were left out
    written = tmp_path / "written.scap"
    assert csyspy("-r", demo, "-w", written, "-z", "evt.type in (openat, close)").returncode == 0
    assert written.read_bytes()[:2] == b"\x1f\x8b"
    assert csyspy("-r", written, *fields).stdout == csyspy("-r", demo, *fields, "evt.type in (openat, close)").stdout


def test_colours_are_taken_back_at_the_end(csyspy: Run, demo: Path) -> None:
    assert csyspy("-r", demo, "-n", 1, "-d", "-p", r"\e[1mx%evt.num").stdout.endswith("\x1b[00m")


@pytest.mark.parametrize("option", ["-Ubash", "-M1", "-d", "-z"])
def test_what_the_screen_would_pass_over_is_refused(root: Path, option: str) -> None:
    terminal, inside = os.openpty()
    command = [sys.executable, "-m", "csyspy", "-r", str(root / "examples" / "demo.scap"), option]
    done = subprocess.run(command, stdin=inside, stdout=inside, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(terminal)
    os.close(inside)
    assert done.returncode == 2
    assert done.stderr.startswith(f"csyspy: {option[:2]} does nothing on the screen\n")


def test_a_filter_behind_a_listing_is_not_passed_over_in_silence(csyspy: Run) -> None:
    run = csyspy("-L", "evt.type=open")
    assert (run.returncode, run.stderr) == (0, "csyspy: warning: a listing has no use for 'evt.type=open'\n")
