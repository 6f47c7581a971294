"""Forced tiers on the command line. Tracefs is mounted in a namespace of the test's own."""

import os
import shutil
import subprocess
import sys

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.tier import Tier

MOUNTED = "{ mountpoint -q /sys/kernel/tracing || mount -t tracefs ours /sys/kernel/tracing; } && exec "


def csyspy(*words: str, tracefs: bool = False, nobody: bool = False) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "csyspy", *words]
    if nobody:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", *command]
    if tracefs:
        command = ["unshare", "-m", "sh", "-c", MOUNTED + '"$@"', "sh", *command]
    environment = {**os.environ, "HOME": "/nonexistent"} if nobody else None
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def tracefs_may_be_mounted() -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-m", "sh", "-c", MOUNTED + "test -d /sys/kernel/tracing/events/raw_syscalls"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("tier", ["A", "B", "C"])
def test_the_cpu_chisel_in_each_tier(tier: str) -> None:
    missing = tiers.lacking(Tier.A, tiers.possibilities())
    if tier != "C" and missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    if tier == "B" and not tracefs_may_be_mounted():
        pytest.skip("needs root and a kernel with tracefs")
    done = csyspy("--tier", tier, "-c", "topprocs_cpu", "-M", "1", tracefs=tier == "B")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 2


def test_a_view_in_tier_b_comes_from_events() -> None:
    missing = tiers.lacking(Tier.A, tiers.possibilities())
    if missing is not None or not tracefs_may_be_mounted():
        pytest.skip("needs live capture, root and a kernel with tracefs")
    done = csyspy("--tier", "B", "-v", "procs", "--once", "--json", tracefs=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("{") > 1


@pytest.mark.parametrize("words", [("-c", "topprocs_cpu", "-M", "1"), ("-v", "procs", "--once")])
def test_nobody_is_told_what_is_not_seen(words: tuple[str, ...]) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become nobody")
    done = csyspy(*words, nobody=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1), done.stderr
    assert "seen through /proc alone (tier C): live capture needs root" in done.stderr
    assert len(done.stdout.splitlines()) > 2


def test_no_events_in_tier_c() -> None:
    done = csyspy("--tier", "C", "--text", "evt.type=open")
    assert (done.returncode, done.stdout) == (3, "")
    assert "has no events" in done.stderr


def test_what_a_tier_does_not_have() -> None:
    done = csyspy("--tier", "C", "-v", "connections", "--once")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing for the view connections" in done.stderr or "root" in done.stderr


def test_a_tier_that_lacks_something_says_what() -> None:
    missing = tiers.lacking(Tier.B, tiers.possibilities())
    if missing is None:
        pytest.skip("tier B lacks nothing here")
    done = csyspy("--tier", "B", "-c", "topprocs_cpu", "-M", "1")
    assert done.returncode == 3
    assert done.stderr == f"csyspy: {missing.message}\n  {missing.hint}\n"


def test_there_is_no_other_tier() -> None:
    done = csyspy("--tier", "X")
    assert done.returncode == 2
    assert "unknown tier 'X'" in done.stderr
