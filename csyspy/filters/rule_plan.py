"""The conditions of many rules → what the engine's RuleSet runs, what they have in common asked once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csyspy.engine import program
from csyspy.engine.ruleset import room_for
from csyspy.filters.ast import Node
from csyspy.filters.hosts import Lookups
from csyspy.filters.lower import Lowering, as_table, is_stateful
from csyspy.filters.parts import Part, every_kind, kinds_of, kinds_where

if TYPE_CHECKING:
    from csyspy.engine.program import Node as EngineNode
    from csyspy.engine.verdicts import Bits


@dataclass(frozen=True, slots=True)
class RulePlan:
    """`rules` and `bits` are arguments of csyspy.engine.ruleset.RuleSet."""

    rules: "list[tuple[bytes, EngineNode | None, list[tuple[EngineNode, int]], EngineNode | None]]"
    bits: "Bits | None"


def plan_rules(trees: Sequence[Node], event_ids: int | None = None) -> RulePlan:
    """Lower conditions together; `event_ids` (as bits) are the events that any of them is to see, None for all.

    Raises FilterError where a condition cannot be compiled.
    """
    lookups = Lookups()
    lowering = Lowering(lookups=lookups)
    bits = room_for(len(trees))  # before conditions take theirs
    seen = every_kind() if event_ids is None else kinds_of(event_ids)
    roots = [_as_written(tree, lookups) if is_stateful(tree) else lowering.lower(tree) for tree in trees]
    demands = [_conjuncts(root) for root in roots]
    shared = Counter(id(part) for parts in demands for part in parts if not part.thread)
    rules = []
    for root, parts in zip(roots, demands, strict=True):
        thread, rest = [part for part in parts if part.thread], []
        guards = []
        for part in parts:
            if part.table is not None:
                asked = kinds_where(part.table, program.ASK)
                if asked:
                    guards.append((lowering.parts.engine_node(part, shared=True), asked))
            elif not part.thread and shared[id(part)] > 1:
                guards.append((lowering.parts.engine_node(part, shared=True), every_kind()))
            elif not part.thread:
                rest.append(part)
        possible = as_table(root.true & seen, program.KIND_COUNT)
        rules.append((possible, _joined(lowering, thread), guards, _joined(lowering, rest)))
    lookups.run()
    return RulePlan(rules, bits)


def _as_written(tree: Node, lookups: Lookups) -> Part:
    """A condition on what it was asked before: one part, asked in the order it is written in."""
    lowering = Lowering(ordered=True, lookups=lookups)
    root = lowering.lower(tree)
    return Part("leaf", root.true, root.false, leaf=lowering.parts.engine_node(root))


def _conjuncts(root: Part) -> tuple[Part, ...]:
    """What all must be true, conditions on the thread gathered."""
    return root.children if root.kind == "and" and not root.thread else (root,)


def _joined(lowering: Lowering, parts: list[Part]) -> "EngineNode | None":
    """The engine's node of a conjunction. What is known of a thread the RuleSet remembers itself."""
    if not parts:
        return None
    nodes = []
    for part in parts:
        if part.thread and part.kind == "and":
            nodes += [lowering.parts.engine_node(child, shared=True, within_thread=True) for child in part.children]
        else:
            nodes.append(lowering.parts.engine_node(part, shared=True, within_thread=part.thread))
    return nodes[0] if len(nodes) == 1 else program.And(tuple(nodes))
