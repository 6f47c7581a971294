"""The text of ``-h``, made from the option table."""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator

from csyspy.cli.options import DEFAULT_FORMAT, DROP, OPTIONS, READY_FORMATS, Option

_COLUMN = 28

_INTRODUCTION = """\
csyspy shows what processes do: system calls, files, connections, containers. It reads captures made by sysdig, Falco and
csyspy itself. On a terminal it opens a screen; with an option that asks for text, or when its output goes elsewhere, it
prints events as sysdig does. The words behind the options are one filter: only events that pass it are shown."""

_FORMAT = """\
A format is text with fields, each behind a %; -l lists them. %evt.arg.name and %proc.aname[2] give a field an argument,
%toupper(proc.name) changes a value, %20proc.name makes a column 20 wide. \\n, \\t, \\e and \\\\ are line end, tab, escape and
backslash. An event that lacks one of the fields is left out, unless the format begins with *: then <NA> is printed for it.
The default, and the ready-made format of -pc, whose container name is the pod's name with -pk:"""

_EXITS = (
    ("0", "all went well"),
    ("1", "a capture is damaged or cut: all of it that can be read was shown; or an output could not be written"),
    ("2", "the command line or the filter is wrong"),
    ("3", "live capture is not possible here"),
    ("130", "interrupted"),
)

_EXAMPLES = (
    ("Look at a capture", "csyspy -r trace.scap"),
    ("Print the events of one program", "csyspy -r trace.scap --text proc.name=curl"),
    ("Names of the files that cat opened", "csyspy -r trace.scap -p '%evt.arg.name' proc.name=cat and evt.type=openat"),
    ("Processes by CPU time", "csyspy -r trace.scap -c topprocs_cpu"),
    ("Keep the events of one container", "csyspy -r trace.scap -z -w small.scap.gz container.name=web"),
)


def help_text(width: int | None = None) -> str:
    """The whole text, wrapped to ``width`` columns (the terminal's, at most 100)."""
    return text_of(_lines, width)


def _lines(width: int) -> Iterator[str]:
    yield from beginning("csyspy [options] [filter]", _INTRODUCTION, [option for option in OPTIONS if option.verdict != DROP], width)
    yield from ("", "OUTPUT FORMAT")
    yield from textwrap.wrap(_FORMAT, width)
    yield from ("", f"  {DEFAULT_FORMAT}", f"  {READY_FORMATS['c']}")
    yield from ending(_EXITS, _EXAMPLES, width)
    yield from ("", "Options of sysdig that are missing here are answered with the reason and what to use instead.")


def text_of(lines: Callable[[int], Iterator[str]], width: int | None) -> str:
    """The lines of a width (None: the terminal's, at most 100 columns) as one text."""
    return "\n".join(lines(max(50, min(width or shutil.get_terminal_size((80, 24)).columns, 100)))) + "\n"


def beginning(usage: str, introduction: str, options: Iterable[Option], width: int) -> Iterator[str]:
    """How a command is called, what it does, and its options by group."""
    yield f"Usage: {usage}"
    yield ""
    yield from textwrap.wrap(introduction, width)
    group = ""
    for option in options:
        if option.group != group:
            group = option.group
            yield from ("", f"{group}:")
        yield from option_lines(option, width)


def ending(exits: Iterable[tuple[str, str]], examples: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Exit codes (code, meaning) and examples (what, line)."""
    yield from ("", "EXIT CODES")
    for code, meaning in exits:
        yield from textwrap.wrap(meaning, width, initial_indent=f"  {code:<5}", subsequent_indent=" " * 7)
    yield from ("", "EXAMPLES")
    for what, line in examples:
        yield from (f"  {what}", f"    $ {line}")


def option_lines(option: Option, width: int) -> Iterator[str]:
    """An option with its help, wrapped to ``width`` columns."""
    names = (["-" + option.letter] if option.letter else []) + ["--" + name for name in option.names[:1]]
    head = " " + ", ".join(names) + (f" {option.metavar}" if option.metavar else "")
    body = textwrap.wrap(option.help, width - _COLUMN)
    if len(head) < _COLUMN - 1:
        head = head.ljust(_COLUMN) + body.pop(0)
    yield head
    for line in body:
        yield " " * _COLUMN + line
