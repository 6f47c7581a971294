"""The command line, understood: `parse` turns argv into a `Command`.

The syntax is getopt_long's, as sysdig's is: switches run together (`-lv`), values stick to their letter (`-n5`, `-pc`) or
follow it, long names may be shortened, options may stand behind the filter, whose words are joined with blanks.
"""

import getopt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from csyspy.cli.options import (
    BUFFER_FORMATS,
    DEFAULT_FORMAT,
    DROP,
    LOG_LEVELS,
    OPTIONS,
    READY_FORMATS,
    SUB_COMMANDS,
    TERMINAL_FORMAT,
    TIERS,
    TIME_TYPES,
    Option,
    shown,
)
from csyspy.cli.syntax import MOST, Syntax, whole_number
from csyspy.errors import UsageError

ChiselArgs = Callable[[str, Sequence[str]], bool]
"""(chisel name, words behind it up to the end of the line) -> whether the first of the words is the chisel's argument."""

_MOST = {"count": 2**63 - 1, "buffer_preset": 10}
"""Largest number by ``dest``, where it is not that of all."""
_VIEW_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_SYNTAX = Syntax(OPTIONS, "csyspy -h")


@dataclass
class Command:
    """What the command line asks for. Attributes are the ``dest`` names of the option table; times in the units of their names."""

    filter: str = ""
    sub_command: str = ""
    sub_arguments: list[str] = field(default_factory=list)
    """The words behind the sub-command, which are its own to understand."""
    plain: bool = False
    """An option that asks for text was given."""
    files: list[str] = field(default_factory=list)
    count: int = 0
    duration_s: int = 0
    display_filter: bool = False
    exclude_users: bool = False
    suppressed: list[str] = field(default_factory=list)
    rules_files: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    feed_token: str = ""
    snaplen: int = 0
    buffer_preset: int = 0
    """1 to 10; 0 where it is not asked for."""
    cri: list[str] = field(default_factory=list)
    docker_host: str = ""
    kubeconfig: str = ""
    """A file, or ``auto``."""
    node_name: str = ""
    cri_timeout_ms: int = 0
    large_environment: bool = False
    page_faults: bool = False
    latency: bool = False
    newer_events: bool = False
    tier: str = ""
    """``A``, ``B`` or ``C``; empty for the best that is possible."""
    format: str | None = None
    show_format: bool = False
    container_data: bool = False
    """A format for containers was chosen, so chisels show containers as well."""
    json: bool = False
    time_type: str = "h"
    quiet: bool = False
    summary: bool = False
    verbose: bool = False
    debug: bool = False
    resolve_ports: bool = False
    progress: bool = False
    unbuffered: bool = False
    text: bool = False
    ascii: bool = False
    base64: bool = False
    hex: bool = False
    hex_ascii: bool = False
    write: str = ""
    compress: bool = False
    file_size_mb: int = 0
    rotate_s: int = 0
    event_limit: int = 0
    file_limit: int = 0
    fatfile: bool = False
    filter_proclist: bool = False
    chisels: list[tuple[str, str | None]] = field(default_factory=list)
    """Name and argument word of each chisel, in order."""
    list_chisels: bool = False
    chisel_info: str = ""
    view: str = ""
    once: bool = False
    csv: bool = False
    interval_ms: int = 0
    sort: str = ""
    columns: str = ""
    rows: int = 0
    list_views: bool = False
    list_fields: bool = False
    list_markdown: bool = False
    names_only: bool = False
    list_events: bool = False
    explain_filter: bool = False
    log_level: str = ""
    help: bool = False
    version: bool = False
    libs_version: bool = False

    @property
    def views_without_screen(self) -> bool:
        """Options that only make sense where a view is printed."""
        return bool(self.once or self.csv or self.sort or self.columns or self.rows)

    @property
    def buffer_format(self) -> str:
        """Letter of the buffer format: `A`, `b`, `x`, `X`, or empty."""
        return next((letter for name, letter in BUFFER_FORMATS.items() if getattr(self, name)), "")


