"""A filter between its tree and the engine's nodes: what each part depends on, and where it can be true.

Equal parts of the filters that are lowered together are one object; that is what rules share. Conditions on the event's type become
tables by kind of event, joined where several meet and asked first; conditions on the thread alone are gathered, so that their verdict can
be remembered about the thread (csyspy.engine.verdicts).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import TYPE_CHECKING, Final, Literal

from csyspy.engine import program
from csyspy.engine.verdicts import Memo, Verdict
from csyspy.events import EVENT_TABLE

if TYPE_CHECKING:
    from csyspy.engine.program import Node as EngineNode

Kind = Literal["table", "leaf", "not", "and", "or"]


@cache
def every_kind() -> int:
    """All kinds of events, as bits: event ids, and generic events by system call (engine.program.kinds)."""
    return sum(1 << kind for kind in program.kinds())


@cache
def _generic(leave: int) -> int:
    return sum(1 << kind for kind in program.kinds_of_generic(leave))


def kinds_of(event_ids: int) -> int:
    """The kinds (as bits) of events with these ids (as bits)."""
    found = event_ids & ~3
    for leave in (0, 1):
        if event_ids >> leave & 1:
            found |= _generic(leave)
    return found


def ids_of(kinds: int) -> int:
    """The event ids (as bits) that these kinds have."""
    found = kinds & ((1 << len(EVENT_TABLE["events"])) - 1) & ~3
    return found | sum(1 << leave for leave in (0, 1) if kinds & _generic(leave))


@dataclass(slots=True, eq=False)
class Part:
    """A condition. `true` and `false` are the kinds of events (as bits) where it can be so.

    `table` is its verdict by kind, for the kind `table`; where that is ASK, `leaf` knows. `thread`: nothing but the thread
    decides. `uses` counts what it is part of.
    """

    kind: Kind
    true: int
    false: int
    thread: bool = False
    children: "tuple[Part, ...]" = ()
    table: bytes | None = None
    leaf: "EngineNode | None" = None
    uses: int = 0
    node: "EngineNode | None" = field(default=None, repr=False)

    @property
    def decided(self) -> bytes | None:
        """The verdict by kind where the type alone decides, else None."""
        return self.table if self.leaf is None else None

    @property
    def mixed(self) -> bool:
        """A conjunction of conditions on the thread and of others."""
        return self.kind == "and" and not self.thread and any(child.thread for child in self.children)


class Parts:
    """Makes parts, and the engine's nodes of them. `ordered` keeps all conditions in the order they are written in."""

    def __init__(self) -> None:
        self.ordered = False
        self._known: dict[tuple[object, ...], Part] = {}

    def leaf(self, node: "EngineNode", *, thread: bool = False) -> Part:
        """A condition that the engine knows how to ask."""
        return Part("leaf", every_kind(), every_kind(), thread, leaf=node)

    def never(self) -> Part:
        """What no event passes."""
        return self._known.setdefault(("never",), Part("leaf", 0, every_kind(), leaf=program.Constant(False)))

    def by_type(self, table: bytes, behind: "EngineNode | None" = None) -> Part:
        """A verdict by kind of event; `behind` knows where that is ASK."""
        if behind is None and ("table", table) in self._known:
            return self._known["table", table]
        ask = kinds_where(table, program.ASK) if program.ASK in table else 0
        true, false = kinds_where(table, program.YES) | ask, kinds_where(table, program.NO) | ask
        part = Part("table", true, false, table=table, leaf=behind)
        if behind is None:
            self._known["table", table] = part
        return part

    def negated(self, child: Part) -> Part:
        """`not child`."""
        if child.decided is not None:
            return self.by_type(bytes(1 - verdict for verdict in child.decided))
        key = ("not", id(child))
        if key not in self._known:
            child.uses += 1
            self._known[key] = Part("not", child.false, child.true, child.thread, (child,))
        return self._known[key]

    def junction(self, kind: Literal["and", "or"], parts: Sequence[Part]) -> Part:
        """All of the parts, or one of them."""
        if len(parts) == 1:
            return parts[0]
        if not self.ordered:
            parts = self._sorted(kind, parts)
            if len(parts) == 1:
                return parts[0]
        key = (kind, *map(id, parts))
        if key not in self._known:
            narrow, widen = ("true", "false") if kind == "and" else ("false", "true")
            sets = {
                narrow: reduce(lambda a, b: a & b, (getattr(part, narrow) for part in parts)),
                widen: reduce(lambda a, b: a | b, (getattr(part, widen) for part in parts)),
            }
            for part in parts:
                part.uses += 1
            self._known[key] = Part(kind, sets["true"], sets["false"], all(part.thread for part in parts), tuple(parts))
        return self._known[key]

    def _sorted(self, kind: Literal["and", "or"], parts: Sequence[Part]) -> list[Part]:
        """Tables first, joined; then what the thread decides, as one part; the others in the order they are written in."""
        flat: list[Part] = []
        for part in parts:
            flat += part.children if kind == "and" and part.mixed else [part]
        tables = [part.decided for part in flat if part.decided is not None]
        out: list[Part] = []
        if tables:
            decide = min if kind == "and" else max
            out.append(self.by_type(bytes(map(decide, *tables)) if len(tables) > 1 else tables[0]))
        out += [part for part in flat if part.kind == "table" and part.decided is None]
        thread = [part for part in flat if part.thread]
        rest = [part for part in flat if not part.thread and part.kind != "table"]
        if thread and (out or rest):
            out.append(self.junction(kind, thread))
        else:
            out += thread
        return out + rest

    def engine_node(self, part: Part, *, shared: bool = False, within_thread: bool = False) -> "EngineNode":
        """The engine's node of a part. `shared`: parts used more than once are asked once for each event (Memo)."""
        if part.node is not None:
            return part.node
        node = self._bare_node(part, shared, within_thread or part.thread)
        if part.thread and (not within_thread or (shared and part.uses > 1)) and not self.ordered:
            node = Verdict(node)
        elif shared and part.uses > 1 and not part.thread and part.kind != "table":
            node = Memo(node)
        part.node = node
        return node

    def _bare_node(self, part: Part, shared: bool, within_thread: bool) -> "EngineNode":
        if part.kind == "table":
            assert part.table is not None
            return program.TypeTable(part.table, part.leaf)
        if part.leaf is not None:
            return part.leaf
        nodes = tuple(self.engine_node(child, shared=shared, within_thread=within_thread) for child in part.children)
        if part.kind == "not":
            return program.Not(nodes[0])
        return program.And(nodes) if part.kind == "and" else program.Or(nodes)



_DIGITS: Final = {
    verdict: bytes(49 if value == verdict else 48 for value in range(256)) for verdict in (program.NO, program.YES, program.ASK)
}


def kinds_where(table: bytes, verdict: int) -> int:
    """The kinds (as bits) that have this verdict in a table."""
    return int(table.translate(_DIGITS[verdict])[::-1], 2) & every_kind()
