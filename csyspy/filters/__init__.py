"""The filter language: text to tree to a program that the engine runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csyspy.filters.advice import FilterWarning
from csyspy.filters.ast import Node
from csyspy.filters.errors import FilterError
from csyspy.filters.hosts import Lookups
from csyspy.filters.lower import Lowering, is_stateful, lower
from csyspy.filters.parser import parse

if TYPE_CHECKING:
    from csyspy.engine.program import Program

__all__ = ["CompiledFilter", "FilterError", "FilterWarning", "check_filter", "compile_filter", "compile_tree", "parse"]


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter ready to run: `program` goes into a Sink; `warnings` are for the user."""

    text: str
    tree: Node
    program: "Program"
    warnings: tuple[FilterWarning, ...]


def compile_filter(text: str) -> CompiledFilter:
    """Compile a filter. Raises FilterError, whose render() shows the place."""
    return compile_tree(parse(text), text)


def compile_tree(tree: Node, text: str) -> CompiledFilter:
    """Compile a parsed filter; `text` is what its positions refer to."""
    try:
        program, warnings = lower(tree)
    except FilterError as error:
        error.text = error.text or text
        raise
    return CompiledFilter(text, tree, program, tuple(warnings))


def check_filter(text: str) -> None:
    """Raises FilterError where a filter is wrong. For who types it: no host in it is looked up, which might take seconds."""
    tree = parse(text)
    try:
        Lowering(is_stateful(tree), Lookups()).lower(tree)
    except FilterError as error:
        error.text = error.text or text
        raise
