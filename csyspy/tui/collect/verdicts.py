"""Which parts of a condition held for one event."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.filters import compile_filter, compile_tree
from csyspy.filters.ast import And, Node, Not, Or
from csyspy.filters.render import render

MOST_PARTS = 400


@dataclass(slots=True)
class Part:
    """One part of a condition: how deep it lies, its text, and whether it held."""

    depth: int
    text: str
    held: bool = False


class VerdictCollector:
    """Asks every part of a condition about the one event that passes the filter `of_event`."""

    def __init__(self, tree: Node, of_event: str) -> None:
        self.parts: list[Part] = []
        self.sinks: list[Any] = []
        self._of_event = compile_filter(of_event)
        self._was_met = False
        self.sinks.append(CallbackSink(EventView({}), self._meet, self._of_event.program))
        self._add(tree, 0)

    @property
    def is_full(self) -> bool:
        """Whether the event was met."""
        return self._was_met

    def _meet(self, event: Any) -> None:
        self._was_met = True

    def _add(self, node: Node, depth: int) -> None:
        if len(self.parts) >= MOST_PARTS:
            return
        heads = {And: "all of", Or: "any of", Not: "not"}
        children: tuple[Node, ...] = ()
        if isinstance(node, And | Or):
            children = tuple(_flat(node))
        elif isinstance(node, Not) and isinstance(node.child, And | Or | Not):
            children = (node.child,)
        part = Part(depth, heads[type(node)] if children else render(node))
        self.parts.append(part)
        program = compile_tree(And((self._of_event.tree, node)), "").program

        def hold(event: Any) -> None:
            part.held = True

        self.sinks.append(CallbackSink(EventView({}), hold, program))
        for child in children:
            self._add(child, depth + 1)


def _flat(node: And | Or) -> Iterator[Node]:
    """What is joined, also by the same word within it."""
    for child in node.children:
        if type(child) is type(node) and isinstance(child, And | Or):
            yield from _flat(child)
        else:
            yield child
