"""What can be wrong with rule files: the codes, and how a problem finds its place."""

from dataclasses import dataclass, field
from typing import Final

from yaml.nodes import Node

from csyspy.rules.composed import Composed
from csyspy.rules.document import SourceText
from csyspy.rules.model import Location, Problem

MEANINGS: Final = {
    "LOAD_ERR_FILE_READ": "the file cannot be read",
    "LOAD_ERR_YAML_PARSE": "not YAML",
    "LOAD_ERR_YAML_VALIDATE": "not built as a rule file is",
    "LOAD_ERR_COMPILE_CONDITION": "the condition does not compile",
    "LOAD_ERR_COMPILE_OUTPUT": "the output does not compile",
    "LOAD_ERR_VALIDATE": "the item does not fit the others",
    "LOAD_ERR_EXTENSION": "an extension item is wrong",
    "LOAD_UNKNOWN_SOURCE": "unknown event source",
    "LOAD_UNSAFE_NA_CHECK": "unsafe comparison with <NA>",
    "LOAD_NO_EVTTYPE": "the condition does not narrow the event types",
    "LOAD_UNKNOWN_FILTER": "unknown field or event type",
    "LOAD_UNUSED_MACRO": "unused macro",
    "LOAD_UNUSED_LIST": "unused list",
    "LOAD_UNKNOWN_ITEM": "unknown item",
    "LOAD_UNKNOWN_KEY": "unknown key",
    "LOAD_DEPRECATED_ITEM": "deprecated",
    "LOAD_WARNING_EXTENSION": "an extension item is odd",
    "LOAD_APPEND_NO_VALUES": "an exception is extended by no values",
    "LOAD_EXCEPTION_NAME_NOT_UNIQUE": "two exceptions of one name",
    "LOAD_INVALID_MACRO_NAME": "name that no condition can use",
    "LOAD_INVALID_LIST_NAME": "name that no condition can use",
    "LOAD_COMPILE_CONDITION": "odd condition",
}
"""Code (falco: userspace/engine/falco_load_result.cpp) -> what it stands for, in short."""


class LoadError(Exception):
    """The one error that ends the loading of a file."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Context:
    """Where one is in a file: the way to the item at hand."""

    source: SourceText
    locations: tuple[Location, ...] = field(default=())

    @classmethod
    def of_file(cls, source: SourceText) -> "Context":
        """The file as a whole."""
        return cls(source, (Location("rules content", "", source.name),))

    def at(self, node: Node, item_type: str, item_name: str = "") -> "Context":
        """An item in this one, at a node."""
        return self.at_offset(node.start_mark.index, item_type, item_name)

    def at_offset(self, offset: int, item_type: str, item_name: str = "", source: SourceText | None = None) -> "Context":
        """An item in this one, at a character of this file or of `source`."""
        source = source or self.source
        line, column = source.position(min(offset, len(source.text)))
        location = Location(item_type, item_name, source.name, line, column, offset)
        return Context(source, (*self.locations, location))

    def within(self, text: Composed, index: int) -> "Context":
        """A character of a condition."""
        place = text.place(index)
        source, offset = place if place is not None else (self.source, self.locations[-1].offset)
        return self.at_offset(offset, "condition expression", source=source)

    def moved(self, text: Composed, index: int) -> "Context":
        """The same item, at a character of its text."""
        place = text.place(index)
        if place is None:
            return self
        last = self.locations[-1]
        return Context(self.source, self.locations[:-1]).at_offset(place[1], last.item_type, last.item_name, place[0])

    @property
    def location(self) -> Location:
        """The innermost one."""
        return self.locations[-1]

    def problem(self, code: str, message: str, hint: str = "") -> Problem:
        """A problem with what is here."""
        return Problem(code, message, self.locations, self.source.line(self.location.line), hint)

    def error(self, code: str, message: str, hint: str = "") -> LoadError:
        """An error to raise about what is here."""
        return LoadError(self.problem(code, message, hint))
