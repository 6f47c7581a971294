"""Rules on the running kernel: an alert for what is done, rules loaded anew, a broken file that changes nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csyspy.capture.live import tier
from csyspy.capture.live.tier import Tier

DEADLINE_S = 60
RULES = """
- macro: sensitive_files
  condition: fd.name = {path}
- rule: sensitive
  desc: d
  condition: evt.type in (open, openat, openat2) and sensitive_files and proc.name = cat
  output: "%evt.time,%user.uid,%proc.name"
  priority: {priority}
"""


class Watch:
    """`csyspy rules` as it runs; `lines` are the alerts so far, `said` what stands on standard error."""

    def __init__(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("csyspy")), "rules", *words, "-U"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.said: list[str] = []
        self.readers: list[threading.Thread] = []
        for stream, kept in ((self.process.stdout, self.lines), (self.process.stderr, self.said)):
            assert stream is not None
            self.readers.append(
                threading.Thread(target=lambda stream=stream, kept=kept: kept.extend(iter(stream.readline, "")), daemon=True)
            )
            self.readers[-1].start()

    def wait(self, true: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
        """Do `act` again and again until it is true."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline_s, (self.lines, self.said)
            act()
            time.sleep(0.2)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    missing = tier.lacking(Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.format(path=tmp_path / "sensitive.txt", priority="WARNING"))
    (tmp_path / "sensitive.txt").write_text("x")
    return path


def read(rules: Path) -> None:
    """Do what the rule is about."""
    subprocess.run(["cat", rules.with_name("sensitive.txt")], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def watch(rules: Path) -> Iterator[Watch]:
    found = Watch("-r", str(rules))
    yield found
    found.process.terminate()
    assert found.process.wait(30) == 130
    found.readers[-1].join(30)
    assert re.match(r"csyspy: \d+ events in .*(none lost|\d+ LOST)", found.said[-1])


def test_an_alert_within_a_second_and_rules_that_change_meanwhile(rules: Path, watch: Watch) -> None:
    watch.wait(lambda: watch.lines, lambda: read(rules))
    time.sleep(0.5)
    seen = len(watch.lines)
    read(rules)
    watch.wait(lambda: len(watch.lines) > seen)
    assert re.fullmatch(r"\S+: Warning \d\d:\d\d:\d\d\.\d{9},0,cat\n", watch.lines[-1])
    assert len(watch.lines) == seen + 1

    rules.write_text(RULES.format(path=rules.with_name("sensitive.txt"), priority="CRITICAL"))
    watch.wait(lambda: "rules loaded anew" in "".join(watch.said))
    watch.wait(lambda: " Critical " in watch.lines[-1], lambda: read(rules))

    rules.write_text("- rule: broken")
    watch.process.send_signal(signal.SIGHUP)
    watch.wait(lambda: "the rules before stay in force" in "".join(watch.said))
    assert "rules.yaml" in "".join(watch.said)
    seen = len(watch.lines)
    watch.wait(lambda: len(watch.lines) > seen, lambda: read(rules))
    assert " Critical " in watch.lines[-1]
    assert watch.lines[-1].endswith(",0,cat\n")


EXERCISE = Path("/tmp/sensitive.txt")


def test_the_exercise_of_the_sensitive_file(rules: Path, root: Path) -> None:
    """As in docs/cks.md, with its rule, on its file."""
    page = (root / "docs" / "cks.md").read_text()
    rules.write_text(page.split("```yaml\n")[-1].split("```")[0])
    was_there = EXERCISE.exists()
    EXERCISE.touch()
    watch = Watch("-r", str(rules))
    try:
        watch.wait(lambda: watch.lines, lambda: subprocess.run(["cat", EXERCISE], check=True))
        expected = r"\d\d:\d\d:\d\d\.\d{9}: Warning \d\d:\d\d:\d\d\.\d{9} sensitive file opened "
        expected += r"\(user=root command=cat /tmp/sensitive.txt file=/tmp/sensitive.txt container=host\)\n"
        assert re.fullmatch(expected, watch.lines[0])
    finally:
        watch.process.terminate()
        watch.process.wait(30)
        if not was_there:
            EXERCISE.unlink()


@pytest.mark.parametrize("by_signal", [True, False])
def test_settings_that_change_meanwhile(rules: Path, tmp_path: Path, by_signal: bool) -> None:
    settings, alerts = tmp_path / "falco.yaml", tmp_path / "alerts.json"
    included = tmp_path / "config.d"
    included.mkdir()
    before = f"rules_files: [{rules}]\nconfig_files: [{included}]\nwatch_config_files: {str(not by_signal).lower()}\n"
    settings.write_text(before)
    watch = Watch("-c", str(settings))
    try:
        watch.wait(lambda: watch.lines, lambda: read(rules))
        (included / "outputs.yaml").write_text(f"json_output: true\nfile_output: {{enabled: true, filename: {alerts}}}\n")
        if by_signal:
            watch.process.send_signal(signal.SIGHUP)
        watch.wait(lambda: "rules loaded anew" in "".join(watch.said))
        watch.wait(lambda: alerts.exists() and alerts.read_text().count("\n"), lambda: read(rules))
        assert json.loads(alerts.read_text().splitlines()[0])["rule"] == "sensitive"
        watch.wait(lambda: watch.lines[-1].startswith("{"))

        settings.write_text(before + "priority: loud\n")
        watch.process.send_signal(signal.SIGHUP)
        watch.wait(lambda: "the rules before stay in force" in "".join(watch.said))
        seen = len(watch.lines)
        watch.wait(lambda: len(watch.lines) > seen, lambda: read(rules))
    finally:
        watch.process.terminate()
        assert watch.process.wait(30) == 130


def test_events_round_an_alert_are_written_in_bounds(rules: Path, tmp_path: Path) -> None:
    rules.write_text(rules.read_text() + "  capture: true\n  capture_duration: 100\n")
    prefix = tmp_path / "round"
    settings = f"capture.enabled=true capture.path_prefix={prefix} capture.max_file_size_mb=2".split()
    watch = Watch("-r", str(rules), *(word for one in settings for word in ("-o", one)))
    try:
        watch.wait(lambda: len(list(tmp_path.glob("round_*.scap"))) > 1, lambda: read(rules))
    finally:
        watch.process.terminate()
        assert watch.process.wait(30) == 130
    for path in tmp_path.glob("round_*.scap"):
        assert path.stat().st_size <= 2_000_000
        number = path.stem.rpartition("_")[2]
        assert number.isdigit()
        command = [str(Path(sys.executable).with_name("csyspy")), "-r", str(path), "proc.name=cat and fd.name contains sensitive"]
        assert "sensitive.txt" in subprocess.run(command, capture_output=True, text=True, check=True, timeout=DEADLINE_S).stdout
