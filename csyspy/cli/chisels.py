"""Chisels on the command line: which word belongs to one, and the listings -cl and -i."""

import shutil
import sys
from collections.abc import Sequence

from csyspy.chisels.api import Chisel, ChiselError
from csyspy.chisels.arguments import takes_word
from csyspy.chisels.context import Context
from csyspy.chisels.listing import info_lines, list_lines
from csyspy.chisels.registry import Entry, entries, info, load
from csyspy.chisels.run import ChiselRun
from csyspy.cli.command import Command
from csyspy.errors import UsageError


def takes_argument(name: str, words: Sequence[str]) -> bool:
    """Whether the first of ``words``, which stand behind ``-c name``, is the chisel's argument. Raises UsageError: no such chisel."""
    try:
        return takes_word(_load(name), words, _is_filter)
    except ChiselError as error:
        raise UsageError(error.message, error.hint) from None


def set_up(command: Command, buffer_format: str, *, endless: bool = False) -> ChiselRun:
    """The command's chisels, ready for events. `endless`: tables are drawn anew each second, until somebody interrupts.

    Raises UsageError: no such chisel, or arguments it does not take."""
    size = shutil.get_terminal_size()
    context = Context(
        filter_text=command.filter,
        prefiltered=True,
        source_name=command.files[0] if command.files else "",
        endless=endless,
        json=command.json,
        container_data=command.container_data,
        is_tty=sys.stdout.isatty(),
        columns=size.columns,
        rows=size.lines,
        buffer_format=buffer_format,
    )
    try:
        return ChiselRun([(name, argument or "") for name, argument in command.chisels], context)
    except ChiselError as error:
        raise UsageError(error.message, error.hint) from None


def are_tables(command: Command) -> bool:
    """Whether all of the command's chisels are tables: summed by the engine, or by whatever else can. Raises UsageError: no such chisel."""
    from csyspy.chisels.table import TableChisel

    return all(issubclass(_load(name), TableChisel) for name, _ in command.chisels)


def list_chisels() -> list[str]:
    """Lines of ``-cl``."""
    return [*list_lines(entries()), "", "Use the -i flag to get detailed information about a specific chisel"]


def describe(name: str) -> list[str]:
    """Lines of ``-i NAME``. Raises UsageError: no such chisel."""
    return info_lines(_info(name))


def show_chisels_on_terminal() -> None:
    """``-cl`` as a table a category."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    category = None
    table = Table()
    for entry in entries():
        if entry.category != category:
            if category is not None:
                console.print(table)
            category = entry.category
            table = Table(title=category, title_justify="left", expand=True, show_header=False)
            table.add_column(style="bold", no_wrap=True, width=20)
            table.add_column(ratio=1)
        table.add_row(entry.name, entry.short_description)
    console.print(table)
    console.print("-i NAME tells more about one of them", style="dim")


def _load(name: str) -> type[Chisel]:
    try:
        return load(name)
    except ChiselError as error:
        raise UsageError(error.message, error.hint) from None


def _info(name: str) -> Entry:
    try:
        return info(name)
    except ChiselError as error:
        raise UsageError(error.message, error.hint) from None


def _is_filter(text: str) -> bool:
    from csyspy.filters import compile_filter

    try:
        compile_filter(text)
    except ValueError:
        return False
    return True
