"""YAML as Falco reads it, with the place of every node.

PyYAML's C parser does the reading. What differs from Python's usual view follows yaml-cpp, which Falco uses: texts stay texts until
a key asks for a bool or a number; of a key that is written twice the first wins; `<<` is a key like any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import Node, ScalarNode

_NULL_TAG: Final = "tag:yaml.org,2002:null"
_BOOLS: Final = {
    form: value
    for value, words in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off")))
    for word in words
    for form in (word, word.upper(), word.capitalize())
}
_DEEPEST: Final = 100
"""Levels of sequences and mappings; rule files have five."""
_INDENT: Final = re.compile("^ *", re.MULTILINE)
_DEEP_LINE: Final = re.compile(r"^ *(?:[?:-] +){2}", re.MULTILINE)
"""Several levels that begin in one line."""
_BLANKS: Final = " \t\r\n"
_ESCAPE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL)


class YamlError(Exception):
    """A text is not YAML: what is wrong, and at which character."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True)
class SourceText:
    """A rule file: its name and what stands in it."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(at.end() for at in re.finditer("\n", self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 0, of a character."""
        import bisect

        line = bisect.bisect_right(self._starts, offset) - 1
        return line, offset - self._starts[line]

    def line(self, number: int) -> str:
        """A line, counted from 0, without its end; empty behind the last one."""
        if number >= len(self._starts):
            return ""
        stop = self.text.find("\n", self._starts[number])
        return self.text[self._starts[number] : stop if stop >= 0 else len(self.text)].rstrip("\r")


@dataclass(frozen=True, eq=False)
class Scalar:
    """A text of a rule file that is read as something else in turn, such as a condition, and where its characters stand."""

    value: str
    source: SourceText
    start: int
    end: int
    style: str = ""

    @classmethod
    def of(cls, node: ScalarNode, source: SourceText) -> "Scalar":
        """The text of a node of `source`."""
        return cls(node.value, source, node.start_mark.index, node.end_mark.index, node.style or "")

    def offset(self, index: int) -> int:
        """Where in the file the character `index` of the value stands."""
        offsets = self._offsets
        return offsets[min(max(index, 0), len(offsets) - 1)]

    @cached_property
    def _offsets(self) -> list[int]:
        """Of each character of the value the one in the file that it was read from, and of its end."""
        found: list[int] = []
        at = self._first()
        raw = self.source.text
        for char in self.value:
            if self.style == '"' and raw.startswith("\\", at):
                while (escape := _ESCAPE.match(raw, at)) is not None and escape[0][1:2] in "\r\n":
                    at = escape.end()  # a line end that is not part of the value
                found.append(at)
                at = escape.end() if escape is not None else at + 1
                continue
            if char in _BLANKS:  # there are at least as many in the file: line ends and indents shrink
                found.append(min(at, self.end))
                at += at < self.end and raw[at] in _BLANKS
                continue
            while at < self.end and raw[at] != char and raw[at] in _BLANKS:
                at += 1
            found.append(min(at, self.end))
            at += 2 if self.style == "'" and char == "'" else 1
        found.append(min(at, self.end))
        return found

    def _first(self) -> int:
        """Where the value begins: behind the quote, or on the line below the | or >."""
        if self.style in ("'", '"'):
            return self.start + 1
        if self.style in ("|", ">"):
            end = self.source.text.find("\n", self.start)
            return end + 1 if end >= 0 else self.end
        return self.start


def documents(source: SourceText) -> Iterator[Node | None]:
    """The documents of a text, None for an empty one. Raises YamlError where it is not YAML."""
    text = source.text
    try:
        yield from _compose(text)
        return
    except yaml.MarkedYAMLError as error:
        closed = _closed(text, error)
        if closed is None:
            mark = error.problem_mark or error.context_mark
            raise YamlError(error.problem or str(error), mark.index if mark is not None else 0) from None
    except yaml.reader.ReaderError as error:
        raise YamlError(f"{error.reason}: character {error.character!r}", error.position) from None
    yield from _compose(closed)


def _compose(text: str) -> list[Node | None]:
    """The trees of all documents. The parser's own recursion is kept from running over."""
    if _may_be_deep(text):
        _check_depth(text)
    return list(yaml.compose_all(text, Loader=yaml.CSafeLoader))


def _may_be_deep(text: str) -> bool:
    """Whether levels may lie deeper than _DEEPEST, as far as brackets and indents tell: counting them takes a third of the reading."""
    brackets = [item.count("[") + item.count("{") for item in text.split("\n- ")]
    indents = len(set(_INDENT.findall(text)))  # a level below another begins farther right
    return max(brackets) + 3 * indents >= _DEEPEST or sum(brackets) >= 10 * _DEEPEST or _DEEP_LINE.search(text) is not None


def _check_depth(text: str) -> None:
    """Raise YamlError where levels lie too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise YamlError(f"nested deeper than {_DEEPEST} levels", event.start_mark.index if event.start_mark else 0)
        elif isinstance(event, CollectionEndEvent):
            depth -= 1


def _closed(text: str, error: yaml.MarkedYAMLError) -> str | None:
    """The text with the quote closed that is still open at its end, which yaml-cpp puts up with; None where that is not the trouble."""
    if error.problem != "found unexpected end of stream" or error.context_mark is None:
        return None
    quote = text[error.context_mark.index : error.context_mark.index + 1]
    if quote not in ("'", '"') or not quote:
        return None
    try:
        _compose(text + quote)
    except yaml.YAMLError:
        return None
    return text + quote


def is_null(node: Node) -> bool:
    """Whether nothing stands there, or `null` or `~`."""
    return isinstance(node, ScalarNode) and node.tag == _NULL_TAG


def as_bool(text: str) -> bool | None:
    """A bool in one of YAML's spellings; None where it is none."""
    return _BOOLS.get(text)


def as_uint32(text: str) -> int | None:
    """A number from 0 up in C's spellings (12, 0x1f, 017); None where it is none."""
    found = re.fullmatch(r"\+?(0[xX][0-9a-fA-F]+|[0-9]+)\s*", text)
    if found is None:
        return None
    digits = found[1]
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") and re.fullmatch("[0-7]+", digits) else 10
    if base == 10 and digits.startswith("0") and len(digits) > 1:
        return None
    number = int(digits, base)
    return number if number < 1 << 32 else None
