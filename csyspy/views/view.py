"""What a view is: csysdig's views as data, with csysdig's key names (draios/sysdig: userspace/sysdig/chisels/v_*.lua)."""

from dataclasses import dataclass
from enum import StrEnum

KUBERNETES = ("k8s.pod.id", "k8s.rc.id", "k8s.rs.id", "k8s.svc.id", "k8s.ns.id")
"""What a selection in Kubernetes is named by."""
SYSCALL, K8S_AUDIT = "syscall", "k8s_audit"
"""Sources of events, by Falco's names: system calls, and the audit log of Kubernetes' API server."""
ON_REQUEST = "live only where it is chosen, because counting it slows the calls of everybody"
OF_TABLES = "from the kernel's tables alone: no event tells it"
ANYWHERE = "*"
"""In `applies_to`: under every selection."""


class Aggregation(StrEnum):
    """How the values of many events, or of many threads, become one cell."""

    NONE = "NONE"
    """No aggregation: the first value, or the first text that is not empty."""
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    TIME_AVG = "TIME_AVG"
    """The sum divided by the seconds looked at: the refresh interval when live, first to last event of a capture."""
    QUANTILES = "QUANTILES"
    """The median and the 99th percentile of whole numbers above 0, to 6 % (csyspy.engine.histogram); of a group, of all its numbers."""


class Unit(StrEnum):
    """What a number counts; decides how a cell prints it."""

    ID = "id"
    """A number that names something; never shortened."""
    COUNT = "count"
    PER_S = "1/s"
    PERCENT = "percent"
    BYTES = "bytes"
    BYTES_PER_S = "bytes/s"
    DURATION_NS = "ns"
    LATENCY_BUCKET = "bucket"
    """A value of evt.latency.quantized."""
    ROLE = "role"
    """Text, `client` or `server`; a cell has an arrow, as between the local and the remote end."""
    TEXT = "text"


class Kind(StrEnum):
    """What the rows of a view are."""

    TABLE = "table"
    """One for every value of the key."""
    LIST = "list"
    """One for every event, newest last."""
    SPECTROGRAM = "spectrogram"
    """One for every interval, its cells counts by latency."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view."""

    name: str
    field: str
    """The field that gives its value."""
    unit: Unit = Unit.TEXT
    colsize: int = 0
    """Cells it takes with the gap behind it; 0: all that is left of the line."""
    aggregation: Aggregation = Aggregation.NONE
    groupby_aggregation: Aggregation = Aggregation.NONE
    """Over the rows of a group."""
    is_key: bool = False
    is_groupby_key: bool = False
    is_sorting: bool = False
    may_be_unknown: bool = False
    """An event that lacks this id, or this number, counts all the same, the cell is unknown then; other ids are required."""
    on_request: bool = False
    """Counting it on a running kernel costs every call of everybody: there it is counted, and shown, where somebody asks for it."""
    of_tables: bool = False
    """The kernel's tables tell it, and no event: a source of events shows it to nobody who does not ask."""
    tags: tuple[str, ...] = ()
    """`default`: left out with -pc; `containers`: only with -pc; `csyspy`: csysdig's table lacks it; none: always there."""
    priority: int = 1
    """Columns of the lowest priority leave a narrow screen first."""
    description: str = ""

    @property
    def legend(self) -> str:
        """The description, and when there is something to see."""
        more = ON_REQUEST if self.on_request else OF_TABLES if self.of_tables else ""
        return f"{self.description}; {more}" if more else self.description

    @property
    def is_number(self) -> bool:
        return self.unit not in (Unit.TEXT, Unit.ROLE)

    @property
    def shown(self) -> bool:
        """Keys are not drawn."""
        return not (self.is_key or self.is_groupby_key)


@dataclass(frozen=True, slots=True)
class Action:
    """A command that may be run on a row."""

    hotkey: str
    label: str
    command: str
    """For a shell; every ``%field`` stands for the row's value, which whoever runs it has to quote."""
    wait_finish: bool = True
    """Its output is read, so the screen waits for a key before it comes back."""
    ask_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A table of csysdig's."""

    id: str
    name: str
    description: str
    columns: tuple[Column, ...]
    kind: Kind = Kind.TABLE
    filter: str = ""
    applies_to: tuple[str, ...] = ("",)
    """Fields of a selection under which the view makes sense; the empty one is the whole machine."""
    is_root: bool = False
    use_defaults: bool = False
    """A missing number is 0 and a missing text empty; otherwise an event that misses any column is left out."""
    drilldown_target: str = ""
    """The view that a row opens into; empty: the first by name that applies to the row's key."""
    propagate_filter: bool = True
    """The view's filter goes on to hold for the views that its rows open into."""
    actions: tuple[Action, ...] = ()
    tips: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    capacity: int = 100_000
    """Rows that a list keeps; older ones go. Of events in a table, live, so many, and then it begins anew."""
    source: str = SYSCALL
    """What its events come from."""

    def used_columns(self, containers: bool = False) -> tuple[Column, ...]:
        """Keys and columns that are drawn, with or without container data (-pc)."""
        unwanted = "default" if containers else "containers"
        return tuple(column for column in self.columns if unwanted not in column.tags)

    def shown_columns(self, containers: bool = False) -> tuple[Column, ...]:
        """The columns that are drawn, with or without container data (-pc)."""
        return tuple(column for column in self.used_columns(containers) if column.shown)

    def usual_columns(self, containers: bool = False, *, has_tables: bool = True) -> tuple[int, ...]:
        """The numbers, among the drawn columns, of those that nobody has to ask for; of a source that has tables of the kernel's, or
        else all events."""
        columns = enumerate(self.shown_columns(containers))
        return tuple(index for index, column in columns if not (column.on_request if has_tables else column.of_tables))

    def row_key(self, containers: bool = False) -> Column | None:
        """The column whose value is one row: the group-by key where there is one; None for lists, whose rows are events."""
        columns = self.used_columns(containers)
        return next((c for c in columns if c.is_groupby_key), None) or next((c for c in columns if c.is_key), None)

    @property
    def rows_are_events(self) -> bool:
        """Whether each row is one event, which does not come again."""
        key = self.row_key()
        return key is None or key.field == "evt.rawtime"

    def applies(self, field: str) -> bool:
        """Whether the view makes sense under a selection by field (its index does not matter); empty: the whole machine."""
        return field.partition("[")[0] in self.applies_to or ANYWHERE in self.applies_to

    @property
    def key(self) -> Column:
        """`row_key` without container data. Raises LookupError for lists."""
        column = self.row_key()
        if column is None:
            raise LookupError(f"rows of {self.id} have no key")
        return column
