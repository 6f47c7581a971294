"""netlower: slow reads and writes of IP sockets."""

from csyspy.chisels.builtin._slower import SlowIoChisel


class NetLower(SlowIoChisel):
    """I/O on IP sockets that takes longer than a threshold."""

    name = "netlower"
    short_description = "Slow network I/O"
    description = (
        "Reads and writes of IP sockets that take longer than the given number of milliseconds, 0 for all. Lines of the host are green, of "
        "containers blue; -pc adds their columns."
    )
    filter = "evt.is_io=true and (fd.type=ipv4 or fd.type=ipv6)"
