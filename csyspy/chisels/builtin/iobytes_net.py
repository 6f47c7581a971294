"""iobytes_net: bytes of network I/O per second."""

from csyspy.chisels.builtin._iobytes import IoBytesChisel


class IoBytesNet(IoBytesChisel):
    """I/O of IP sockets."""

    name = "iobytes_net"
    category = "Net"
    short_description = "Bytes of network I/O, each second"
    description = "A line each second: bytes read from IP sockets, written to them, and both."
    filter = "evt.is_io=true and (fd.type=ipv4 or fd.type=ipv6)"
