"""stdin: what processes read on their standard input."""

from csyspy.chisels.builtin._stream import StreamChisel


class Stdin(StreamChisel):
    """The data of descriptor 0."""

    name = "stdin"
    short_description = "Print the standard input of processes"
    description = "The data that processes read on descriptor 0, as it is. A filter restricts it to some of them."
    filter = "fd.num=0 and evt.is_io=true"
