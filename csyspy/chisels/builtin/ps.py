"""ps: the threads that the capture starts with."""

from csyspy.chisels.builtin._snapshot import SnapshotChisel, filter_argument
from csyspy.chisels.layout import decode, format_bytes, number, pad

TITLES = ("TID", 8), ("PID", 8), ("USER", 12), ("VIRT", 11), ("RES", 11), ("FDLIMIT", 10), ("CMD", 20)


class Ps(SnapshotChisel):
    """Threads with user, memory and command, at the time of the first event."""

    name = "ps"
    short_description = "List the processes"
    description = (
        "The threads of the machine at the first event, or at the first that passes the filter of the command line: "
        "ids, user, memory, limit of "
        "descriptors, command. An argument restricts the list to threads that have a descriptor for which it holds."
    )
    args = filter_argument("'fd.name contains /etc'")

    def show(self) -> None:
        self.print("".join(pad(title, width) for title, width in TITLES))
        for thread, _ in self.threads():
            self.print(
                pad(number(thread.tid), 8),
                pad(number(self.pid(thread)), 8),
                pad(self.user_name(thread.uid), 12),
                pad(format_bytes(thread.vmsize_kb * 1024), 11),
                pad(format_bytes(thread.vmrss_kb * 1024), 11),
                pad(number(thread.fdlimit & 0xFFFFFFFF), 10),
                decode(thread.comm),
            )
