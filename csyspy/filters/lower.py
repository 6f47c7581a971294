"""Tree → program of the engine, by way of parts (csyspy.filters.parts), so that the program knows which events it need not look at."""

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import csyspy.engine.conditions as conditions
from csyspy.engine import match, program
from csyspy.engine.verdicts import THREAD_FIELDS
from csyspy.events import EVENT_TABLE
from csyspy.fields.catalogue import suggest
from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, TransformNode, fields_of
from csyspy.fields.extraction import build, compile_field, event_name, unanswered
from csyspy.fields.names import FieldRef
from csyspy.filters import hosts
from csyspy.filters.advice import FilterWarning, advise
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or
from csyspy.filters.comparison import Comparison, analyse, former_names
from csyspy.filters.errors import FilterError
from csyspy.filters.event_sets import verdict_by_number
from csyspy.filters.matchers import matcher
from csyspy.filters.parts import Part, Parts, every_kind, ids_of

if TYPE_CHECKING:
    from csyspy.engine.program import Node as EngineNode
    from csyspy.engine.program import Program

# field -> (compares ports, not addresses)
_EITHER_END: Final = {"fd.ip": False, "fd.net": False, "fd.port": True, "fd.proto": True}
# fields whose value depends on the events that the check was asked about before
_STATEFUL: Final = frozenset({"evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns"})
# events whose name stands in the event itself; that of generic events is part of their kind
_NAMED_INSIDE: Final = ("PPME_ASYNCEVENT_E",)


_BYTES: Final = bytes(value & 1 for value in range(256))


def lower(node: Node) -> "tuple[Program, list[FilterWarning]]":
    """The program of a tree, and what is odd about the filter. Raises FilterError with the position of what is wrong."""
    lowering = Lowering(is_stateful(node))
    root = lowering.lower(node)
    true = every_kind() if lowering.parts.ordered else root.true
    engine_node = program.Constant(True) if root.decided is not None else lowering.parts.engine_node(root)
    return program.Program(engine_node, as_table(ids_of(true), len(EVENT_TABLE["events"]))), lowering.warnings


def as_table(numbers: int, size: int) -> bytes:
    """The numbers below `size`, given as bits, as one byte each (0 or 1)."""
    return f"{numbers:0{size}b}".encode()[::-1].translate(_BYTES)


def is_stateful(node: Node) -> bool:
    """Whether the verdict depends on which events the condition was asked about before."""
    if isinstance(node, And | Or):
        return any(map(is_stateful, node.children))
    if isinstance(node, Not):
        return is_stateful(node.child)
    if not isinstance(node, Check):
        return False
    sides = (node.left, node.right)
    return any(field.name in _STATEFUL for side in sides if isinstance(side, FieldNode | TransformNode) for field in fields_of(side))


@cache
def _named_inside() -> frozenset[int]:
    return frozenset(event["id"] for event in EVENT_TABLE["events"] if event["enum"] in _NAMED_INSIDE)


