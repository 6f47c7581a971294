"""Tree → program of the engine.

Conditions on the event type and direction become tables by event id, joined where several meet and asked first; along with each
node goes where it can be true and where it can be false, as bit masks over the event ids, so that the program knows which events
it need not look at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import csyspy.engine.conditions as conditions
from csyspy.engine import match, program
from csyspy.events import EVENT_TABLE
from csyspy.fields.catalogue import suggest
from csyspy.fields.errors import FieldError
from csyspy.fields.extraction import build, compile_field, event_name, unanswered
from csyspy.fields.names import FieldRef
from csyspy.filters import hosts
from csyspy.filters.advice import FilterWarning, advise
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or
from csyspy.filters.comparison import Comparison, analyse, former_names
from csyspy.filters.errors import FilterError
from csyspy.filters.matchers import matcher

if TYPE_CHECKING:
    from csyspy.engine.program import Node as EngineNode
    from csyspy.engine.program import Program

# field -> (compares ports, not addresses)
_EITHER_END: Final = {"fd.ip": False, "fd.net": False, "fd.port": True, "fd.proto": True}
# fields whose value depends on the events that the check was asked about before
_STATEFUL: Final = frozenset({"evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns"})
# events whose name stands in the event itself
_NAMED_INSIDE: Final = ("PPME_GENERIC_E", "PPME_GENERIC_X", "PPME_ASYNCEVENT_E")


@dataclass(frozen=True, slots=True)
class _Lowered:
    """A node with the event ids (as bits) where it can be true and where it can be false.

    `table` is its verdict by id where the type alone decides, and then `node` is not asked.
    """

    node: "EngineNode"
    true: int
    false: int
    table: bytes | None = None


def lower(node: Node) -> "tuple[Program, list[FilterWarning]]":
    """The program of a tree, and what is odd about the filter. Raises FilterError with the position of what is wrong."""
    lowering = _Lowering()
    root = lowering.lower(node)
    true = lowering.every if lowering.stateful else root.true
    possible = bytes(true >> event_id & 1 for event_id in range(_count()))
    engine_node = program.Constant(True) if root.table is not None else root.node
    return program.Program(engine_node, possible), lowering.warnings


@cache
def _count() -> int:
    return len(EVENT_TABLE["events"])


@cache
def _named_inside() -> frozenset[int]:
    return frozenset(event["id"] for event in EVENT_TABLE["events"] if event["enum"] in _NAMED_INSIDE)


def _mask(table: bytes, *verdicts: int) -> int:
    """The ids whose verdict is one of these, as bits; ids past the table as well."""
    return sum(1 << event_id for event_id, verdict in enumerate(table) if verdict in verdicts)


def _from_table(table: bytes, behind: "EngineNode | None" = None) -> _Lowered:
    node = program.TypeTable(table, behind)
    true, false = _mask(table, program.YES, program.ASK), _mask(table, program.NO, program.ASK)
    return _Lowered(node, true, false, table if behind is None else None)


class _Lowering:
    def __init__(self) -> None:
        self.warnings: list[FilterWarning] = []
        self.every = (1 << _count()) - 1
        self.stateful = False

    def lower(self, node: Node) -> _Lowered:
        """The engine's form of a node."""
        if isinstance(node, And | Or):
            return self._junction([self.lower(child) for child in node.children], isinstance(node, And))
        if isinstance(node, Not):
            child = self.lower(node.child)
            if child.table is not None:
                return _from_table(bytes(1 - verdict for verdict in child.table))
            return _Lowered(program.Not(child.node), child.false, child.true)
        if isinstance(node, Identifier):
            near = suggest(node.name)
            hint = "a bare word is a macro, which only a rule file defines" + (f"; did you mean {near}?" if near else "")
            raise FilterError(f"unexpected {node.name!r}, expected a check such as proc.name = cat", node.pos, node.end, hint)
        return self._check(node)

    def _junction(self, parts: list[_Lowered], conjunction: bool) -> _Lowered:
        join: Callable[[Sequence[EngineNode]], EngineNode] = program.And if conjunction else program.Or
        true, false = self.every, self.every
        for index, part in enumerate(parts):
            if conjunction:
                true, false = true & part.true, (false if index else 0) | part.false
            else:
                true, false = (true if index else 0) | part.true, false & part.false
        if self.stateful:
            return _Lowered(join(tuple(part.node for part in parts)), true, false)
        tables = [part.table for part in parts if part.table is not None]
        rest = [part for part in parts if part.table is None]
        if not tables:
            return _Lowered(join(tuple(part.node for part in self._cheap_first(rest))), true, false)
        decide = min if conjunction else max
        table = _from_table(bytes(map(decide, *tables)) if len(tables) > 1 else tables[0])
        if not rest:
            return table
        nodes = (table.node, *(part.node for part in self._cheap_first(rest)))
        return _Lowered(join(nodes), true, false)

    @staticmethod
    def _cheap_first(parts: list[_Lowered]) -> list[_Lowered]:
        """Type tables before everything else; the order of the others is the user's."""
        return sorted(parts, key=lambda part: not isinstance(part.node, program.TypeTable))

    def _check(self, check: Check) -> _Lowered:
        comparison = analyse(check)
        self.warnings += advise(comparison)
        try:
            return self._comparison(comparison)
        except FieldError as error:
            if isinstance(error, FilterError):
                raise
            # libs accepts a pattern that does not compile, and never matches it
            self.warnings += [FilterWarning(error.message, value.pos, value.end) for value in comparison.texts[:1]]
            return self._never()

    def _never(self) -> _Lowered:
        return _Lowered(program.Constant(False), 0, self.every)

    def _open(self, node: "EngineNode") -> _Lowered:
        return _Lowered(node, self.every, self.every)

    def _comparison(self, comparison: Comparison) -> _Lowered:
        name = comparison.plain_field
        if name in ("evt.type", "evt.dir") and comparison.other is None:
            return self._by_type(comparison, name)
        special = self._special(comparison, name)
        if special is not None:
            return self._open(special)
        self.stateful = self.stateful or any(ref.field.name in _STATEFUL for ref in self._fields(comparison))
        missing = [ref for ref in self._fields(comparison) if unanswered(ref.field)]
        for ref in missing:
            check = comparison.check
            message = f"{ref.text} has no value in any event: {unanswered(ref.field)}"
            self.warnings.append(FilterWarning(message, check.left.pos, check.left.end))
        if missing:
            return self._never()
        left = build(comparison.left)
        if comparison.other is not None:
            right = build(comparison.other)
            if comparison.op in ("in", "intersects"):
                return self._open(program.FieldMembers(left, comparison.op == "in", right))
            return self._open(program.FieldCheck(left, match.OPS[comparison.op], right))
        if comparison.op == "exists":
            return self._open(program.Exists(left))
        check = program.ThreadCheck if name in program.THREAD_FIELDS else program.Check
        return self._open(check(left, matcher(comparison)))

    @staticmethod
    def _fields(comparison: Comparison) -> list[FieldRef]:
        """All fields that take part in a comparison."""
        found: list[FieldRef] = []
        todo = [comparison.left] + ([comparison.other] if comparison.other is not None else [])
        while todo:
            bound = todo.pop()
            if bound.args:
                todo += bound.args
            elif bound.field is not None:
                found.append(bound.field)
        return found

    def _by_type(self, comparison: Comparison, name: str) -> _Lowered:
        """A check on the event's name or direction, decided by the event id."""
        if comparison.op == "exists":
            return _from_table(bytes([program.YES]) * _count())
        test = matcher(comparison)
        if name == "evt.dir":
            enter, leave = (program.matches_text(test, sign) for sign in (b">", b"<"))
            return _from_table(bytes(leave if event_id & 1 else enter for event_id in range(_count())))
        table = program.table_of_names(test, _named_inside())
        if unanswered(self._fields(comparison)[0].field):
            return _from_table(table.replace(bytes([program.ASK]), bytes([program.NO])))
        shown = any(value.text in former_names() for value in comparison.texts)
        return _from_table(table, program.Check(build(comparison.left) if shown else event_name(), test))

    @staticmethod
    def _host(comparison: Comparison, name: str) -> "EngineNode":
        """A check on the host name of one end: on its addresses."""
        from csyspy.engine.hosts import HostCheck, remember_host

        field = compile_field(hosts.ADDRESS_OF[name])
        if comparison.op == "exists":
            return program.Exists(field)
        found: list[bytes] = []
        for value in comparison.texts:
            known = hosts.addresses(value.text)
            remember_host(value.text.encode("utf-8", "surrogateescape"), known)
            found += known
        return HostCheck(field, found, comparison.op == "!=")

    @staticmethod
    def _special(comparison: Comparison, name: str) -> "EngineNode | None":
        """Fields that compare in a way of their own."""
        exists = comparison.op == "exists"
        ref = comparison.left.field
        if name in _EITHER_END:
            return conditions.AnyFd() if exists else conditions.EitherEnd(matcher(comparison), _EITHER_END[name], comparison.op == "!=")
        if ref is None or comparison.other is not None:
            return None
        if name in hosts.ADDRESS_OF and comparison.op in hosts.OPERATORS:
            return _Lowering._host(comparison, name)
        if name in conditions.ANCESTOR_FIELDS and ref.arg is None:
            return conditions.AnyAncestor(name, match.Anything() if exists else matcher(comparison))
        if name == "evt.around":
            window = comparison.constants[0] if comparison.constants else 0
            return conditions.Around(int(ref.arg or 0), int(window) * 1_000_000) if isinstance(window, int) else None
        return None
