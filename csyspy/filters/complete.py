"""What may stand at the cursor of a filter that is being typed."""

import re
from dataclasses import dataclass
from typing import Final

from csyspy.fields.binding import bind
from csyspy.fields.catalogue import catalogue
from csyspy.fields.errors import FieldError
from csyspy.fields.extraction import answered
from csyspy.fields.names import event_params
from csyspy.fields.scanner import TRANSFORMERS, Scanner
from csyspy.filters.comparison import known_event_types
from csyspy.filters.operators import ALL, GROUPS, group_of
from csyspy.filters.parser import Parser

_WORD: Final = re.compile(r"[A-Za-z0-9_.]*\Z")
_ARGS: Final = re.compile(r"evt\.(?:raw)?arg\.")
_TYPE_VALUE: Final = re.compile(r"evt\.type\s*(?:=|==|!=|(?:in|intersects)\s*\((?:[^()]*,)?)\s*\Z")
_VALUE_PAREN: Final = re.compile(r"[=<>]\s*\(\Z")
_LEFT: Final = re.compile(r"[A-Za-z0-9_.\[\]]+\)*\Z")


@dataclass(frozen=True, slots=True)
class Completion:
    """The characters [start, end) of the text may be replaced by any of `words`."""

    start: int
    end: int
    words: tuple[str, ...]


def complete(text: str, cursor: int | None = None) -> Completion:
    """Field names, operators, event types or connectives that fit at `cursor` (the end where it is None)."""
    end = len(text) if cursor is None else min(cursor, len(text))
    found = _WORD.search(text, 0, end)
    start = found.start() if found else end
    word, before = text[start:end], text[:start]
    words = [name for name in _candidates(before, word) if name.startswith(word) and name != word]
    return Completion(start, end, tuple(words))


def _candidates(before: str, word: str) -> list[str]:
    if _TYPE_VALUE.search(before):
        return sorted(known_event_types())
    left = before.rstrip()
    if left == before and before and before[-1] not in "(":
        return []  # glued to something that is no blank
    operators = _operators_behind(left)
    if operators:
        return operators
    if left and _is_whole(left):
        return ["and", "or"]
    if left and not re.search(r"(?:\(|(?<![A-Za-z0-9_.])(?:and|or|not))\Z", left):
        return []  # a value is being typed
    if _VALUE_PAREN.search(left):
        return []  # no value begins so
    if _ARGS.match(word):
        prefix = word[: word.index("arg.") + 4]
        return [prefix + name for name in sorted(event_params())]
    fields = [name for name, field in catalogue().items() if name in answered() and not field.table_only]
    return [*fields, "not", *(f"{name}(" for name in TRANSFORMERS)]


def _operators_behind(left: str) -> list[str]:
    """The operators of the field that `left` ends with; empty where it ends with none."""
    tail = _LEFT.search(left)
    at = tail.start() if tail else len(left)
    while at > 0 and left[at - 1] == "(" and (name := next((t for t in TRANSFORMERS if left[: at - 1].endswith(t)), "")):
        at -= len(name) + 1
    if at and left[at - 1] not in " \t\r\n(":
        return []
    if re.search(r"(?:[=<>]|(?<![A-Za-z0-9_.])(?:glob|iglob|b?contains|icontains|b?startswith|endswith|regex))\s*\Z", left[:at]):
        return []
    scanner = Scanner(left[at:])
    try:
        node = scanner.field_or_transformer()
        if node is None or scanner.pos < len(scanner.text):
            return []
        bound = bind(node)
    except FieldError:
        return []
    usable = GROUPS[group_of(bound.type, bound.is_list)]
    return [op for op in ALL if op in usable]


def _is_whole(text: str) -> bool:
    """Could the filter end here, but for parentheses that are still open?"""
    opened = max(0, text.count("(") - text.count(")"))
    try:
        Parser(text + ")" * opened).parse()
    except FieldError:
        return False
    return not re.search(r"(?<![A-Za-z0-9_.])(?:and|or|not)\Z", text)
