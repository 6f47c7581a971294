"""Chisels that print the state as it is at the first event, and stop."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel, EndCapture
from csyspy.chisels.binding import compile_chisel_filter
from csyspy.chisels.context import Context

NO_EVENT = "empty capture or no event matching the filter"
NO_USER = 0xFFFFFFFF
UNKNOWN = "<NA>"
ALL_STATE = 3  # threads and their descriptors (csyspy.engine.state: NEED_THREAD | NEED_FD)


class SnapshotChisel(Chisel):
    """Ends the capture at the first event that passes the run's filter, and prints threads or descriptors.

    `state_filter` and the argument `filter` restrict what is printed, not when.
    """

    category = "System State"
    state_filter = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen = False
        self.node: Any = None

    def on_set_arg(self, name: str, value: str) -> None:
        self.state_filter = f"{self.state_filter} and ({value})" if self.state_filter else value

    def on_init(self) -> None:
        if self.state_filter:
            self.node = compile_chisel_filter(self, self.state_filter)

    def sink(self) -> Any:
        sink = super().sink()
        sink.needs |= ALL_STATE
        return sink

    def on_event(self, event: Any) -> None:
        self.seen = True
        raise EndCapture

    def threads(self) -> list[tuple[Any, list[Any]]]:
        """The threads and their descriptors that pass."""
        from csyspy.engine.thread_table import thread_table

        return list(thread_table(self.context.state, self.node))

    @staticmethod
    def pid(thread: Any) -> int:
        """The process of a thread; one that nothing announced counts as its own process, as in sysdig 0.29.3 (field `proc.pid`: -1)."""
        return int(thread.tid if thread.pid < 0 else thread.pid)

    def user_name(self, uid: int) -> str:
        """Name of a user of the capture's machine."""
        user = self.context.state.users.get(uid)
        return UNKNOWN if uid == NO_USER or not user else str(user[0])

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        if self.seen:
            self.show()
        else:
            self.print(NO_EVENT)

    def show(self) -> None:
        """Print the state."""


def filter_argument(example: str) -> tuple[Argument, ...]:
    """The optional filter that restricts a listing."""
    return (Argument("filter", f"A filter that restricts the list, such as {example}", "filter", optional=True),)
