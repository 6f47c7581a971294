"""What is done with an alert: to the events round it, into a capture, the clipboard, or an exception."""

import os
from functools import partial
from pathlib import Path

from textual import work

from csyspy.errors import CsyspyError
from csyspy.rules.alert_groups import Group
from csyspy.rules.alerts import Alert
from csyspy.rules.model import SYSCALL
from csyspy.tui.alert_watch import AlertWatch
from csyspy.tui.exceptions import append_stanza, exception_stanza
from csyspy.tui.frame import Can, Feed, Window
from csyspy.tui.moments import AROUND_NS
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.dig import DigScreen
from csyspy.tui.screens.prompt import Confirm
from csyspy.tui.screens.searching import Searching


class AlertCommands(Searching):
    """Commands on the selected group of alerts."""

    alerts: AlertWatch

    def selected(self) -> Group | None:
        """The group under the cursor."""
        raise NotImplementedError

    def place(self, group: Group) -> tuple[Feed, Alert] | None:
        """An alert of the group and where the events round it are; None where they are gone, or were never here."""
        if not self.alerts.is_endless:
            return self.feed, group.newest
        kept = self.alerts.kept(group)
        try:
            return (ReplayFeed(kept.path), kept.alert) if kept is not None else None
        except CsyspyError:
            return None

    def place_or_say(self, group: Group) -> tuple[Feed, Alert] | None:
        """As `place`; says so where there is none."""
        place = self.place(group)
        if place is None:
            self.notify("the events round it were not kept", severity="warning", timeout=5, markup=False)
        return place

    def why_no_events(self, group: Group) -> str:
        """Why there can be no events round it here; empty where there may be."""
        index, time_ns = self.feed.index, group.newest.time_ns
        if group.newest.source != SYSCALL:
            return f"events of the source {group.newest.source} belong to no process: the view Kubernetes Audit tells who did what"
        if Can.EVENTS not in self.feed.can:
            return "this source has no events: it reads /proc"
        if not self.alerts.is_endless and index.events and not index.start_ns - AROUND_NS <= time_ns <= index.end_ns + AROUND_NS:
            return f"{self.feed.source} has no events of that time"
        return ""

    def _has_events(self, group: Group) -> bool:
        reason = self.why_no_events(group)
        if reason:
            self.notify(reason, severity="warning", timeout=5, markup=False)
        return not reason

    def command_drill(self) -> None:
        group = self.selected()
        if group is None or not self._has_events(group):
            return
        crumbs, place = (group.rule, group.who), self.place(group)
        if place is None:
            self.app.push_screen(DigScreen(self.feed, _process_filter(group.newest), "", crumbs, None))
            return
        feed, alert = place
        self.app.push_screen(DigScreen(feed, _process_filter(alert), "", crumbs, _around(alert), alert.time_ns))

    def command_copy(self) -> None:
        group = self.selected()
        if group is not None:
            self.app.copy_to_clipboard(group.newest.output)
            self.notify(group.newest.output, title="Copied", timeout=3, markup=False)

    def command_save_events(self) -> None:
        group = self.selected()
        place = self.place_or_say(group) if group is not None and self._has_events(group) else None
        if place is not None:
            feed, alert = place
            self._save(feed, Path(f"csyspy-alert-{alert.event or alert.time_ns}.scap").absolute(), _around(alert))

    @work(thread=True, group="save", exit_on_error=False)
    def _save(self, feed: Feed, path: Path, window: Window) -> None:
        try:
            count = feed.save(str(path), window)
        except CsyspyError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
            return
        self.app.call_from_thread(self.notify, str(path), title=f"{count:,} events written", markup=False)

    def command_exception(self) -> None:
        group = self.selected()
        if group is None:
            return
        stanza = exception_stanza(group.newest)
        if not stanza:
            self.notify("the rule's output has no field to tell this cause from others", severity="warning")
            return
        path = local_rules_path()
        self.app.push_screen(Confirm(f"Append to {path}", stanza), partial(self._write_exception, path, stanza))

    def _write_exception(self, path: Path, stanza: str, yes: bool | None) -> None:
        if not yes:
            return
        try:
            append_stanza(path, stanza)
        except OSError as error:
            self.notify(f"{path}: {error.strerror}", severity="error", markup=False)
            return
        self.notify(f"{path}; load it behind the rules it changes", title="Exception written", markup=False)


def local_rules_path() -> Path:
    """The user's own rules file: ~/.config/csyspy/rules.local.yaml."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "csyspy" / "rules.local.yaml"


def _around(alert: Alert) -> Window:
    return Window(alert.time_ns - AROUND_NS, alert.time_ns + AROUND_NS)


def _process_filter(alert: Alert) -> str:
    pid = alert.output_fields.get("proc.pid")
    name = alert.output_fields.get("proc.name")
    if alert.origin and not isinstance(pid, int) and isinstance(name, str) and name.isprintable() and '"' not in name:
        return f'proc.name="{name}"'
    return f"proc.pid={pid}" if isinstance(pid, int) else f"thread.tid={alert.tid}" if alert.tid >= 0 else ""
