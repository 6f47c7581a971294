"""What the items of rule files define, while later items may still change it.

How a later item changes an earlier one follows falco: userspace/engine/rule_loader_collector.cpp.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from csyspy.fields.binding import bind
from csyspy.fields.errors import FieldError
from csyspy.fields.scanner import Scanner
from csyspy.filters.operators import ALL, MODIFIERS, SYMBOL_OPS, WORD_OPS
from csyspy.rules.composed import Composed
from csyspy.rules.document import Scalar
from csyspy.rules.engine_version import PLUGIN_SOURCES
from csyspy.rules.model import Priority
from csyspy.rules.problems import Context, LoadError

LIST_OPERATORS: Final = ("in", "pmatch", "intersects")
"""Operators that compare with values in parentheses."""


def takes_list(operator: str) -> bool:
    """Whether values in parentheses stand behind an operator: `in`, `startswith oneof`."""
    word, _, modifier = operator.partition(" ")
    return operator in LIST_OPERATORS or (modifier.strip() in MODIFIERS and word in (*SYMBOL_OPS, *WORD_OPS))


@dataclass(slots=True)
class Entry:
    """A part of an exception: a text or a list of entries. An empty one says nothing."""

    scalar: Scalar | None = None
    items: "list[Entry]" = field(default_factory=list)
    is_list: bool = False

    @property
    def text(self) -> str:
        """The text; empty for a list."""
        return self.scalar.value if self.scalar is not None else ""

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return bool(self.items) if self.is_list else bool(self.text)


@dataclass(slots=True)
class ExceptionDefinition:
    """An exception. `operators` are the comps as they count: the ones that were given, or those that are meant without any."""

    context: Context
    name: str
    fields: Entry
    comps: Entry
    values: list[Entry]
    operators: list[str] = field(default_factory=list)

    def check(self, source: str) -> None:
        """Fill `operators`, and refuse what does not fit on events of `source` (empty: one that is not known). Raises LoadError."""
        fields = self.fields
        if fields.is_list:
            self.operators = [comp.text.strip() for comp in self.comps.items] if self.comps.given else ["="] * len(fields.items)
            if len(self.operators) != len(fields.items) or (self.comps.given and not self.comps.is_list):
                raise self._error(f"{len(fields.items)} fields need as many comps, not {len(self.operators)}")
            for operator in self.operators:
                if operator not in ALL and not takes_list(operator):
                    raise self._error(f"{operator!r} is no operator", f"there are {', '.join(ALL)}")
        else:
            if self.comps.is_list and self.comps.given:
                raise self._error("one field needs one comp, not a list of them", "write fields as a list too, or comps as one word")
            self.operators = [self.comps.text.strip() or "in"]
            if not takes_list(self.operators[0]):
                hint = f"write fields as a list to use {self.operators[0]}" if self.operators[0] in ALL else ""
                raise self._error(f"{self.operators[0]!r} does not go with one field: use in, pmatch or intersects", hint)
        for name in [item.text for item in fields.items] if fields.is_list else [fields.text]:
            if source and (reason := _unusable(name, source)):
                raise self._error(f"{name!r} is no field for filters: {reason}")

    def _error(self, message: str, hint: str = "") -> LoadError:
        return self.context.error("LOAD_ERR_VALIDATE", message, hint)


def _unusable(name: str, source: str) -> str:
    """Why a name cannot stand on the left side of a check; empty where it can."""
    scanner = Scanner(name)
    try:
        node = scanner.field_or_transformer()
        if node is None or scanner.pos < len(name):
            return "not the name of one"
        bind(node, source)
    except FieldError as error:
        return error.message
    return ""


@dataclass(slots=True)
class Definition:
    """An item by name. `index` is its place in the order of first definitions, `visibility` that of its last change."""

    context: Context
    name: str
    index: int = 0
    visibility: int = 0


@dataclass(slots=True)
class ListDefinition(Definition):
    """A list."""

    items: list[Scalar] = field(default_factory=list)


@dataclass(slots=True)
class MacroDefinition(Definition):
    """A macro."""

    condition: Composed = field(default_factory=Composed.of)
    condition_context: Context | None = None


@dataclass(slots=True)
class RuleDefinition(Definition):
    """A rule. `known_source` tells whether its source is among those that can run."""

    source: str = ""
    known_source: bool = True
    condition: Composed = field(default_factory=Composed.of)
    condition_context: Context | None = None
    output: Composed = field(default_factory=Composed.of)
    output_context: Context | None = None
    desc: str = ""
    priority: Priority = Priority.DEBUG
    tags: set[str] = field(default_factory=set)
    exceptions: list[ExceptionDefinition] = field(default_factory=list)
    enabled: bool = True
    warn_evttypes: bool = True
    skip_if_unknown_filter: bool = False
    capture: bool = False
    capture_duration_ms: int = 0


@dataclass(slots=True)
class RuleUpdate:
    """What an item adds to a rule, or replaces in it; None for what it leaves alone."""

    context: Context
    name: str
    source: str = ""
    condition: Scalar | None = None
    output: Scalar | None = None
    desc: str | None = None
    priority: Priority | None = None
    tags: set[str] | None = None
    exceptions: list[ExceptionDefinition] | None = None
    enabled: bool | None = None
    warn_evttypes: bool | None = None
    skip_if_unknown_filter: bool | None = None
    capture: bool | None = None
    capture_duration_ms: int | None = None

    _REPLACED = (
        *("desc", "priority", "tags", "exceptions", "enabled", "warn_evttypes", "skip_if_unknown_filter"),
        *("capture", "capture_duration_ms"),
    )

    def replace_in(self, rule: RuleDefinition) -> None:
        """Put what is given in the place of what was there."""
        if self.condition is not None:
            rule.condition = Composed.of(self.condition)
        if self.output is not None:
            rule.output = Composed.of(self.output)
        for name in self._REPLACED:
            if (value := getattr(self, name)) is not None:
                setattr(rule, name, value)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given."""
        return self.condition is None and self.output is None and all(getattr(self, name) is None for name in self._REPLACED)


