"""Falco's alerts on the screen."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from screen import QuietFeed, settled, text_of, until

from csyspy.capture.live import tier as tiers
from csyspy.containers.node import NodeMetadata
from csyspy.containers.service import MetadataService
from csyspy.rules.alert_groups import newest_first, who_of
from csyspy.rules.loader import load
from csyspy.rules.model import Priority
from csyspy.tui.app import CsyspyApp
from csyspy.tui.collect.alerts import AlertCollector, beat
from csyspy.tui.exceptions import append_stanza, exception_stanza
from csyspy.tui.frame import Can
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.alerts import AlertsScreen
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.page import PageScreen
from csyspy.tui.screens.prompt import Confirm
from csyspy.tui.stream_feed import StreamFeed
from csyspy.tui.widgets.lines import LinesView
from csyspy.tui.widgets.pulse import Pulse
from csyspy.tui.widgets.scrubber import Scrubber

RULES = """
- rule: Curl ran
  desc: Somebody fetched something
  condition: evt.type in (execve, execveat) and evt.dir=< and (proc.name=curl or proc.name=wget) and not proc.name=bash
  output: curl ran (process=%proc.name pid=%proc.pid container=%container.name)
  priority: WARNING
  tags: [network]
- rule: Shell ran
  desc: Somebody opened a shell
  condition: evt.type in (execve, execveat) and evt.dir=< and proc.name in (bash, sh)
  output: shell ran (process=%proc.name parent=%proc.pname)
  priority: NOTICE
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def collected(demo: Path, rules: str) -> AlertCollector:
    collector = AlertCollector(load([rules]))
    ReplayFeed(str(demo)).walk(collector.sinks, None, lambda: False, lambda state: None)
    return collector


def test_repeats_are_one_group(demo: Path, rules: str) -> None:
    collector = collected(demo, rules)
    groups = newest_first([collector.alerts])
    assert sum(group.count for group in groups) == collector.alerts.count > len(groups)
    assert {group.rule for group in groups} == {"Curl ran", "Shell ran"}
    assert groups[0].newest.time_ns >= groups[-1].newest.time_ns
    assert all(group.first_ns <= group.newest.time_ns for group in groups)
    assert not [group for group in newest_first([collector.alerts], frozenset({"Curl ran"})) if group.rule == "Curl ran"]
    curl = next(group for group in groups if group.rule == "Curl ran")
    assert curl.newest.priority is Priority.WARNING
    assert who_of(curl.newest).endswith("curl")


def test_a_beat_has_the_width_asked_for() -> None:
    assert beat([(0, 2), (99, 1)], 0, 100, 4) == "█  ▄"


def test_an_exception_is_what_falco_reads(demo: Path, rules: str, tmp_path: Path) -> None:
    collector = collected(demo, rules)
    alert = next(group.newest for group in newest_first([collector.alerts]) if group.rule == "Curl ran")
    stanza = exception_stanza(alert)
    [item] = yaml.safe_load(stanza)
    assert item["rule"] == "Curl ran"
    assert item["exceptions"][0]["fields"][0] == "proc.name"
    local = tmp_path / "local" / "rules.yaml"
    append_stanza(local, stanza)
    append_stanza(local, stanza.replace("csyspy_proc_name", "another"))
    loaded = load([rules, str(local)])
    assert loaded.successful, loaded.errors
    assert len(next(rule for rule in loaded.rules if rule.name == "Curl ran").exceptions) == 2


