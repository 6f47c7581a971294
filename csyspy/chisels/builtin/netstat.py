"""netstat: the network connections that the capture starts with."""

from csyspy.chisels.builtin._snapshot import UNKNOWN, SnapshotChisel, filter_argument
from csyspy.chisels.layout import decode, number, pad

TITLES = ("Proto", 6), ("Server Address", 25), ("Client Address", 25), ("State", 15)
PROTOCOLS = {2: "tcp", 3: "udp", 4: "icmp", 5: "raw"}  # csyspy.engine.fds, L4Proto


class Netstat(SnapshotChisel):
    """IP sockets with both ends and the thread that holds them, at the time of the first event."""

    name = "netstat"
    short_description = "List the network connections"
    description = (
        "The IP sockets of every thread at the first event, or at the first that passes the filter of the command "
        "line: protocol, server and "
        "client, LISTEN or ESTABLISHED, thread, process and program. An argument restricts the list further."
    )
    args = filter_argument("'proc.name=foo and fd.port=80'")
    state_filter = "(fd.type=ipv4 or fd.type=ipv6)"

    def show(self) -> None:
        from csyspy.engine.thread_table import endpoints, l4proto

        self.print("".join(pad(title, width) for title, width in TITLES) + "TID/PID/Program Name")
        for thread, fds in self.threads():
            for info in fds:
                client, client_port, server, server_port = endpoints(info)
                listens = client is None
                self.print(
                    pad(PROTOCOLS.get(l4proto(info), UNKNOWN), 6),
                    pad(f"{server}:{server_port}", 25),
                    pad("0.0.0.0:*" if listens else f"{client}:{client_port}", 25),
                    pad("LISTEN" if listens else "ESTABLISHED", 15),
                    f"{number(thread.tid)}/{number(self.pid(thread))}/{decode(thread.comm)}",
                )