class Lowering:
    """Turns trees into parts; those that equal each other become one.

    `ordered` filters are asked exactly as they are written. With `lookups` host names are left to them.
    """

    def __init__(self, ordered: bool = False, lookups: hosts.Lookups | None = None) -> None:
        self.lookups = lookups
        self.warnings: list[FilterWarning] = []
        self.parts = Parts()
        self.parts.ordered = ordered
        self._trees: dict[int, tuple[Node, Part]] = {}
        self._checks: dict[Check, Part] = {}

    def lower(self, node: Node) -> Part:
        """The part of a node."""
        known = self._trees.get(id(node))
        if known is None:
            known = self._trees[id(node)] = (node, self._lower(node))  # the node is kept: its id must not be given away
        return known[1]

    def _lower(self, node: Node) -> Part:
        if isinstance(node, And | Or):
            return self.parts.junction("and" if isinstance(node, And) else "or", [self.lower(child) for child in node.children])
        if isinstance(node, Not):
            return self.parts.negated(self.lower(node.child))
        if isinstance(node, Identifier):
            near = suggest(node.name)
            hint = "a bare word is a macro, which only a rule file defines" + (f"; did you mean {near}?" if near else "")
            raise FilterError(f"unexpected {node.name!r}, expected a check such as proc.name = cat", node.pos, node.end, hint)
        if node not in self._checks:
            self._checks[node] = self._check(node)
        return self._checks[node]

    def _check(self, check: Check) -> Part:
        comparison = analyse(check)
        self.warnings += advise(comparison)
        try:
            return self._comparison(comparison)
        except FieldError as error:
            if isinstance(error, FilterError):
                raise
            # libs accepts a pattern that does not compile, and never matches it
            self.warnings += [FilterWarning(error.message, value.pos, value.end) for value in comparison.texts[:1]]
            return self.parts.never()

    def _comparison(self, comparison: Comparison) -> Part:
        name = comparison.plain_field
        if name in ("evt.type", "evt.dir") and comparison.other is None:
            return self._by_type(comparison, name)
        always = verdict_by_number(comparison.check)
        if always is not None:
            return self.parts.by_type(bytes([program.YES if always else program.NO]) * program.KIND_COUNT)
        special = self._special(comparison, name)
        if special is not None:
            return self.parts.leaf(special, thread=name in conditions.ANCESTOR_FIELDS)
        missing = [ref for ref in self._fields(comparison) if unanswered(ref.field)]
        for ref in missing:
            check = comparison.check
            message = f"{ref.text} has no value in any event: {unanswered(ref.field)}"
            self.warnings.append(FilterWarning(message, check.left.pos, check.left.end))
        if missing:
            return self.parts.never()
        thread = all(ref.field.name in THREAD_FIELDS for ref in self._fields(comparison))
        return self.parts.leaf(self._plain(comparison), thread=thread)

    @staticmethod
    def _plain(comparison: Comparison) -> "EngineNode":
        left = build(comparison.left)
        if comparison.other is not None:
            right = build(comparison.other)
            if comparison.op in ("in", "intersects"):
                return program.FieldMembers(left, comparison.op == "in", right)
            return program.FieldCheck(left, match.OPS[comparison.op], right)
        if comparison.op == "exists":
            return program.Exists(left)
        return program.Check(left, matcher(comparison))

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

    def _by_type(self, comparison: Comparison, name: str) -> Part:
        """A check on the event's name or direction, decided by the event id."""
        if comparison.op == "exists":
            return self.parts.by_type(bytes([program.YES]) * program.KIND_COUNT)
        test = matcher(comparison)
        if name == "evt.dir":
            enter, leave = (program.matches_text(test, sign) for sign in (b">", b"<"))
            return self.parts.by_type(bytes(leave if kind & 1 else enter for kind in range(program.KIND_COUNT)))
        shown = any(value.text in former_names() for value in comparison.texts)
        ask = _named_inside().union(program.kinds_of_generic(0), program.kinds_of_generic(1)) if shown else _named_inside()
        table = program.table_of_names(test, ask)
        if unanswered(self._fields(comparison)[0].field):
            return self.parts.by_type(table.replace(bytes([program.ASK]), bytes([program.NO])))
        return self.parts.by_type(table, program.Check(build(comparison.left) if shown else event_name(), test))

    def _host(self, comparison: Comparison, name: str) -> "EngineNode":
        """A check on the host name of one end: on its addresses."""
        from csyspy.engine.hosts import HostCheck

        field = compile_field(hosts.ADDRESS_OF[name])
        if comparison.op == "exists":
            return program.Exists(field)
        check = HostCheck(field, [], comparison.op == "!=")
        for value in comparison.texts:
            found = partial(check.add, value.text.encode("utf-8", "surrogateescape"))
            if self.lookups is None:
                found(hosts.addresses(value.text))
            else:
                self.lookups.add(value.text, found)
        return check

    def _special(self, comparison: Comparison, name: str) -> "EngineNode | None":
        """Fields that compare in a way of their own."""
        exists = comparison.op == "exists"
        ref = comparison.left.field
        if name in _EITHER_END:
            return conditions.AnyFd() if exists else conditions.EitherEnd(matcher(comparison), _EITHER_END[name], comparison.op == "!=")
        if ref is None or comparison.other is not None:
            return None
        if name in hosts.ADDRESS_OF and comparison.op in hosts.OPERATORS:
            return self._host(comparison, name)
        if name in conditions.ANCESTOR_FIELDS and ref.arg is None:
            return conditions.AnyAncestor(name, match.Anything() if exists else matcher(comparison))
        if name == "evt.around":
            window = comparison.constants[0] if comparison.constants else 0
            return conditions.Around(int(ref.arg or 0), int(window) * 1_000_000) if isinstance(window, int) else None
        return None
