"""Texts put together from parts of rule files, whose characters remember where they came from.

A condition is such a text: what was written, what was appended to it, its exceptions, and the items of the lists that it names.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from csyspy.rules.document import Scalar, SourceText


@dataclass(frozen=True, slots=True)
class Part:
    """Some text, and the scalar it was read from (at its character `index`); None for text that stands in no file."""

    text: str
    scalar: Scalar | None = None
    index: int = 0


@dataclass(frozen=True)
class Composed:
    """Parts one after the other."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, *items: "Composed | Scalar | str") -> "Composed":
        """The items one after the other."""
        parts: list[Part] = []
        for item in items:
            if isinstance(item, Composed):
                parts += item.parts
            else:
                parts.append(Part(item) if isinstance(item, str) else Part(item.value, item))
        return cls(tuple(parts))

    @classmethod
    def join(cls, separator: str, items: "Iterable[Composed]") -> "Composed":
        """The items with `separator` between them."""
        found: list[Composed | str] = []
        for item in items:
            found += [separator, item] if found else [item]
        return cls.of(*found)

    @cached_property
    def text(self) -> str:
        """The text."""
        return "".join(part.text for part in self.parts)

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, span: slice) -> "Composed":
        start, stop, _ = span.indices(len(self.text))
        if start == 0 and stop == len(self.text):
            return self
        found: list[Part] = []
        for number in range(max(bisect.bisect_right(self._starts, start) - 1, 0), len(self.parts)):
            part, at = self.parts[number], self._starts[number]
            if at >= stop:
                break
            first, last = max(start - at, 0), min(stop - at, len(part.text))
            if first < last:
                found.append(part if last - first == len(part.text) else Part(part.text[first:last], part.scalar, part.index + first))
        return Composed(tuple(found))

    def stripped(self) -> "Composed":
        """Without blanks at both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self[start : start + len(self.text.strip())]

    def replaced(self, old: str, new: str) -> "Composed":
        """With another text in the place of each `old`."""
        found: list[Composed | str] = []
        start = 0
        while (at := self.text.find(old, start)) >= 0:
            found += [self[start:at], new]
            start = at + len(old)
        return Composed.of(*found, self[start:]) if found else self

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for part in self.parts:
            starts.append(at)
            at += len(part.text)
        return starts

    def _part_at(self, index: int) -> int:
        return max(bisect.bisect_right(self._starts, index) - 1, 0)

    def is_of_file(self, index: int) -> bool:
        """Whether the character `index` stands in a file; False for what settings added."""
        return bool(self.parts) and self.parts[self._part_at(index)].scalar is not None

    def place(self, index: int) -> tuple[SourceText, int] | None:
        """The file, and the offset in it, that the character `index` came from; the nearest before it for text that stands in none."""
        if not self.parts:
            return None
        at = self._part_at(index)
        scalar = self.parts[at].scalar
        if scalar is not None:
            return scalar.source, scalar.offset(self.parts[at].index + index - self._starts[at])
        for part in reversed(self.parts[:at]):
            if part.scalar is not None:
                return part.scalar.source, part.scalar.offset(part.index + len(part.text))
        first = next((part for part in self.parts if part.scalar is not None), None)
        return (first.scalar.source, first.scalar.offset(first.index)) if first is not None and first.scalar is not None else None
