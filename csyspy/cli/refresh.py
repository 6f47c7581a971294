"""What a view without a screen prints at a time."""

from typing import NamedTuple

from csyspy.views.snapshot import Snapshot


class Refresh(NamedTuple):
    """The rows of one interval of time; of a whole capture where no interval was asked for."""

    snapshot: Snapshot
    begin_ns: int
    end_ns: int
