"""Open captures with the state that their events keep up: what everybody who walks one has to put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csyspy.capture.source import Source, open_source

if TYPE_CHECKING:
    from csyspy.engine.state import State
    from csyspy.engine.walk import Walker


@dataclass(frozen=True, slots=True)
class OpenCapture:
    """A capture in hand: `walker` walks `source` and keeps `state` up."""

    source: Source
    state: "State"
    walker: "Walker"


def open_capture(paths: Sequence[str], needs: int) -> OpenCapture:
    """Open captures to be walked one after another, keeping up the state that `needs` (Need bits) asks for.

    Raises CaptureError where the first cannot be opened."""
    from csyspy.containers import container_of
    from csyspy.engine.state import State
    from csyspy.engine.walk import Walker

    source = open_source(paths)
    state = State()
    state.container_of = container_of
    state.needs = needs
    return OpenCapture(source, state, Walker(state, source))
