"""Chisels on the running kernel, as somebody at a terminal would see them."""

import signal
import subprocess
import sys

import pytest

from csyspy.capture.live import tier

LACKING = tier.lacking(tier.Tier.A, tier.possibilities())
pytestmark = pytest.mark.skipif(LACKING is not None, reason=f"needs live capture: {LACKING.message if LACKING else ''}")

RULE = "-" * 80
CLEAR = "\x1b[2J"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "import sys; from csyspy.cli.main import main; sys.exit(main())", *arguments]


def test_one_table_at_the_end_of_a_duration():
    run = subprocess.run(command("-M", "1", "-c", "topprocs_cpu"), capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0].split() == ["CPU%", "Process", "PID"]
    assert lines[1] == RULE
    assert 1 <= len(lines[2:]) <= 10
    assert all(line.split()[0].endswith("%") for line in lines[2:])


def test_several_chisels_share_one_watch():
    run = subprocess.run(command("-M", "1", "-pc", "-c", "topprocs_cpu", "-c", "topscalls"), capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(RULE) == 2


def test_a_filter_keeps_a_process():
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        arguments = ("-M", "1", "-j", "-c", "topprocs_cpu", f"proc.pid={sleeper.pid}")
        run = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=30)
        sleeper.kill()
    assert run.returncode == 0, run.stderr
    assert f'["sleep","{sleeper.pid}",0]' in run.stdout


def test_a_table_each_second_until_interrupted():
    with subprocess.Popen(command("-c", "topscalls"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        tables = 0
        text = ""
        while tables < 2:
            line = run.stdout.readline()
            assert line
            text += line
            tables += line.startswith(RULE)
        run.send_signal(signal.SIGINT)
        rest, errors = run.communicate(timeout=30)
    text += rest
    assert run.returncode == 130, errors
    assert text.startswith(CLEAR)
    assert text.count(CLEAR) >= 4
    assert text.endswith("\x1b[?25h")


def test_a_chisel_that_has_said_what_is_wrong_ends_there():
    run = subprocess.run(command("-M", "20", "-c", "fileslower", "many"), capture_output=True, text=True, timeout=15)
    assert run.stdout == "Input min_ms must be a number.\n"


def test_a_wrong_filter_is_shown_with_its_place():
    run = subprocess.run(command("-M", "1", "-c", "topprocs_cpu", "proc.nme=x"), capture_output=True, text=True, timeout=15)
    assert run.returncode == 2
    assert "^" in run.stderr
    assert run.stdout == ""
