"""iobytes_file: bytes of file I/O per second."""

from csyspy.chisels.builtin._iobytes import IoBytesChisel


class IoBytesFile(IoBytesChisel):
    """I/O of files."""

    name = "iobytes_file"
    category = "I/O"
    short_description = "Bytes of file I/O, each second"
    description = "A line each second: bytes read from files, written to files, and both."
    filter = "evt.is_io=true and fd.type=file"
