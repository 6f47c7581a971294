"""The text of `csyspy rules -h`, made from the option table."""

import shutil
import textwrap
from collections.abc import Iterator

from csyspy.cli.help import option_lines
from csyspy.cli.rules_options import OPTIONS

_INTRODUCTION = """\
csyspy rules checks Falco rule files, lists what is in them, and runs them on the events of captures. Files are loaded in order and
share one name space, as in Falco: later ones may add to rules, macros and lists of earlier ones, replace them or switch them off."""

_EXITS = (
    ("0", "all went well; alerts or warnings do not change it"),
    ("1", "a capture is damaged, or an output could not be written"),
    ("2", "the command line, a setting or a rule file is wrong"),
    ("3", "live capture is not possible here"),
)

_EXAMPLES = (
    ("Check a rule file before it is used", "csyspy rules -V my_rules.yaml"),
    ("Check it together with the files it changes", "csyspy rules -V falco_rules.yaml my_rules.yaml"),
    ("Alerts of a capture", "csyspy rules -r falco_rules.yaml -e trace.scap"),
    ("All rules that match, as JSON", "csyspy rules -r falco_rules.yaml -e trace.scap -o rule_matching=all --json"),
    ("What a rule comes to with macros and lists resolved", "csyspy rules -r falco_rules.yaml -l 'Terminal shell in container' --json"),
)


def help_text(width: int | None = None) -> str:
    """The whole text, wrapped to `width` columns (the terminal's, at most 100)."""
    width = max(50, min(width or shutil.get_terminal_size((80, 24)).columns, 100))
    return "\n".join(_lines(width)) + "\n"


def _lines(width: int) -> Iterator[str]:
    yield "Usage: csyspy rules [options]"
    yield ""
    yield from textwrap.wrap(_INTRODUCTION, width)
    group = ""
    for option in OPTIONS:
        if option.group != group:
            group = option.group
            yield from ("", f"{group}:")
        yield from option_lines(option, width)
    yield from ("", "EXIT CODES")
    for code, meaning in _EXITS:
        yield from textwrap.wrap(meaning, width, initial_indent=f"  {code:<5}", subsequent_indent=" " * 7)
    yield from ("", "EXAMPLES")
    for what, line in _EXAMPLES:
        yield from (f"  {what}", f"    $ {line}")
