"""What the filter bar knows about the text in it: is it a filter, where is it wrong, what may come next."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from csyspy.fields.catalogue import catalogue
from csyspy.fields.errors import FieldError
from csyspy.filters import check_filter
from csyspy.filters.complete import complete
from csyspy.tui.scope import quoted
from csyspy.views.format import cell_text
from csyspy.views.snapshot import Snapshot
from csyspy.views.view import Aggregation

MOST_CHOICES = 200
_VALUE = re.compile(
    r"(?P<field>[a-z][a-z0-9_.]*(?:\[[^\]]*\])?)\s*(?:=|==|!=|<=|>=|<|>|\b(?:contains|icontains|startswith|endswith|glob)\b"
    r"|\b(?:in|pmatch|intersects)\s*\((?:[^()]*,)?)\s*(?P<value>\"?[^\s\"(),=<>!]*)\Z"
)
_OPERATOR = re.compile(
    r"[=<>()!]|(?<![\w.])(?:and|or|not|in|exists|i?contains|i?startswith|endswith|i?glob|regex|pmatch|intersects)(?![\w.])"
)
_SUGGESTED = re.compile(r"did you mean %?([^\s?]+)\?")


class Mode(Enum):
    """How the text in the bar is meant."""

    AUTO = "auto"
    """A filter where it looks like one, else a text that rows contain."""
    TEXT = "text"
    SYSDIG = "sysdig"

    @property
    def next(self) -> "Mode":
        modes = list(Mode)
        return modes[(modes.index(self) + 1) % len(modes)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text is as a filter."""

    is_filter: bool
    """Otherwise it is a text that rows contain."""
    is_good: bool
    incomplete: bool = False
    """It may become a filter when more is typed."""
    message: str = ""
    position: int = 0
    end: int = 0
    fixed: str = ""
    """The text with the word that was meant in the place of the wrong one; empty where nobody knows."""


def judge(text: str, mode: Mode) -> Verdict:
    """Read text as the bar does."""
    if not text.strip():
        return Verdict(is_filter=mode is Mode.SYSDIG, is_good=True)
    if mode is Mode.TEXT or (mode is Mode.AUTO and not _OPERATOR.search(text)):
        return Verdict(is_filter=False, is_good=True)
    try:
        check_filter(text)
    except FieldError as error:
        at = error.position
        suggested = _SUGGESTED.search(error.hint)
        fixed = text[:at] + suggested[1] + text[error.end :] if suggested else ""
        message = error.message if not error.hint else f"{error.message}; {error.hint}"
        return Verdict(True, False, at >= len(text.rstrip()), message, at, min(error.end, max(len(text), at + 1)), fixed)
    return Verdict(is_filter=True, is_good=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that fits, and a line about it."""

    word: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """The characters [start, end) may be replaced by the word of any of them."""

    start: int
    end: int
    choices: tuple[Choice, ...] = ()


def choices_at(text: str, cursor: int, values: Mapping[str, Iterable[str]]) -> Choices:
    """What fits at the cursor: values of the field that stands before, where `values` has some; else what the language knows."""
    value = _VALUE.search(text, 0, cursor)
    if value is not None and value["field"] in values:
        typed = value["value"].lstrip('"')
        found = [seen for seen in values[value["field"]] if seen.casefold().startswith(typed.casefold()) and seen != typed]
        if found:
            written = tuple(Choice(_as_value(seen), "on the screen") for seen in found[:MOST_CHOICES])
            return Choices(value.start("value"), cursor, written)
    completion = complete(text, cursor)
    return Choices(completion.start, completion.end, tuple(Choice(word, _about(word)) for word in completion.words[:MOST_CHOICES]))


def values_on_screen(snapshot: Snapshot) -> dict[str, list[str]]:
    """Per field of the view's columns the different values it has in the snapshot, in the order of the rows.

    Where command lines are shown, names of processes are among them."""
    seen: dict[str, list[str]] = {}
    for column, values in zip(snapshot.columns, snapshot.values, strict=True):
        if column.aggregation is Aggregation.QUANTILES:  # no event has such a value
            continue
        distinct = [value for value in dict.fromkeys(values[row] for row in snapshot.order) if value not in (None, "")]
        seen[column.field] = [str(value) if column.is_number else cell_text(value, column.unit) for value in distinct]
    if "proc.exeline" in seen and "proc.name" not in seen:
        names = (line.split(" ", 1)[0].rstrip(":").rpartition("/")[2] for line in seen["proc.exeline"])
        seen["proc.name"] = list(dict.fromkeys(name for name in names if name))
    return seen


def _as_value(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_./:@-]+", text) else quoted(text)


def _about(word: str) -> str:
    field = catalogue().get(word)
    return f"{field.type.lower()}  {field.desc}" if field is not None else ""
