"""The command line of `csyspy rules`, understood: `parse` turns its words into a `RulesCommand`."""

import getopt
from collections.abc import Sequence
from dataclasses import dataclass, field

from csyspy.cli.options import Option
from csyspy.cli.rules_options import OPTIONS, READY_FORMATS
from csyspy.cli.syntax import Syntax, whole_number
from csyspy.errors import UsageError

ALL_SOURCES = "all"
_SYNTAX = Syntax(OPTIONS, "csyspy rules -h")


@dataclass
class RulesCommand:
    """What `csyspy rules` is to do. Attributes are the `dest` names of the option table; times in the units of their names."""

    rules_files: list[str] = field(default_factory=list)
    config: str = ""
    options: list[str] = field(default_factory=list)
    captures: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    feed_token: str = ""
    cri: list[str] = field(default_factory=list)
    docker_host: str = ""
    kubeconfig: str = ""
    node_name: str = ""
    duration_s: int = 0
    all_events: bool = False
    exit_events: bool = False
    who: bool = False
    stats: bool = False
    only_tags: list[str] = field(default_factory=list)
    without_tags: list[str] = field(default_factory=list)
    without_names: list[str] = field(default_factory=list)
    validate: list[str] = field(default_factory=list)
    describe_all: bool = False
    describe_rule: str = ""
    list_source: str = ""
    names_only: bool = False
    json: bool = False
    print_format: str = ""
    verbose: bool = False
    capture_s: int = 0
    capture_prefix: str = ""
    unbuffered: bool = False
    help: bool = False

    @property
    def replaces_container_info(self) -> bool:
        """Whether -p names a ready-made format, which goes in the place of %container.info."""
        return self.print_format in READY_FORMATS


def parse(argv: Sequence[str]) -> RulesCommand:
    """Understand the words behind `csyspy rules`. Raises UsageError for an option that is unknown or has a wrong value."""
    command = RulesCommand()
    words = list(argv)
    for at, word in enumerate(words):
        if word == "--list" and (at + 1 == len(words) or words[at + 1].startswith("-")):
            words[at] = f"--list={ALL_SOURCES}"
    try:
        options, rest = getopt.gnu_getopt(words, _SYNTAX.short, _SYNTAX.long)
    except getopt.GetoptError as error:
        raise _SYNTAX.refusal(error) from None
    for name, value in options:
        _set(command, _SYNTAX.by_name[name], name, value)
    if rest and not command.validate:
        raise UsageError(f"unexpected word {rest[0]!r}", f"a rule file stands behind -r: csyspy rules -r {rest[0]}")
    command.validate += rest
    if command.all_events and command.exit_events:
        raise UsageError("-A and --exit-events exclude each other")
    if command.only_tags and command.without_tags:
        raise UsageError("-t and -T exclude each other", "-t switches all rules off that do not have the tag")
    return command


def _set(command: RulesCommand, option: Option, name: str, value: str) -> None:
    known = getattr(command, option.dest)
    if not option.metavar:
        setattr(command, option.dest, True)
    elif not value:
        raise UsageError(f"option {name} wants a value: {name} {option.metavar}", option.help)
    elif isinstance(known, list):
        known.append(value)
    elif isinstance(known, int):
        setattr(command, option.dest, whole_number(option, value))
    else:
        setattr(command, option.dest, value)