D = TypeVar("D", bound=Definition)


class Collection:
    """All that the files read so far define."""

    def __init__(self, sources: Iterable[str], *, unknown_keys: bool = False) -> None:
        """`sources` are those whose rules can run; `unknown_keys`: keys that mean nothing are to be warned of."""
        self.sources = frozenset(sources)
        self.unknown_keys = unknown_keys
        self.lists: dict[str, ListDefinition] = {}
        self.macros: dict[str, MacroDefinition] = {}
        self.rules: dict[str, RuleDefinition] = {}
        self.required_engine: tuple[int, int, int] = (0, 0, 0)
        self.required_plugins: list[tuple[tuple[str, str], ...]] = []
        self._next = 0

    def require_plugin(self, alternatives: tuple[tuple[str, str], ...]) -> None:
        """Note that one of these plug-ins is needed; the sources of events that they bring are then known."""
        self.required_plugins.append(alternatives)
        self.sources |= {PLUGIN_SOURCES[name] for name, _ in alternatives if name in PLUGIN_SOURCES}

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _define(self, items: dict[str, D], new: D) -> None:
        """Put in a definition, in the place of an earlier one of the same name."""
        new.visibility = new.index = self._number()
        if new.name in items:
            new.index = items[new.name].index
        items[new.name] = new

    def define_list(self, new: ListDefinition) -> None:
        """Define a list, or define it anew."""
        self._define(self.lists, new)

    def define_macro(self, new: MacroDefinition) -> None:
        """Define a macro, or define it anew."""
        self._define(self.macros, new)

    def append_list(self, more: ListDefinition) -> None:
        """Add items to a list. Raises LoadError where there is none."""
        known = self.lists.get(more.name)
        if known is None:
            raise more.context.error("LOAD_ERR_VALIDATE", f"no list {more.name!r} is there to append to", _BEFORE)
        known.items = [*known.items, *more.items]
        known.visibility = self._number()

    def append_macro(self, more: MacroDefinition) -> None:
        """Add text to the condition of a macro. Raises LoadError where there is none."""
        known = self.macros.get(more.name)
        if known is None:
            raise more.context.error("LOAD_ERR_VALIDATE", f"no macro {more.name!r} is there to append to", _BEFORE)
        known.condition = Composed.of(known.condition, " ", more.condition)
        known.visibility = self._number()

    def admit_rule(self, new: RuleDefinition) -> bool:
        """Whether the source of a rule is known, which `define_rule` relies on. Raises LoadError where the rule has another one already."""
        self._same_source(new.context, new.name, new.source)
        new.known_source = new.source in self.sources
        return new.known_source

    def define_rule(self, new: RuleDefinition) -> None:
        """Define a rule that was admitted, or define it anew. Raises LoadError where its exceptions make no sense."""
        for exception in new.exceptions:
            if not exception.fields.given:
                raise exception.context.error("LOAD_ERR_VALIDATE", "the exception names no fields")
            exception.check(new.source if new.known_source else "")
        self._define(self.rules, new)

    def append_rule(self, update: RuleUpdate) -> None:
        """Add to a rule. Raises LoadError where there is none, or nothing to add."""
        rule = self._known_rule(update, "append to")
        if update.is_empty:
            raise update.context.error("LOAD_ERR_VALIDATE", "nothing to append: neither a condition nor exceptions")
        if update.condition is not None:
            rule.condition = Composed.of(rule.condition, " ", update.condition)
        if update.output is not None:
            rule.output = Composed.of(rule.output, " ", update.output)
        if update.desc:
            rule.desc += " " + update.desc
        rule.tags = rule.tags | (update.tags or set())
        for more in update.exceptions or ():
            self._append_exception(rule, more)
        rule.visibility = self._number()

    @staticmethod
    def _append_exception(rule: RuleDefinition, more: ExceptionDefinition) -> None:
        known = next((exception for exception in rule.exceptions if exception.name == more.name), None)
        if known is None:
            for what, given in (("fields", more.fields.given), ("values", bool(more.values))):
                if not given:
                    raise more.context.error("LOAD_ERR_VALIDATE", f"the new exception {more.name!r} has no {what}")
            more.check(rule.source if rule.known_source else "")
            rule.exceptions = [*rule.exceptions, more]
            return
        for what, entry in (("fields", more.fields), ("comps", more.comps)):
            if entry.given:
                message = f"the exception {more.name!r} has its {what} already: only values can be appended"
                raise more.context.error("LOAD_ERR_VALIDATE", message)
        known.values = [*known.values, *more.values]

    def replace_in_rule(self, update: RuleUpdate) -> None:
        """Replace parts of a rule. Raises LoadError where there is none."""
        rule = self._known_rule(update, "replace in")
        update.replace_in(rule)
        rule.visibility = self._number()

    def enable_rule(self, context: Context, name: str, enabled: bool) -> None:
        """Switch a rule on or off. Raises LoadError where there is none."""
        rule = self.rules.get(name)
        if rule is None:
            raise context.error("LOAD_ERR_VALIDATE", f"no rule {name!r} is there to switch on or off", _BEFORE)
        rule.enabled = enabled

    def _known_rule(self, update: RuleUpdate, what: str) -> RuleDefinition:
        self._same_source(update.context, update.name, update.source)
        rule = self.rules.get(update.name)
        if rule is None:
            raise update.context.error("LOAD_ERR_VALIDATE", f"no rule {update.name!r} is there to {what}", _BEFORE)
        return rule

    def _same_source(self, context: Context, name: str, source: str) -> None:
        known = self.rules.get(name)
        if known is not None and source and known.source != source:
            message = f"the rule is defined already, for the source {known.source} and not for {source}"
            raise context.error("LOAD_ERR_VALIDATE", message, "give it a name of its own")


_BEFORE: Final = "what defines it has to stand before this item: in this file, or in one that is named before it"
