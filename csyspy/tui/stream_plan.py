"""The kernel's event stream as those need it who look at it."""

from dataclasses import replace
from typing import Any, Final

from csyspy.capture.live.identities import container_of_process
from csyspy.capture.live.stream import StreamOptions
from csyspy.filters.passing import Passing

NEED_FD: Final = 2
NEED_LATENCY: Final = 4
"""csyspy.engine.state: tables of descriptors are kept up; how long calls take."""


def stream_options(passing: Passing, needs: int, **others: Any) -> StreamOptions:
    """The stream for sinks with these ``needs``; ``others`` as StreamOptions has them."""
    asked = StreamOptions(
        switches=passing.switches,
        enters=bool(needs & NEED_LATENCY),
        kernel_filter=passing.kernel_filter,
        follow_fds=bool(needs & NEED_FD),
        container_of=container_of_process,
    )
    return replace(asked, **others)
