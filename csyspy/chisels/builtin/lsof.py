"""lsof: the descriptors that the capture starts with."""

from csyspy.chisels.builtin._snapshot import UNKNOWN, SnapshotChisel, filter_argument
from csyspy.chisels.layout import decode, number, pad, printable
from csyspy.events import EVENT_TABLE

TITLES = ("COMMAND", 20), ("PID", 8), ("TID", 8), ("USER", 8), ("FD", 8), ("TYPE", 12)
UNTYPED = frozenset({"?", "unsupported"})
TYPE_NAMES: dict[int, str] = {
    row["id"]: row["typestring"] for row in EVENT_TABLE["fd_types"] if row["typestring"] and row["typestring"] not in UNTYPED
}


class Lsof(SnapshotChisel):
    """Open descriptors of all threads, at the time of the first event."""

    name = "lsof"
    short_description = "List the open file descriptors"
    description = (
        "The descriptors of every thread at the first event, or at the first that passes the filter of the command "
        "line. An argument restricts "
        "the list to the descriptors for which it holds."
    )
    args = filter_argument("'proc.name=foo and fd.name contains /etc'")

    def show(self) -> None:
        self.print("".join(pad(title, width) for title, width in TITLES) + "NAME")
        for thread, fds in self.threads():
            ids = pad(number(self.pid(thread)), 8) + pad(number(thread.tid), 8)
            start = pad(decode(thread.comm), 20) + ids + pad(self.user_name(thread.uid), 8)
            for info in fds:
                self.print(start, pad(number(info.fd), 8), pad(TYPE_NAMES.get(info.type, UNKNOWN), 12), printable(info.name))
