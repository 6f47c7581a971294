"""Choose the columns of a table."""

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.strip import Strip
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from csyspy.tui.screens.modal import Modal
from csyspy.views.view import Column

NAME_CELLS = 12


class Choices(SelectionList[int]):
    """Textual tells by the colour alone whether an entry is chosen; here by a sign as well."""

    def render_line(self, y: int) -> Strip:
        left, button, *rest = super().render_line(y)
        line = self.scroll_offset.y + y
        if line >= self.option_count:
            return Strip([left, button, *rest])
        is_chosen = self.get_option_at_index(line).value in self.selected
        return Strip([left, Segment("✓" if is_chosen else " ", button.style), *rest])


class ColumnPicker(Modal[tuple[int, ...] | None]):
    """Answers with the numbers of the chosen columns; None when the user changed their mind."""

    DEFAULT_CSS = """
    ColumnPicker { align: center middle; background: $background 60%; }
    ColumnPicker #box {
        width: 70; max-width: 96%; height: auto; max-height: 90%; background: $panel; border: round $primary;
        border-title-color: $primary; border-title-style: bold; border-subtitle-color: $faint; padding: 0 1;
    }
    ColumnPicker SelectionList { height: auto; max-height: 30; border: none; padding: 0; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "dismiss(None)", show=False),
        Binding("enter", "take", show=False, priority=True),
    ]

    def __init__(self, columns: tuple[Column, ...], chosen: tuple[int, ...]) -> None:
        super().__init__()
        self._columns = columns
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Columns"
            box.border_subtitle = "Space takes or leaves  Enter is done  Esc leaves"
            yield Choices(
                *(Selection(_line(column), index, index in self._chosen) for index, column in enumerate(self._columns)), compact=True
            )

    def action_take(self) -> None:
        chosen = tuple(sorted(self.query_one(Choices).selected))
        self.dismiss(chosen or None)


def _line(column: Column) -> Text:
    return Text.assemble((f"{column.name:<{NAME_CELLS}}", "bold"), (column.legend, "dim"), no_wrap=True, overflow="ellipsis")
