"""The rules at work on what the screen looks at, whichever screen is open."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from csyspy.errors import CsyspyError
from csyspy.fields.errors import FieldError
from csyspy.filters.passing import passing_any
from csyspy.rules.alert_groups import AlertGroups, Group
from csyspy.rules.loader import load_or_raise
from csyspy.rules.watch import FileWatch
from csyspy.tui.alert_events import AlertEvents, Kept
from csyspy.tui.collect.alerts import AlertCollector
from csyspy.tui.crash import write_crash
from csyspy.tui.frame import Can, Feed, IsCancelled, State, Window
from csyspy.tui.received import Received

if TYPE_CHECKING:
    from csyspy.rules.model import Rule


class AlertWatch:
    """Runs the rules of some files on the events of a feed, and has what was `received` from elsewhere beside their alerts.

    `load` and `walk` take their time, in a thread; everything else may be asked meanwhile."""

    def __init__(self, feed: Feed, rules_files: Sequence[str], window: Window | None = None, received: Received | None = None) -> None:
        self.feed = feed
        self.window = window
        self.problem = ""
        """Why there are no more alerts than these; empty while all is well."""
        self.is_reading = True
        self._rules_files = rules_files
        self._files = FileWatch(rules_files)
        self._received = received
        self._found: AlertCollector | None = None
        self._events: AlertEvents | None = None
        self._closed = threading.Event()

    @property
    def is_endless(self) -> bool:
        """Whether events go on to come."""
        return Can.SEEK not in self.feed.can

    @property
    def is_watching(self) -> bool:
        """Whether it looks at a machine: then the events round alerts are kept, and rules files that change are loaded anew."""
        return self.is_endless and Can.EVENTS in self.feed.can

    @property
    def state(self) -> State:
        """The word for how fresh it is."""
        if self.is_reading:
            return State.LIVE if self.is_endless else State.LOADING
        return State.PARTIAL if self.problem else State.MOMENT if self.window else State.END

    @property
    def count(self) -> int:
        """Alerts so far."""
        return sum(each.count for each in self.gathered())

    def gathered(self) -> list[AlertGroups]:
        """The alerts of the rules that run here, and those from elsewhere."""
        own = [self._found.alerts] if self._found is not None else []
        return own + ([self._received.alerts] if self._received is not None else [])

    def rule(self, name: str) -> "Rule | None":
        """A rule that runs here."""
        return self._found.rules.get(name) if self._found is not None else None

    def kept(self, group: Group) -> Kept | None:
        """The events round an alert of the group, where they are of a live watch and were kept."""
        return self._events.of(group) if self._events is not None else None

    def have_files_changed(self) -> bool:
        """True once for each change, live; a capture was read with the rules as they were."""
        return self.is_watching and self._files.changed()

    def load(self) -> None:
        """Read the rules files; the alerts so far stay. `walk` has to begin anew. Raises CsyspyError, and goes on with the rules before."""
        loaded = load_or_raise(self._rules_files)
        events = AlertEvents() if self.is_watching else None
        carried = self._found.alerts if self._found is not None else None
        try:
            found = AlertCollector(loaded, self.feed.directions, events, carried)
        except FieldError as error:
            raise CsyspyError(error.render()) from error
        self._found, self._events = found, events

    def walk(self, is_cancelled: IsCancelled) -> None:
        """Run the rules that were loaded, until the events end, `is_cancelled()` or it is closed."""
        found, events = self._found, self._events
        if found is None:
            return

        def is_over() -> bool:
            return self._closed.is_set() or is_cancelled()

        problem = ""
        wanted = passing_any((rule.tree for rule in found.rules.values()), switches=False)
        try:
            self.feed.walk(found.sinks, self.window, is_over, found.learn, wanted)
        except CsyspyError as error:
            problem = error.message
        except Exception as error:  # rules that fail are no reason to lose the screen
            problem = write_crash(error)
        if events is not None and (events is not self._events or self._closed.is_set()):
            events.close()
        if not is_over():
            self.end(problem)

    def end(self, problem: str = "") -> None:
        """No more alerts come from the rules that run here."""
        self.problem, self.is_reading = problem, False

    def close(self) -> None:
        """Let it end, and forget the events that were kept."""
        self._closed.set()
        if self._events is not None:
            self._events.close()
