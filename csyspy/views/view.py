"""What a view is: csysdig's views as data, with csysdig's key names (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from dataclasses import dataclass
from enum import StrEnum


class Aggregation(StrEnum):
    """How the values of many events, or of many threads, become one cell."""

    LAST = "LAST"
    """The newest value; csysdig writes no aggregation for it."""
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    TIME_AVG = "TIME_AVG"
    """The sum divided by the seconds looked at: the refresh interval when live, first to last event of a capture."""


class Unit(StrEnum):
    """What a number counts; decides how a cell prints it."""

    ID = "id"
    """A number that names something; never shortened."""
    COUNT = "count"
    PERCENT = "percent"
    BYTES = "bytes"
    BYTES_PER_S = "bytes/s"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view."""

    name: str
    field: str
    """The field that gives its value."""
    unit: Unit = Unit.TEXT
    colsize: int = 0
    """Cells it takes with the gap behind it; 0: all that is left of the line."""
    aggregation: Aggregation = Aggregation.LAST
    groupby_aggregation: Aggregation | None = None
    """Over the threads of a group; None: as `aggregation`."""
    is_key: bool = False
    is_groupby_key: bool = False
    is_sorting: bool = False
    tags: tuple[str, ...] = ()
    """`default`: left out with -pc; `containers`: only with -pc; none: always there."""
    priority: int = 1
    """Columns of the lowest priority leave a narrow screen first."""
    description: str = ""

    @property
    def is_number(self) -> bool:
        return self.unit is not Unit.TEXT

    @property
    def shown(self) -> bool:
        """Keys are not drawn."""
        return not (self.is_key or self.is_groupby_key)


@dataclass(frozen=True, slots=True)
class View:
    """A table of csysdig's."""

    id: str
    name: str
    description: str
    columns: tuple[Column, ...]
    filter: str = ""
    applies_to: tuple[str, ...] = ("",)
    """Fields of a selection under which the view makes sense; the empty one is the whole machine."""
    is_root: bool = False
    use_defaults: bool = False
    """A missing number is 0 and a missing text empty; otherwise an event that misses any column is left out."""
    drilldown_target: str = ""
    tips: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def shown_columns(self, containers: bool = False) -> tuple[Column, ...]:
        """The columns that are drawn, with or without container data (-pc)."""
        unwanted = "default" if containers else "containers"
        return tuple(column for column in self.columns if column.shown and unwanted not in column.tags)

    @property
    def key(self) -> Column:
        """The column whose value is one row: the group-by key where there is one."""
        return next((c for c in self.columns if c.is_groupby_key), None) or next(c for c in self.columns if c.is_key)
