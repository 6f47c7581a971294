"""What the chisels that show payloads have in common: arguments for colours, the columns of containers, the payload's text."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel
from csyspy.chisels.colors import Palette
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar

DISABLE_COLOR = Argument("disable_color", "`disable_color` writes without colours", optional=True)
DISABLE_COLORS = Argument("disable_color", "`disable_colors` writes without colours", optional=True)
CONTAINER_FIELDS = {"container": "container.name", "container_id": "container.id"}
PAYLOAD_FIELDS = {"data": "evt.arg.data", "raw_data": "evt.rawarg.data"}


class ColoredChisel(Chisel):
    """A chisel that writes in colours unless `color_off_word` is among its arguments.

    The word is the one that sysdig's chisel of that name takes: `disable_color` or `disable_colors`.
    """

    color_off_word = "disable_color"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.color = Palette()

    def on_set_arg(self, name: str, value: str) -> None:
        if name == DISABLE_COLOR.name and value == self.color_off_word:
            self.color.off()


def payload_text(event: Any) -> str | None:
    """What `PAYLOAD_FIELDS` gave as text, nothing where no byte was captured (the field says NULL there); None for events without data."""
    if event["data"] is None:
        return None
    return scalar(event["data"]) if event["raw_data"] else ""
