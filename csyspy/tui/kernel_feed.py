"""Frames from the kernel's own tables, every few seconds: no event is streamed."""

from csyspy.capture.live.identities import Identities
from csyspy.capture.live.plan import Plan
from csyspy.capture.live.rows import KernelTables
from csyspy.containers.node import NodeMetadata
from csyspy.tui.arrange import arranged
from csyspy.tui.frame import Frame, IsCancelled, Publish, Query, State
from csyspy.tui.kernel_plan import kernel_plan
from csyspy.tui.live_feed import FIRST_INTERVAL_S, LiveFeed
from csyspy.tui.no_containers import is_of_containers, why_not_here
from csyspy.tui.trends import LiveTrends
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import snapshot_of_columns
from csyspy.views.view import View

WITNESSES = ("procs", "page_faults")
"""Views that the tables fill; a filter that one of them takes can be applied to rows."""


class KernelFeed(LiveFeed):
    """What runs on this machine. A view that the tables do not fill is asked of /proc, where that can.

    For who may load programs into the kernel (csyspy.capture.live.tier); `metadata` names its containers."""

    def __init__(self, interval_s: float, metadata: NodeMetadata) -> None:
        super().__init__(interval_s)
        self._metadata = metadata

    def close(self) -> None:
        super().close()
        self._metadata.close()

    def answer(self, query: Query, publish: Publish, is_cancelled: IsCancelled) -> None:
        found = kernel_plan(query.view, query.filter_text, containers=query.containers, asked=query.asked)
        if found is None:
            super().answer(query, publish, is_cancelled)
            return
        with KernelTables([found], Identities(self._metadata)) as tables:
            trends = LiveTrends()
            pause_s = 0.0
            while self.rested(pause_s, is_cancelled):
                tables.sample()
                with self._lock:
                    frame = self._rows_frame(tables, found, query, trends)
                publish(frame)
                pause_s = min(FIRST_INTERVAL_S, self._interval_s) if pause_s == 0 else self._interval_s

    def why_not(self, view: View) -> str:
        if kernel_plan(view) is not None or not super().why_not(view):
            return ""
        return "the kernel keeps no table of it: it needs events"

    def why_no_filter(self, filter_text: str) -> str:
        if any(kernel_plan(VIEWS[view_id], filter_text) is not None for view_id in WITNESSES):
            return ""
        return "the kernel's tables cannot tell what passes it: it needs events"

    def _why_empty(self, query: Query, rows: int) -> tuple[str, ...]:
        """Of views of containers: that none is there, and who was asked for names; or what is not known of those that are."""
        if rows or not is_of_containers(query.view):
            return ()
        containers, _ = self._metadata.changed_since(0)
        if containers:
            return (*why_not_here(query.view, containers, asked_node=self._metadata.asked_node), *self._metadata.faults())
        asked = "No running process is in a control group of a container. Names would be asked for here:"
        other = "--cri PATH and --docker-host PATH name other sockets; csyspy doctor tells what works"
        return asked, *self._metadata.looked_for(), other

    def _rows_frame(self, tables: KernelTables, found: Plan, query: Query, trends: LiveTrends) -> Frame:
        self._seq += 1
        columns = query.view.shown_columns(query.containers)
        keys, values = tables.answer(found)
        snapshot = trends.of(
            snapshot_of_columns(query.view, columns, keys, values, sort=query.sort, seq=self._seq, time_ns=tables.time_ns)
        )
        return Frame(
            arranged(snapshot, query.sort, query.row_text),
            State.LIVE,
            self._host_gauges(self._procfs.host()),
            total_rows=len(snapshot),
            loss=f"▲ {tables.lost:,} not counted" if tables.lost else "",
            detail=f"{self._interval_s:g}s",
            why_empty=self._why_empty(query, len(snapshot)),
            query_seq=query.seq,
        )