async def test_alerts_lead_to_events_conditions_and_captures(
    demo: Path, rules: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, csyspy: Callable[..., object]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    app = CsyspyApp(ReplayFeed(str(demo)), rules_files=(rules,))
    async with app.run_test(size=(170, 40)) as pilot:
        await settled(pilot)
        counted = app.view_screen.query_one(Pulse).query_one("#alerts").render()
        assert "▲" in app.view_screen.query_one(Scrubber).render().plain
        await pilot.press("A")
        await settled(pilot)
        assert isinstance(app.screen, AlertsScreen)
        assert str(counted) == f"▲ {app.screen.alerts.count} alerts"
        await until(pilot, lambda: "✓ evt.type in (execve, execveat)" in text_of(app))
        text = text_of(app)
        assert "■ Warning" in text
        assert "· Notice" in text
        assert "×" in text

        await pilot.press("e")
        await settled(pilot)
        assert isinstance(app.screen, PageScreen)
        assert "✓ all of" in text_of(app)
        assert "✓ evt.type in (execve, execveat)" in text_of(app)
        await pilot.press("backspace", "slash", *"curl ran", "enter", "enter")
        await settled(pilot)
        assert isinstance(app.screen, DigScreen)
        assert app.screen.rows
        await pilot.press("backspace", "w")
        await until(pilot, lambda: any("events written" in said for _, said in app.said))
        assert list(tmp_path.glob("csyspy-alert-*.scap"))
        await pilot.press("E")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "rule: Curl ran" in text_of(app), text_of(app)
        await pilot.press("y")
        await pilot.pause()
        assert "Curl ran" in (tmp_path / "config" / "csyspy" / "rules.local.yaml").read_text()
        await pilot.press("x")
        await pilot.pause()
        assert "1 muted" in text_of(app)
        await pilot.press("c")
        await pilot.pause()
        assert "muted" not in text_of(app).splitlines()[0]
    written = csyspy("-r", next(tmp_path.glob("csyspy-alert-*.scap")), "-n", "1")
    assert written.returncode == 0  # type: ignore[attr-defined]


async def test_wrong_rules_are_named(demo: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("- rule: x\n")
    app = CsyspyApp(ReplayFeed(str(demo)), rules_files=(str(wrong),))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("A")
        await pilot.pause()
        assert str(wrong) in app.said[-1][1]


async def test_live_the_events_round_an_alert_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, csyspy: Callable[..., object]
) -> None:
    lacking = tiers.lacking(tiers.Tier.A, tiers.possibilities())
    if lacking is not None:
        pytest.skip(f"needs the kernel: {lacking.message}")
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "- rule: Secret read\n  desc: Somebody read it\n  priority: WARNING\n  output: read by %proc.name\n"
        f"  condition: evt.type in (open, openat) and (fd.name = {secret} or fd.name = /never) and proc.name = cat\n"
    )
    app = CsyspyApp(StreamFeed(0.2, NodeMetadata(MetadataService([]))), "alerts", rules_files=(str(rules),))
    async with app.run_test(size=(170, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, AlertsScreen)

        give_up_s = time.monotonic() + 60
        while not screen.line_count:
            assert time.monotonic() < give_up_s, app.said
            subprocess.run(["cat", secret], check=True, stdout=subprocess.DEVNULL)
            await pilot.pause(0.1)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, PageScreen))
        text = text_of(app)
        assert f"✓ fd.name = {secret}" in text
        assert "✗ fd.name = /never" in text
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: isinstance(app.screen, DigScreen) and bool(app.screen.rows))
        dig = app.screen
        assert isinstance(dig, DigScreen)
        await until(pilot, lambda: str(secret) in dig.rows[dig.query_one(LinesView).cursor].info)
        assert str(secret) in dig.rows[dig.query_one(LinesView).cursor].info
        await pilot.press("backspace", "w")
        await until(pilot, lambda: any("events written" in said for _, said in app.said))
    [written] = tmp_path.glob("csyspy-alert-*.scap")
    found = csyspy("-r", written, f"proc.name = cat and fd.name = {secret}")
    assert "openat" in found.stdout  # type: ignore[attr-defined]


async def test_rules_files_that_change_are_loaded_anew_live(rules: str) -> None:
    walks: list[int] = []
    feed = QuietFeed()
    feed.can = Can.EVENTS
    feed.walk = lambda sinks, *more: walks.append(len(sinks))  # type: ignore[method-assign]
    app = CsyspyApp(feed, "alerts", rules_files=(rules,))
    async with app.run_test(size=(120, 40)) as pilot:
        assert isinstance(app.screen, AlertsScreen)
        await until(pilot, lambda: len(walks) == 1)
        Path(rules).write_text("- rule: x\n")
        await until(pilot, lambda: any("the rules before stay in force" in said for _, said in app.said))
        Path(rules).write_text(RULES.replace("Curl ran", "Something was fetched"))
        await until(pilot, lambda: any("Rules loaded anew" in said for _, said in app.said))
        await until(pilot, lambda: len(walks) == 2)
