"""What comes from elsewhere, on the screen: alerts of another Falco among our own, and the audit view."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from screen import QuietFeed, settled, text_of, until

from csyspy.cli.command import Command
from csyspy.cli.screen_feeds import open_feeds
from csyspy.errors import CsyspyError, UsageError
from csyspy.rules.alerts import Alert
from csyspy.rules.audit_log import AuditReader
from csyspy.rules.loader import load
from csyspy.rules.model import K8S_AUDIT, SYSCALL, LoadOptions, Priority
from csyspy.rules.settings import own_rules_files
from csyspy.tui.app import CsyspyApp
from csyspy.tui.audit_feed import AUDIT_VIEW, AuditLogFeed
from csyspy.tui.received import Received
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.alerts import AlertsScreen
from csyspy.tui.screens.dig import DigScreen
from csyspy.views.catalogue import VIEWS

RULES = """
- rule: Curl ran
  desc: Somebody fetched something
  condition: evt.type in (execve, execveat) and proc.name=curl
  output: curl ran (process=%proc.name pid=%proc.pid)
  priority: WARNING
"""


@pytest.fixture
def received() -> Received:
    received = Received(load(own_rules_files(), LoadOptions((SYSCALL, K8S_AUDIT))))
    received.senders = ("audit:log",)
    return received


def from_elsewhere(time_ns: int, rule: str = "Theirs", name: str = "cat", pid: int = 7) -> Alert:
    fields = f'{{"proc.name":"{name}","proc.pid":{pid}}}'
    return Alert(time_ns, rule, Priority.CRITICAL, "x: Critical theirs", "theirs\x1b[31m", fields_json=fields, origin="falco.json")


async def test_alerts_from_elsewhere_stand_among_our_own(demo: Path, tmp_path: Path, received: Received) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    feed = ReplayFeed(str(demo))
    app = CsyspyApp(feed, "alerts", rules_files=(str(rules),), received=received)
    async with app.run_test(size=(220, 40)) as pilot:
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, AlertsScreen)
        await until(pilot, lambda: "Curl ran" in text_of(app))
        middle_ns = (feed.index.start_ns + feed.index.end_ns) // 2
        for number in range(3):
            received.alerts.add(from_elsewhere(middle_ns + number))
        received.alerts.add(from_elsewhere(1, "Long ago"))
        await until(pilot, lambda: "Long ago" in text_of(app))
        text = text_of(app)
        assert "Curl ran" in text
        assert "▲ Critical" in text
        assert "from falco.json ×3 since " in text
        assert "\x1b" not in text

        screen.lines.go(next(line for line in range(screen.line_count) if screen.line_text(line).startswith("Theirs")))
        await pilot.press("e")
        await pilot.pause()
        assert "known there only" in app.said[-1][1]
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, DigScreen)
        assert app.screen.scope_filter == "proc.pid=7"
        await pilot.press("backspace")
        screen.lines.go(next(line for line in range(screen.line_count) if screen.line_text(line).startswith("Long ago")))
        await pilot.press("enter")
        await pilot.pause()
        assert "no events of that time" in app.said[-1][1]
        await pilot.press("x")
        await pilot.pause()
        assert "Long ago" not in [screen.line_text(line)[:8] for line in range(screen.line_count)]


async def test_the_cursor_stays_on_its_alert_in_a_flood(received: Received) -> None:
    app = CsyspyApp(QuietFeed(), "alerts", received=received)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, AlertsScreen)
        for number in range(20):
            received.alerts.add(from_elsewhere(number, f"rule {number}"))
        await until(pilot, lambda: screen.line_count == 20)
        await pilot.press("down", "down")
        chosen = screen.line_text(screen.lines.cursor)
        for number in range(20, 2000):
            received.alerts.add(from_elsewhere(number, f"rule {number % 40 + 100}"))
        await until(pilot, lambda: screen.line_count == 60)
        assert screen.line_text(screen.lines.cursor) == chosen
        assert "2,000 alerts of 60 rules" in text_of(app)


async def test_the_audit_view_lists_who_did_what(shared: Path, received: Received) -> None:
    reader = AuditReader("host")
    app = CsyspyApp(QuietFeed(), "k8s_audit", received=received, interval_s=0.25)
    async with app.run_test(size=(170, 40)) as pilot:
        with (shared / "samples" / "k8s" / "audit_log.jsonl").open("rb") as file:
            for event in reader.read_lines(file):
                received.take_audit_event(event)
        await until(pilot, lambda: "pods/exec" in text_of(app))
        text = text_of(app)
        assert "kubernetes-admin" in text
        assert "db-password" in text
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, AlertsScreen) and app.screen.line_count > 0)
        assert "kubernetes-admin" in text_of(app)


async def test_an_audit_log_is_shown_as_it_grows(shared: Path, tmp_path: Path) -> None:
    first, *rest = (shared / "samples" / "k8s" / "audit_log.jsonl").read_bytes().splitlines(keepends=True)
    log = tmp_path / "audit.log"
    log.write_bytes(first)
    received, feeds = open_feeds(Command(files=[str(log)]))
    app = CsyspyApp(AuditLogFeed(str(log)), AUDIT_VIEW, received=received, senders=feeds, interval_s=0.25)
    async with app.run_test(size=(170, 40)) as pilot:
        await until(pilot, lambda: "pods/exec" in text_of(app))
        assert "db-password" not in text_of(app)
        with log.open("ab") as file:
            file.writelines(rest)
        await until(pilot, lambda: "db-password" in text_of(app))
        assert app.feed.why_not(VIEWS["procs"])
        assert not app.feed.why_not(VIEWS[AUDIT_VIEW])
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, AlertsScreen) and app.screen.line_count > 1)


def test_the_audit_view_says_what_it_needs() -> None:
    app = CsyspyApp(QuietFeed())
    assert "--from audit:FILE" in app.feed.why_not(VIEWS["k8s_audit"])


def test_feeds_of_the_command_line_reach_the_screen(tmp_path: Path) -> None:
    log = tmp_path / "falco.json"
    log.write_text("")
    received, feeds = open_feeds(Command(feeds=[str(log)]))
    feeds.start()
    try:
        log.write_text('{"rule":"r","priority":"Error","output":"o","time":"2026-03-14T09:26:57Z"}\n')
        give_up_s = time.monotonic() + 60
        while not received.alerts.count:
            assert time.monotonic() < give_up_s
            time.sleep(0.02)
    finally:
        feeds.stop()
    assert received.alerts.groups()[0].origin == str(log)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Command(feeds=["http://0.0.0.0:1"]), "needs a token"),
        (Command(feeds=["x"], rules_files=["/none.yaml"]), "none.yaml"),
    ],
)
def test_what_is_wrong_is_said_before_the_screen_opens(command: Command, said: str) -> None:
    with pytest.raises(CsyspyError) as caught:
        open_feeds(command)
    assert said in caught.value.message
    assert isinstance(caught.value, UsageError) == ("none" not in said)


async def test_a_sender_that_fails_is_named_on_the_screen(received: Received) -> None:
    senders = SimpleNamespace(start=lambda: received.say("falco.json: gone"), stop=lambda: received.say("at the end"))
    app = CsyspyApp(QuietFeed(), received=received, senders=senders)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: any("gone" in said for _, said in app.said))
    assert not any("at the end" in said for _, said in app.said)
