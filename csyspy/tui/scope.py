"""Where the user is: the levels of the drill-down, and the filter that they add up to."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

from csyspy.filters.render import in_quotes
from csyspy.views.format import clock
from csyspy.views.snapshot import Snapshot, Sort
from csyspy.views.view import View


@dataclass(frozen=True, slots=True)
class Term:
    """One selection: the rows below belong to it."""

    field: str
    value: Hashable
    label: str
    """What the breadcrumb calls it."""
    within: str = ""
    """The filter of the view it was selected in, which goes on below (csysdig's `propagate_filter`)."""

    @property
    def condition(self) -> str:
        """The term as a filter."""
        own = condition(self.field, self.value)
        return f"({self.within}) and {own}" if self.within else own


@dataclass(frozen=True, slots=True)
class Level:
    """One view on the way down, and how the user left it."""

    view_id: str
    term: Term | None = None
    """The selection that led here; None for the whole machine."""
    cursor_key: Hashable | None = None
    top: int = 0
    """First line of the table that was on the screen."""
    sort: Sort | None = None
    """None: as the view begins."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The stack of levels; the last one is on the screen."""

    levels: tuple[Level, ...] = field(default_factory=lambda: (Level("procs"),))

    @property
    def top(self) -> Level:
        return self.levels[-1]

    @property
    def depth(self) -> int:
        """How many selections deep; 0 is the whole machine."""
        return len(self.levels) - 1

    @property
    def field(self) -> str:
        """The field of the innermost selection, as `View.applies_to` names it; empty at the whole machine."""
        return self.top.term.field if self.top.term else ""

    def drilled(self, term: Term, view_id: str, *, left: Level) -> "Scope":
        """One level deeper; `left` is the present level with cursor, scroll and sort as they are now."""
        return Scope((*self.levels[:-1], left, Level(view_id, term)))

    def back(self, depth: int) -> "Scope":
        """Up to that many selections; the level there is as the user left it."""
        return Scope(self.levels[: max(depth, 0) + 1])

    def viewed(self, view_id: str) -> "Scope":
        """The same selection through another view."""
        return Scope((*self.levels[:-1], replace(self.top, view_id=view_id, cursor_key=None, top=0, sort=None)))

    def filter_text(self, *more: str) -> str:
        """All selections, and `more` filters, as one filter; the view's own is not in it."""
        terms = [level.term.condition for level in self.levels if level.term]
        return joined(*terms, *more)


def joined(*filters: str) -> str:
    """Filters that all have to hold."""
    present = [text for text in filters if text.strip()]
    return present[0] if len(present) == 1 else " and ".join(f"({text})" for text in present)


def condition(name: str, value: object, *, negated: bool = False) -> str:
    """`field=value` with the value quoted as the filter language reads it back; None: the field has no value."""
    if value is None:
        return f"{name} exists" if negated else f"not {name} exists"
    return f"{name}{'!=' if negated else '='}{quoted(value)}"


def quoted(value: object) -> str:
    """A value as a filter writes it: numbers bare, text in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return in_quotes(str(value))


def term_of(snapshot: Snapshot, row: int, *, containers: bool = False) -> Term | None:
    """The selection that a row stands for; None for a list, whose rows are events."""
    view, key = snapshot.view, snapshot.view.row_key(containers)
    if key is None:
        return None
    value = snapshot.keys[row]
    return Term(key.field, value, _label(snapshot, row, key.field), view.filter if view.propagate_filter else "")


def _label(snapshot: Snapshot, row: int, field_name: str) -> str:
    """`nginx(4121)` for a process, the name for a container, `fd.sport=80` for other numbers, else the value."""
    key = snapshot.keys[row]
    cells = {column.field: snapshot.values[index][row] for index, column in enumerate(snapshot.columns)}
    if field_name in ("proc.pid", "thread.tid", "thread.nametid"):
        command = str(cells.get("proc.exeline") or cells.get("proc.name") or "").split(" ", 1)[0]
        name = command.rpartition("/")[2] or command
        return f"{name}({key})" if name else str(key)
    if field_name == "container.id":
        return str(cells.get("container.name") or key)
    if field_name.startswith("k8s."):
        return str(cells.get(field_name.rpartition(".")[0] + ".name") or key)
    if field_name == "evt.rawtime" and isinstance(key, int):
        return clock(key)
    return f"{field_name}={quoted(key)}" if isinstance(key, int) or not key else str(key)


def drill_target(view: View, field_name: str, views: Mapping[str, View]) -> View | None:
    """The view below a row: the one the view names, else the first by name that applies to its key; None where there is none."""
    if view.drilldown_target in views:
        return views[view.drilldown_target]
    fitting = [other for other in views.values() if other.applies(field_name)]
    return min(fitting, key=lambda other: other.name, default=None)
