"""Warnings about filters that are legal but probably not meant.

Which ones: libs: userspace/libsinsp/filter.cpp, check_value_and_add_warnings().
"""

import re
from dataclasses import dataclass
from typing import Final

from csyspy.fields.binding import bind
from csyspy.fields.errors import FieldError
from csyspy.fields.names import is_known
from csyspy.fields.scanner import TRANSFORMERS, Scanner
from csyspy.filters.ast import Value
from csyspy.filters.comparison import Comparison
from csyspy.filters.hosts import ADDRESS_OF, OPERATORS

_ENDS: Final = re.compile(r"\^?(?:\.[+*?])?(.*?)(?:\.[+*?])?\$?", re.DOTALL)
_SPECIAL: Final = re.compile(r"[.+*?^$()\[\]{}|\\]")
_CALL: Final = re.compile(rf"(?:{'|'.join(('val', *TRANSFORMERS))})\(.*\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FilterWarning:
    """`message` about the characters [position, end) of the filter."""

    message: str
    position: int
    end: int


def advise(comparison: Comparison) -> list[FilterWarning]:
    """Warnings about the constants of one check."""
    found = [FilterWarning(message, value.pos, value.end) for value in comparison.texts for message in _about(value, comparison.op)]
    if comparison.plain_field in ADDRESS_OF and comparison.op not in OPERATORS:
        check = comparison.check
        message = f"{comparison.plain_field} has no value before =, != or in have looked a host up"
        found.append(FilterWarning(message, check.op_pos, check.op_pos + len(check.op)))
    return found


def _about(value: Value, op: str) -> list[str]:
    found = []
    text = "".join(value.text.split())
    if op == "regex" and (ends := _ENDS.fullmatch(value.text)) and not _SPECIAL.search(ends[1]):
        found.append(f"regex with {value.text!r} could be one of the cheaper =, contains, startswith, endswith")
    if _is_field(text):
        found.append(f"{value.text!r} is compared as text; to compare with the field, write val({text})")
    elif _CALL.fullmatch(text):
        found.append(f"{value.text!r} is compared as text; to use the transformer, write it without quotes")
    return found


def _is_field(text: str) -> bool:
    if "." not in text:
        return False
    scanner = Scanner(text)
    try:
        node = scanner.field()
        if node is None or scanner.pos != len(text) or not is_known(node.name):
            return False
        bind(node)
    except FieldError:
        return False
    return True
