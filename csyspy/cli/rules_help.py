"""The text of `csyspy rules -h`, made from the option table."""

from collections.abc import Iterator

from csyspy.cli.help import beginning, ending, text_of
from csyspy.cli.rules_options import OPTIONS

_INTRODUCTION = """\
csyspy rules checks Falco rule files, lists what is in them, and runs them on the running kernel, on captures and on audit logs. Files are
loaded in order and share one name space, as in Falco: later ones may add to rules, macros and lists of earlier ones, replace them or switch
them off."""

_EXITS = (
    ("0", "all went well; alerts or warnings do not change it"),
    ("1", "a capture is damaged, or an output could not be written"),
    ("2", "the command line, a setting or a rule file is wrong"),
    ("3", "live capture is not possible here"),
    ("130", "interrupted"),
)

_EXAMPLES = (
    ("Check a rule file before it is used", "csyspy rules -V my_rules.yaml"),
    ("Check it together with the files it changes", "csyspy rules -V falco_rules.yaml my_rules.yaml"),
    ("Alerts of this machine, from now on", "sudo csyspy rules"),
    ("Alerts of a capture", "csyspy rules -r falco_rules.yaml -e trace.scap"),
    ("All rules that match, as JSON", "csyspy rules -r falco_rules.yaml -e trace.scap -o rule_matching=all --json"),
    ("What a rule comes to with macros and lists resolved", "csyspy rules -r falco_rules.yaml -l 'Terminal shell in container' --json"),
)


def help_text(width: int | None = None) -> str:
    """The whole text, wrapped to `width` columns (the terminal's, at most 100)."""
    return text_of(_lines, width)


def _lines(width: int) -> Iterator[str]:
    yield from beginning("csyspy rules [options]", _INTRODUCTION, OPTIONS, width)
    yield from ending(_EXITS, _EXAMPLES, width)
