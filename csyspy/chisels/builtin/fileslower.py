"""fileslower: slow reads and writes of files."""

from csyspy.chisels.builtin._slower import SlowIoChisel


class FileSlower(SlowIoChisel):
    """I/O on files that takes longer than a threshold; devices are left out."""

    name = "fileslower"
    short_description = "Slow file I/O"
    description = (
        "Reads and writes of files that take longer than the given number of milliseconds, 0 for all; files under /dev are left out. "
        "Lines of the host are green, of containers blue; -pc adds their columns."
    )
    filter = "evt.is_io=true and fd.type=file"
    skip = "/dev/"
