"""An option table as getopt reads it, and what is said of words that do not fit it: for `csyspy` and `csyspy rules`."""

import getopt
from collections.abc import Sequence

from csyspy.cli.options import DROP, Option, shown
from csyspy.errors import UsageError

MOST = 1_000_000_000
"""Largest number an option takes, unless it says another: what the engine counts in does not run over, in ns and bytes either."""


class Syntax:
    """The letters and long names of an option table; `listed_by` is the command that lists them."""

    def __init__(self, options: Sequence[Option], listed_by: str) -> None:
        self.short = "".join(option.letter + (":" if option.metavar else "") for option in options if option.letter)
        self.long = [name + ("=" if option.metavar else "") for option in options for name in option.names]
        self.by_name = {
            **{"-" + option.letter: option for option in options if option.letter},
            **{"--" + name: option for option in options for name in option.names},
        }
        self._listed_by = listed_by

    def refusal(self, error: getopt.GetoptError) -> UsageError:
        """What getopt does not take, in words that help."""
        name = ("--" if len(error.opt) > 1 else "-") + error.opt
        known = self.by_name.get(name)
        if known is not None and known.metavar:
            return UsageError(f"option {name} wants a value: {name} {known.metavar}", known.help)
        if known is not None:
            return UsageError(f"option {name} takes no value", known.help)
        if "unique" in error.msg:
            fits = ", ".join(each for each in self.by_name if each.startswith(name))
            return UsageError(f"option {name} is short for more than one: {fits}")
        from csyspy.fields.catalogue import suggest

        near = suggest(name, [each for each, option in self.by_name.items() if option.verdict != DROP]) if name.startswith("--") else ""
        return UsageError(f"unknown option {name}", f"did you mean {near}?" if near else f"{self._listed_by} lists the options")


def whole_number(option: Option, value: str, *, lowest: int = 1, most: int = MOST) -> int:
    """The value of an option that takes a whole number. Raises UsageError for what is none, or out of bounds."""
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else -1
    if not lowest <= number <= most:
        bounds = f"{lowest} to {most}" if value.isdigit() and int(value[:20]) >= lowest else f"{lowest} up"
        raise UsageError(f"{shown(option)} wants a whole number from {bounds}, not {value!r}", option.help)
    return number
