"""The audit view on the screen, beside the views of whatever else is looked at."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from csyspy.filters.passing import EVERYTHING, Passing
from csyspy.rules.directions import Directions
from csyspy.tui.arrange import arranged
from csyspy.tui.frame import Can, Feed, Frame, IsCancelled, Publish, Query, State, Window
from csyspy.tui.time_index import TimeIndex
from csyspy.views.snapshot import snapshot_of
from csyspy.views.view import K8S_AUDIT, View

if TYPE_CHECKING:
    from csyspy.tui.received import Received

AUDIT_VIEW = "k8s_audit"
NO_CALLS = "an audit log tells of requests to an API server only, not of system calls"
LOOK_S = 0.05
"""While it waits for the next refresh, how long it takes to notice that another question was asked."""


class AuditLogFeed:
    """An audit log and nothing else: there are no system calls, hence no other views. What it says comes by `Received`."""

    can = Can.NOTHING
    directions: Directions = "auto"
    lost = 0

    def __init__(self, path: str) -> None:
        self.source = PurePath(path).name
        self.index = TimeIndex()

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        """As Feed.answer."""
        publish(Frame(snapshot_of(query.view, ()), State.LIMITED, notice=NO_CALLS, query_seq=query.seq))

    def walk(
        self,
        sinks: Sequence[Any],
        window: Window | None,
        is_cancelled: IsCancelled,
        on_step: Callable[[Any], None],
        wanted: Passing = EVERYTHING,
    ) -> None:
        """There are no system calls in an audit log."""

    def reach(self, state: Any, window: Window | None) -> float | None:
        """As Feed.reach."""
        return None

    def save(self, path: str, window: Window) -> int:
        """As Feed.save."""
        return 0

    def why_not(self, view: View) -> str:
        """As Feed.why_not."""
        return NO_CALLS

    def why_no_filter(self, filter_text: str) -> str:
        """As Feed.why_no_filter."""
        return "filters look at system calls; a text without an operator finds rows"

    def close(self) -> None:
        """As Feed.close."""


class AuditedFeed:
    """A feed that answers views of the source k8s_audit from what was received, and leaves all else to the other feed."""

    def __init__(self, feed: Feed, received: "Received | None", interval_s: float) -> None:
        self._feed = feed
        self._received = received
        self._interval_s = interval_s
        self._seq = 0
        self._closed = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        """As Feed.answer."""
        if query.view.source != K8S_AUDIT or self._received is None:
            self._feed.answer(query, publish, is_cancelled)
            return
        pause_s = min(0.5, self._interval_s)
        while not self._closed.is_set() and not is_cancelled():
            publish(self._frame(query, self._received))
            due_s = time.monotonic() + pause_s
            while time.monotonic() < due_s and not is_cancelled():
                self._closed.wait(LOOK_S)
            pause_s = self._interval_s

    def _frame(self, query: Query, received: "Received") -> Frame:
        from csyspy.tui.audit_rows import audit_snapshot

        self._seq += 1
        snapshot = audit_snapshot(query.view, received.deeds, query.sort, seq=self._seq, time_ns=time.time_ns())
        notice = "filters look at system calls; a text without an operator finds rows" if query.filter_text else ""
        total = len(snapshot)
        snapshot = arranged(snapshot, query.sort, query.row_text)
        return Frame(snapshot, State.LIVE, total_rows=total, detail=f"{self._interval_s:g}s", notice=notice, query_seq=query.seq)

    def why_not(self, view: View) -> str:
        """As Feed.why_not."""
        if view.source != K8S_AUDIT:
            return self._feed.why_not(view)
        if self._received is None or not (self._received.takes_audit_events or isinstance(self._feed, AuditLogFeed)):
            return "nobody sends audit events: --from audit:FILE or --from http://ADDRESS:PORT"
        return ""

    def close(self) -> None:
        """As Feed.close."""
        self._closed.set()
        self._feed.close()
