"""What the chisels that show payloads have in common: arguments for colours and the columns of containers."""

from csyspy.chisels.api import Argument, Chisel
from csyspy.chisels.colors import OFF_WORDS, Palette
from csyspy.chisels.context import Context

DISABLE_COLOR = Argument("disable_color", "`disable_color` writes without colours", optional=True)
CONTAINER_FIELDS = {"container": "container.name", "container_id": "container.id"}


class ColoredChisel(Chisel):
    """A chisel that writes in colours unless `disable_color` is among its arguments."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.color = Palette()

    def on_set_arg(self, name: str, value: str) -> None:
        if name == DISABLE_COLOR.name and value in OFF_WORDS:
            self.color.off()
