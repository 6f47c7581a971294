"""Choose the column to sort by (csysdig's F9)."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from csyspy.views.snapshot import Sort
from csyspy.views.view import Column

NAME_WIDTH = 12


class SortPicker(ModalScreen[int | None]):
    """Answers with the number of the chosen column; None when the user changed their mind."""

    DEFAULT_CSS = """
    SortPicker { align: center middle; background: $background 60%; }
    SortPicker OptionList {
        width: 64;
        height: auto;
        max-height: 80%;
        background: $panel;
        border: round $primary;
        border-title-color: $primary;
        padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,backspace,f9", "dismiss(None)", "Back")]

    def __init__(self, columns: tuple[Column, ...], sort: Sort) -> None:
        super().__init__()
        self._columns = columns
        self._sort = sort

    def compose(self) -> ComposeResult:
        options = OptionList(*(Option(self._line(index, column)) for index, column in enumerate(self._columns)))
        options.border_title = "Select sort column"
        yield options

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = self._sort.column

    def _line(self, index: int, column: Column) -> Text:
        arrow = ("▼" if self._sort.descending else "▲") if index == self._sort.column else " "
        return Text.assemble((f"{arrow} {column.name:<{NAME_WIDTH}}", "bold"), column.description, no_wrap=True, overflow="ellipsis")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)
