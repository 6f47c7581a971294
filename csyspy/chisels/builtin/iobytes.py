"""iobytes: bytes of all I/O per second."""

from csyspy.chisels.builtin._iobytes import IoBytesChisel


class IoBytes(IoBytesChisel):
    """I/O of all kinds of descriptors."""

    name = "iobytes"
    category = "I/O"
    short_description = "Bytes of all I/O, each second"
    description = "A line each second: bytes read, written and both, over all kinds of descriptors."
    filter = "evt.is_io=true"