def parse(argv: Sequence[str], takes_argument: ChiselArgs) -> Command:
    """Understand ``argv`` (without the program's name); ``takes_argument`` knows the chisels.

    Raises:
        UsageError: an option that is unknown, gone, or has no value or a wrong one.
    """
    command = Command()
    words: list[str] = []
    rest = list(argv)
    if rest and rest[0] in SUB_COMMANDS:
        command.sub_command, command.sub_arguments = rest[0], rest[1:]
        return command
    if rest and rest[-1] in ("-p", "--print"):
        rest[-1] = "-pp"
    while rest:
        options, behind = _getopt(rest)
        for name, value in options:
            _set(command, _option(name), value)
        ended = _by_double_dash(rest, behind, options)
        rest = behind
        last = options[-1][0] if options else ""
        if ended:
            words += rest
            break
        if rest and last in ("-c", "--chisel") and command.chisels:
            name = command.chisels[-1][0]
            if takes_argument(name, rest):
                command.chisels[-1] = (name, rest.pop(0))
        elif rest and last == "-v" and rest[0] != "not" and _VIEW_ID.match(rest[0]):
            command.verbose, command.view = False, rest.pop(0)
        if rest and not (len(rest[0]) > 1 and rest[0].startswith("-")):
            words.append(rest.pop(0))
    if len(words) == 1 and words[0].isalpha() and (near := get_close_matches(words[0], SUB_COMMANDS, 1)):
        raise UsageError(f"unknown command {words[0]}", f"did you mean csyspy {near[0]}?")
    command.filter = " ".join(words)
    return command


def _getopt(argv: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options up to the first word that is none, and what stands from there on."""
    try:
        return getopt.getopt(argv, _SYNTAX.short, _SYNTAX.long)
    except getopt.GetoptError as error:
        raise _refusal(error, argv) from None


def _refusal(error: getopt.GetoptError, argv: list[str]) -> UsageError:
    name = ("--" if len(error.opt) > 1 else "-") + error.opt
    options = _SYNTAX.by_name
    known = options.get(name)
    dropped = next((options[word[:2]] for word in argv if word[:2] in options and options[word[:2]].verdict == DROP), None)
    if known is not None and known.verdict == DROP:
        return _gone(name, known)
    if dropped is not None and known is None:
        return _gone("-" + dropped.letter, dropped)
    return _SYNTAX.refusal(error)


def _option(name: str) -> Option:
    option = _SYNTAX.by_name[name]
    if option.verdict == DROP:
        raise _gone(name, option)
    return option


def _gone(name: str, option: Option) -> UsageError:
    return UsageError(f"option {name} is sysdig's and does not exist here: {option.help}")


def _by_double_dash(argv: list[str], behind: list[str], options: list[tuple[str, str]]) -> bool:
    """Whether ``--`` ended the options: everything behind it is filter."""
    read = argv[: len(argv) - len(behind)]
    return bool(read) and read[-1] == "--" and not (options and options[-1][1] == "--")


def _set(command: Command, option: Option, value: str) -> None:
    """Put one option into the command; values are checked here."""
    command.plain |= option.text
    name = option.dest
    if option.metavar and not value and name != "format":
        raise UsageError(f"option {shown(option)} wants a value: {shown(option)} {option.metavar}", option.help)
    if name == "chisels":
        if value == "l":
            command.list_chisels = True
        else:
            command.chisels.append((value, None))
    elif name == "format":
        _set_format(command, value)
    elif name in BUFFER_FORMATS and command.buffer_format:
        raise UsageError("more than one of -A -b -x -X", "data buffers are printed one way")
    elif name == "time_type":
        if len(value) != 1 or value not in TIME_TYPES:
            raise UsageError(f"unknown time type {value!r} for -t", option.help)
        command.time_type = value
    elif name == "tier" and value not in TIERS:
        raise UsageError(f"unknown tier {value!r}", "A, B or C; `csyspy doctor` tells what each needs")
    elif name == "log_level" and value not in LOG_LEVELS:
        raise UsageError(f"unknown log level {value!r}", f"there are {', '.join(LOG_LEVELS)}")
    elif not option.metavar:
        setattr(command, name, True)
    elif isinstance(getattr(command, name), list):
        getattr(command, name).append(value)
    elif isinstance(getattr(command, name), int):
        number = whole_number(option, value, lowest=0 if name == "snaplen" else 1, most=_MOST.get(name, MOST))
        setattr(command, name, number)
    else:
        setattr(command, name, value)


def _set_format(command: Command, value: str) -> None:
    if value == "p":
        command.show_format = True
    elif value in READY_FORMATS:
        command.format = READY_FORMATS[value]
        command.container_data = True
    else:
        command.format = unescape(value)


def unescape(text: str) -> str:
    r"""A format with sysdig's escapes ``\n \t \e \\`` replaced; another backslash stays (sysdig.cpp, escape_output_format)."""
    known = {"n": "\n", "t": "\t", "e": "\x1b", "\\": "\\"}
    return re.sub(r"\\([nte\\])", lambda match: known[match[1]], text)


def default_format(terminal: bool) -> str:
    """The format of a line where -p says none, as the user could write it."""
    return TERMINAL_FORMAT if terminal else DEFAULT_FORMAT
