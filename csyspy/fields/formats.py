"""Output formats: what stands behind `-p`, and the lines of `output:` in rules.

Rules (libs: userspace/libsinsp/eventformatter.cpp): `%field`, `%field[arg]`, `%transformer(…)`; the longest readable expression wins, so
`%proc.name:` works; digits behind the `%` pad or cut to that many columns; a leading `*` prints lines even where a field has no
value (`<NA>`); there is no way to write a percent sign.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from csyspy.fields.binding import Bound, bind
from csyspy.fields.catalogue import SYSCALL, suggest
from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, TransformNode, fields_of
from csyspy.fields.scanner import FIELD_NAME, Scanner

MAX_WIDTH = 4096


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is copied as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One value: `width` columns wide, 0 for as wide as it is; `name` as it was written."""

    value: Bound
    name: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A parsed format.

    `complete`: a line is printed only where every field has a value. `fields` are the plain fields by name, those inside
    transformers included, in the order of the format: what JSON output shows.
    """

    segments: tuple[Text | Column, ...]
    complete: bool
    fields: tuple[tuple[str, Bound], ...]


@lru_cache(maxsize=1024)
def parse_format(text: str, source: str = SYSCALL) -> OutputFormat:
    """Parse an output format for events of `source`. Raises FieldError with the position of what is wrong."""
    try:
        return _Reader(text, source).read()
    except FieldError as error:
        error.text = error.text or text
        raise


class _Reader(Scanner):
    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self.source = source

    def read(self) -> OutputFormat:
        if not self.text:
            raise self.error("the output format is empty")
        complete = not self.take("*")
        segments: list[Text | Column] = []
        plain: dict[str, Bound] = {}
        while self.pos < len(self.text):
            at = self.text.find("%", self.pos)
            if at != self.pos:
                segments.append(Text(self.text[self.pos : at if at >= 0 else len(self.text)]))
            if at < 0:
                break
            self.pos = at + 1
            column = self._column(at)
            segments.append(column)
            for node in fields_of(column.value.node):
                plain.setdefault(self.text[node.pos : node.end], bind(node, self.source))
        return OutputFormat(tuple(segments), complete, tuple(plain.items()))

    def _column(self, percent: int) -> Column:
        start = self.pos
        if start >= len(self.text):
            raise self.error("an output format cannot end with a %", percent)
        while self.pos < len(self.text) and self.text[self.pos] in "0123456789":
            self.pos += 1
        digits = self.text[start : self.pos]
        if self.pos >= len(self.text):
            raise self.error("an output format cannot end with a number behind a %", percent)
        if len(digits) > 4 or int(digits or 0) > MAX_WIDTH:
            raise self.error(f"a column is at most {MAX_WIDTH} wide", start, self.pos)
        start = self.pos
        value = self._expression()
        field = value.field
        if field is not None and field.field.filter_only:
            raise self.error(f"{field.field.name} can be used in filters only", start, self.pos)
        return Column(value, self.text[start : self.pos], int(digits or 0))

    def _expression(self) -> Bound:
        start = self.pos
        node: FieldNode | TransformNode | None = self.transformer()
        if node is None:
            return self._longest_field(start)
        return bind(node, self.source)

    def _longest_field(self, start: int) -> Bound:
        """The longest prefix of what stands here that is a field, with its argument where that is well-formed."""
        name = self.match(FIELD_NAME)
        if name is None:
            word = re.split(r"[\s%]", self.text[start:], maxsplit=1)[0]
            near = suggest(word)
            raise self.error(f"%{word} is not a field", start, start + len(word), f"did you mean %{near}?" if near else "")
        stop = self.pos
        problem: FieldError | None = None
        if self.text.startswith("[", stop):
            try:
                arg = self.argument()
                return bind(FieldNode(name, arg, start, self.pos), self.source)
            except FieldError as error:  # then the bracket is text behind a field without an argument
                problem = error
        for end in range(stop, start, -1):
            try:
                bound = bind(FieldNode(self.text[start:end], None, start, end), self.source)
            except FieldError as error:
                problem = problem or error
                continue
            self.pos = end
            return bound
        assert problem is not None
        raise problem
