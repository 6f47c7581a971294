"""The rules that run behind all screens, and the way to what they say."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from csyspy.errors import CsyspyError
from csyspy.tui.commands import Command
from csyspy.tui.frame import Can, Window
from csyspy.tui.screens.view_base import ViewBase
from csyspy.tui.widgets.pulse import Pulse
from csyspy.tui.widgets.scrubber import Scrubber

if TYPE_CHECKING:
    from csyspy.tui.alert_watch import AlertWatch

LOOK_S = 1.0
"""How often the alerts are counted, and the rules files looked at."""


class Watching(ViewBase):
    """Starts rules, counts their alerts, and opens them.

    Where rules were given, or alerts come from elsewhere, they run from the start to the end. Otherwise they begin with the command
    `alerts`; live, where they cost more than the views do, they end with it."""

    _standing: "AlertWatch | None" = None
    """Goes on while the alerts are not looked at."""
    _counted: "AlertWatch | None" = None
    """The one that was started last, whose alerts the screen counts."""

    _shown_count = -1

    class Watched(Message):
        """A watch has come to its end."""

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        self._stand()

    def on_unmount(self) -> None:
        if self._counted is not None:
            self._counted.close()
        if self._standing is not None:
            self._standing.close()

    def _stand(self) -> None:
        """Start what runs from the start, where that is wanted; the alerts may be opened before this screen is there."""
        wanted = self.received is not None or (bool(self.rules_files) and Can.EVENTS in self.feed.can)
        if wanted and self._standing is None:
            self._standing = self._start(None)

    def command_alerts(self) -> None:
        from csyspy.tui.screens.alerts import AlertsScreen

        self._stand()
        window, watch = self.travel.window, self._standing
        if watch is None or watch.window != window:
            watch = self._start(window)
            if not watch.is_endless and window is None:
                self._standing = watch
        self.app.push_screen(AlertsScreen(watch, partial(self._left, watch)))

    def _left(self, watch: "AlertWatch") -> None:
        """The alerts were left: rules that run for them alone end."""
        if watch is not self._standing:
            watch.close()

    # running

    def _start(self, window: Window | None) -> "AlertWatch":
        """Run the rules on a part of the time, or on all of it."""
        # 40 ms of the start, which who looks at no alerts is spared
        from csyspy.rules.settings import default_rules_files
        from csyspy.tui.alert_watch import AlertWatch

        self._counted = watch = AlertWatch(self.feed, tuple(self.rules_files or default_rules_files()), window, self.received)
        self.run_worker(partial(self._load_and_walk, watch), thread=True, exclusive=True, group=_group_of(watch), exit_on_error=False)
        return watch

    def _load_and_walk(self, watch: "AlertWatch") -> None:
        try:
            watch.load()
        except CsyspyError as error:
            watch.end(error.message)
            self.app.call_from_thread(self.notify, error.message, title="Rules", severity="error", markup=False)
        else:
            watch.walk(_is_cancelled())
        self.post_message(self.Watched())

    def _load_again(self, watch: "AlertWatch") -> None:
        """The files have changed: go on with what they say now. Where they are wrong, the rules before stay in force."""
        try:
            watch.load()
        except CsyspyError as error:
            message = f"{error.message}; the rules before stay in force"
            self.app.call_from_thread(self.notify, message, title="Rules", severity="error", markup=False)
            return
        self.app.call_from_thread(self._walk_again, watch)

    def _walk_again(self, watch: "AlertWatch") -> None:
        self.notify("the files have changed", title="Rules loaded anew", timeout=3, markup=False)
        self.run_worker(partial(self._walk, watch), thread=True, exclusive=True, group=_group_of(watch), exit_on_error=False)

    def _walk(self, watch: "AlertWatch") -> None:
        watch.walk(_is_cancelled())
        self.post_message(self.Watched())

    # counting

    def _look(self) -> None:
        watch = self._counted
        if watch is None:
            return
        if watch.have_files_changed():
            self.run_worker(partial(self._load_again, watch), thread=True, exclusive=True, group="rules", exit_on_error=False)
        self._count(watch)

    @on(Watched)
    def _watched(self) -> None:
        from csyspy.tui.screens.alerts import AlertsScreen

        if self._counted is not None:
            self._count(self._counted)
        for screen in self.app.screen_stack:
            if isinstance(screen, AlertsScreen):
                screen.look()

    def _count(self, watch: "AlertWatch") -> None:
        count = watch.count
        if count == self._shown_count:
            return
        self._shown_count = count
        from csyspy.rules.alert_groups import hits_of
        from csyspy.rules.model import Priority
        from csyspy.tui.alert_text import colour_of

        gathered = watch.gathered()
        urgency = {group.rule: group.newest.priority for each in gathered for group in each.groups()}
        hits = [(urgency.get(rule, Priority.DEBUG), times_ns) for rule, _, times_ns in hits_of(gathered)]
        hits.sort(key=lambda hit: -hit[0])  # the most urgent over the others
        alerts = [(time_ns, colour_of(priority)) for priority, times_ns in hits for time_ns, _ in times_ns]
        self.query_one(Scrubber).show_alerts(tuple(alerts))
        self.query_one(Pulse).show_alerts(count, colour_of(hits[-1][0]) if hits else "$faint")

    @on(Pulse.AlertsClicked)
    def _alerts_clicked(self) -> None:
        self.action_command("alerts")

    def why_not(self, command: Command) -> str:
        if command.id == "alerts" and self.received is not None:
            return ""
        return super().why_not(command)


def _group_of(watch: "AlertWatch") -> str:
    return f"alerts-{id(watch)}"


def _is_cancelled() -> Callable[[], bool]:
    worker = get_current_worker()
    return lambda: worker.is_cancelled
