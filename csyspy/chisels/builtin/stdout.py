"""stdout: what processes write on their standard output."""

from csyspy.chisels.builtin._stream import StreamChisel


class Stdout(StreamChisel):
    """The data of descriptor 1."""

    name = "stdout"
    short_description = "Print the standard output of processes"
    description = "The data that processes write on descriptor 1, as it is. A filter restricts it to some of them."
    filter = "fd.num=1 and evt.is_io=true"
