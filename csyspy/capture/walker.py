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


def open_capture(paths: Sequence[str], needs: int, source: Source | None = None) -> OpenCapture:
    """Open captures to be walked one after another, keeping up the state that `needs` (Need bits) asks for.

    `source`: what gives their bytes, where it is open already. Raises CaptureError where the first cannot be opened.
    """
    from csyspy.containers import container_of
    from csyspy.engine.state import State
    from csyspy.engine.walk import Walker

    source = source or open_source(paths)
    state = State()
    state.container_of = getattr(source, "container_of", container_of)  # csyspy.capture.named looks names up by the way
    state.needs = needs
    return OpenCapture(source, state, Walker(state, source))
