"""What is done with the table as it stands: sort, columns, tree, filter, find, copy, save."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from textual import on

from csyspy.tui.arrange import arranged, tree
from csyspy.tui.find import next_line
from csyspy.tui.frame import Can, State
from csyspy.tui.scope import condition, joined
from csyspy.tui.screens.view_base import ViewBase
from csyspy.tui.widgets.filter_bar import FilterBar
from csyspy.tui.widgets.grid import GridView
from csyspy.views.format import cell_text
from csyspy.views.snapshot import Value
from csyspy.views.view import Column


class TableCommands(ViewBase):
    """Commands on rows and columns."""

    # order

    def command_sort_to(self, column: int) -> None:
        shown = self.query_one(GridView).shown_columns
        if 0 < column <= len(shown):
            self.sort_by(shown[column - 1])

    def sort_by(self, column: int) -> None:
        """By the column of that number; the same one again turns the order round."""
        grid = self.query_one(GridView)
        sort = grid.next_sort(column)
        if sort is None or grid.snapshot is None:
            return
        self.as_tree = False
        self.keep_sort(sort)
        grid.apply(arranged(grid.snapshot, sort), gone=grid.gone)
        grid.reveal()
        self.show_position()

    def command_sort(self) -> None:
        snapshot = self.query_one(GridView).snapshot
        if snapshot is None:
            return
        from csyspy.tui.screens.picker import Choice, Picker

        arrow = "▼" if snapshot.sort.descending else "▲"
        entries = [
            Choice(index, column.name, f"{column.description}\n\n{column.field}", mark=arrow if index == snapshot.sort.column else "")
            for index, column in enumerate(snapshot.columns)
            if not column.on_request or index in self.columns.get(snapshot.view.id, range(len(snapshot.columns)))
        ]
        self.app.push_screen(Picker("Select sort column", entries, snapshot.sort.column), self._sort_picked)

    def _sort_picked(self, column: int | None) -> None:
        if column is not None:
            self.sort_by(column)

    @on(GridView.SortChosen)
    def _header_clicked(self, message: GridView.SortChosen) -> None:
        self.sort_by(message.column)

    def command_tree(self) -> None:
        grid = self.query_one(GridView)
        if grid.snapshot is None or not any(column.field == "proc.ppid" for column in grid.snapshot.columns):
            self.notify(f"{self.view.name} has no parents to hang rows on", timeout=3)
            return
        self.as_tree = not self.as_tree
        if self.as_tree:
            snapshot, guides = tree(grid.snapshot)
            grid.apply(snapshot, gone=grid.gone, guides=guides)
        elif self.frame is not None:
            self.paint(self.frame)

    def command_names(self) -> None:
        grid = self.query_one(GridView)
        grid.show_names(not grid.shows_names)

    def command_columns(self) -> None:
        snapshot = self.query_one(GridView).snapshot
        if snapshot is not None:
            from csyspy.tui.screens.column_picker import ColumnPicker

            usual = snapshot.view.usual_columns(self.containers, has_tables=Can.SEEK not in self.feed.can)
            chosen = self.columns.get(snapshot.view.id, usual)
            self.app.push_screen(ColumnPicker(snapshot.columns, chosen), partial(self._columns_picked, snapshot.view.id))

    def _columns_picked(self, view_id: str, chosen: tuple[int, ...] | None) -> None:
        if chosen:
            asked, self.columns[view_id] = self.asked, chosen
            self.query_one(GridView).choose_columns(self.columns)
            if self.asked != asked and Can.SEEK not in self.feed.can:
                self.ask()

    # what is shown

    def command_filter(self) -> None:
        self.query_one(FilterBar).edit(self.values)

    def on_click(self, event) -> None:  # type: ignore[no-untyped-def]
        bar = self.query_one(FilterBar)
        if event.widget is not None and bar in event.widget.ancestors_with_self and not bar.is_editing:
            self.action_command("filter")

    @on(FilterBar.Applied)
    def _filter_applied(self, message: FilterBar.Applied) -> None:
        self.use_filter(message.filter_text, message.row_text)

    def use_filter(self, filter_text: str, row_text: str = "") -> None:
        """Show what this filter accepts, and only rows with this text."""
        reason = self.feed.why_no_filter(filter_text) if filter_text else ""
        if reason:
            self.notify(reason, title="Filter", severity="warning")
            return
        self.filter_text, self.row_text = filter_text, row_text
        self.ask()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.query_one(GridView).focus()

    def selected_cell(self) -> tuple[Column, Value] | None:
        """The value that the row is sorted by, or its key where that is a number that would not come again."""
        grid = self.query_one(GridView)
        if grid.snapshot is None or grid.cursor_row is None:
            return None
        snapshot, row = grid.snapshot, grid.cursor_row
        column = snapshot.columns[snapshot.sort.column]
        key = snapshot.view.row_key(self.containers)
        if column.is_number and key is not None:  # a list, whose rows are events, has none
            return key, snapshot.keys[row]  # type: ignore[return-value]
        return column, snapshot.values[snapshot.sort.column][row]

    def command_include(self) -> None:
        self._add_to_filter(negated=False)

    def command_exclude(self) -> None:
        self._add_to_filter(negated=True)

    def _add_to_filter(self, *, negated: bool) -> None:
        cell = self.selected_cell()
        if cell is not None:
            self.use_filter(joined(self.filter_text, condition(cell[0].field, cell[1], negated=negated)))

    def command_copy(self) -> None:
        cell = self.selected_cell()
        if cell is not None:
            text = condition(cell[0].field, cell[1])
            self.app.copy_to_clipboard(text)
            self.notify(text, title="Copied", timeout=2, markup=False)

    def command_clear(self) -> None:
        """Ask for everything anew."""
        if self.frame is not None and self.frame.state is State.PARTIAL:
            self.feed.index.is_complete = False
        self.ask()

    # find

    def command_find(self) -> None:
        from csyspy.tui.screens.prompt import Prompt

        self.app.push_screen(Prompt("Find", "goes to rows that contain this; n and N go on", self.sought), self._find)

    def _find(self, text: str | None) -> None:
        if text:
            self.sought = text
            self._go_to_match(1, stay=True)

    def command_find_next(self) -> None:
        self._go_to_match(1)

    def command_find_previous(self) -> None:
        self._go_to_match(-1)

    def _go_to_match(self, step: int, *, stay: bool = False) -> None:
        grid = self.query_one(GridView)
        snapshot = grid.snapshot
        if snapshot is None:
            return
        columns = list(zip(snapshot.columns, snapshot.values, strict=True))

        def text_of(line: int) -> str:
            row = snapshot.order[line]
            return "\0".join(cell_text(values[row], column.unit) for column, values in columns)

        line = next_line(text_of, grid.line_count, grid.cursor, self.sought, step, stay)
        if line is None:
            self.notify(f"no row has {self.sought!r}" if self.sought else "/ says what to find", timeout=2, markup=False)
        else:
            grid.go(line)

    # out

    def command_save_rows(self) -> None:
        from csyspy.tui.screens.picker import Choice, Picker

        entries = [
            Choice("csv", "CSV", "one line a row, as the table stands"),
            Choice("json", "JSON", "an object a row, as the table stands"),
        ]
        self.app.push_screen(Picker("Save rows as", entries), self._save_rows)

    def _save_rows(self, kind: str | None) -> None:
        grid = self.query_one(GridView)
        if kind is None or grid.snapshot is None:
            return
        from csyspy.tui.export import rows_as_csv, rows_as_json

        path = Path(f"csyspy-{self.view.id}-{datetime.now():%Y%m%d-%H%M%S}.{kind}").absolute()
        snapshot = replace(grid.snapshot, order=tuple(row for row in grid.snapshot.order if grid.snapshot.keys[row] not in grid.gone))
        text = (rows_as_csv if kind == "csv" else rows_as_json)(snapshot, grid.shown_columns)
        try:
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            self.notify(f"{path}: {error.strerror}", severity="error", markup=False)
            return
        self.notify(str(path), title=f"{len(snapshot.order):,} rows written", markup=False)
