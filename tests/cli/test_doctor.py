"""`csyspy doctor`: every line with its fix, for root and for nobody."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from csyspy.capture.live import tier
from csyspy.capture.live.tier import Possibilities, Tier
from csyspy.cli import doctor
from csyspy.errors import LiveError, UsageError

ALL = Possibilities(privileged=True, sees_processes=True, btf=True, tracefs=True, bcc="/usr/lib/python3/dist-packages/bcc", lockdown="none")


def without(**changed: object) -> Possibilities:
    return Possibilities(**{**{name: getattr(ALL, name) for name in Possibilities.__slots__}, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("here", "best", "says"),
    [
        (ALL, Tier.A, ""),
        (without(btf=False), Tier.B, "BTF"),
        (without(btf=False, tracefs=False), Tier.C, "tracefs"),
        (without(tracefs=False), Tier.A, ""),
        (without(privileged=False), Tier.C, "root"),
        (without(bcc=""), Tier.C, "bcc"),
        (without(lockdown="confidentiality"), Tier.C, "locked down"),
    ],
)
def test_tiers(here: Possibilities, best: Tier, says: str) -> None:
    assert next(one for one in Tier if tier.lacking(one, here) is None) is best
    missing = [fault for one in (Tier.A, Tier.B) if (fault := tier.lacking(one, here)) is not None]
    assert not says or any(says in fault.message and fault.hint for fault in missing)


def test_a_tier_may_be_forced() -> None:
    assert tier.choose("C") is Tier.C
    with pytest.raises(UsageError, match="no such tier"):
        tier.choose("D")


def test_a_tier_that_is_not_possible_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier, "possibilities", lambda: without(privileged=False))
    with pytest.raises(LiveError, match="root"):
        tier.choose("A")
    assert tier.choose() is Tier.C


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--what"], "option --what not recognized"),
        (["--cri"], "option --cri requires argument"),
        (["--json=x"], "option --json must not have an argument"),
        (["filter"], "does not know filter"),
    ],
)
def test_wrong_words(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        doctor.run(words)


def test_every_fault_has_a_fix() -> None:
    poor = Possibilities(privileged=False, sees_processes=False, btf=False, tracefs=False, bcc="", lockdown="confidentiality")
    for check in doctor.CHECKS:
        finding = check(poor)
        assert finding.state == doctor.GOOD or finding.fix, finding
        assert finding.line().count("\n") <= 1


def run(*args: str, nobody: bool = False) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "csyspy", "doctor", *args]
    if nobody:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_json() -> None:
    done = run("--json")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    told = {finding["check"] for finding in findings}
    assert {"privileges", "kernel", "BTF", "lockdown", "tracefs", "bcc", "cgroups", "tier A", "tier B", "tier C"} <= told
    assert all(set(finding) == {"check", "state", "what", "fix"} for finding in findings)
    assert "events" not in told
    assert done.returncode in (0, 3)
    assert done.stderr == ""


def test_live_measures_what_watching_costs() -> None:
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    done = run("--live", "--seconds", "1", "--buf-size-preset", "2", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    values = {finding["check"]: finding["values"] for finding in findings if "values" in finding}
    assert values["events"]["events"] > 0
    assert 0 < values["ring"]["peak_percent"] <= 100
    assert values["ring"]["bytes"] == 2 << 20
    assert values["csyspy"]["rss_bytes"] > 1 << 20
    assert any(finding["check"] == "probe" and finding["values"]["runs"] > 0 < finding["values"]["ns"] for finding in findings)


@pytest.mark.parametrize("preset", ["x", "0", "11", "²"])
def test_the_ring_has_one_of_ten_sizes(preset: str) -> None:
    with pytest.raises(UsageError, match="a number from 1 to 10"):
        doctor.run(["--live", "--buf-size-preset", preset])


@pytest.mark.parametrize("seconds", ["x", "0", "-1", "99999"])
def test_how_long_to_measure(seconds: str) -> None:
    with pytest.raises(UsageError, match="from 1 to"):
        doctor.run(["--live", "--seconds", seconds])


def test_for_nobody_live_capture_is_not_possible() -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become nobody")
    done = run(nobody=True)
    assert done.returncode == 3, done.stderr
    assert "sudo csyspy" in done.stdout
    assert "Traceback" not in done.stderr
