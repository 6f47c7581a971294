"""What a rule file says, once it is loaded.

`load` (csyspy.rules.loader) makes a `LoadResult` of these from files or texts; the engine that runs rules reads nothing else.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from csyspy.fields.catalogue import K8S_AUDIT as K8S_AUDIT
from csyspy.fields.catalogue import SYSCALL as SYSCALL
from csyspy.filters.ast import Node


class Priority(IntEnum):
    """How urgent an alert is, most urgent first: lower numbers are more urgent (falco: userspace/engine/falco_common.cpp)."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7

    @property
    def label(self) -> str:
        """The name as alerts print it: `Warning`, `Informational`."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, text: str) -> "Priority | None":
        """The priority of this name in any letter case; `info` is short for informational. None where it is none."""
        name = text.upper()
        return cls.__members__.get("INFORMATIONAL" if name == "INFO" else name)


@dataclass(frozen=True, slots=True)
class Location:
    """One step of the way to an item: what it is, its own name, and where it begins.

    `name` is that of the file, or the begin of a condition in quotes where the place lies within one. `line` and `column` count
    from 0, `offset` in characters from the begin of the text.
    """

    item_type: str
    item_name: str
    name: str
    line: int = 0
    column: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning about rule files.

    `code` is Falco's (LOAD_ERR_…, LOAD_…); `locations` leads from the file to the item; `content` is the text that the last of
    them points into; `hint` says what to do, where that is known.
    """

    code: str
    message: str
    locations: tuple[Location, ...]
    content: str = field(default="", repr=False)
    hint: str = ""

    @property
    def is_error(self) -> bool:
        """Whether nothing of the file could be loaded because of it."""
        return self.code.startswith("LOAD_ERR_")


@dataclass(frozen=True, slots=True)
class RuleException:
    """An exception of a rule: `values` are tuples of one value for each of `fields`, compared with the operator in `comps`.

    `single` tells the form with one field, whose values are texts compared as one list. A value is a text or, for operators on
    lists, a tuple of texts.
    """

    name: str
    fields: tuple[str, ...]
    comps: tuple[str, ...]
    values: tuple[tuple["str | tuple[str, ...]", ...], ...]
    single: bool = False


@dataclass(frozen=True, slots=True)
class ExtraField:
    """A field that the settings add to the JSON of a rule's alerts: `raw` keeps its type, otherwise `format` is printed as text."""

    key: str
    format: str
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can run.

    `condition` and `output` are texts as written, with what was appended; `tree` is the condition with exceptions, lists and
    macros resolved. All rules share the tree of a macro: it is the same object in each of them. `full_output` has what the
    settings append, and %container.info replaced. `macros` and `lists` are the names that the condition uses, directly.
    """

    name: str
    condition: str
    tree: Node = field(repr=False)
    output: str
    full_output: str
    desc: str
    priority: Priority
    source: str = SYSCALL
    tags: tuple[str, ...] = ()
    enabled: bool = True
    exceptions: tuple[RuleException, ...] = ()
    warn_evttypes: bool = True
    skip_if_unknown_filter: bool = False
    capture: bool = False
    capture_duration_ms: int = 0
    extra_fields: tuple[ExtraField, ...] = ()
    macros: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: its `condition` as written, its `tree` with lists and macros resolved, the names it uses, and whether it is used."""

    name: str
    condition: str
    tree: Node = field(repr=False)
    macros: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    used: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list: its `items` with the lists among them resolved, whose names are in `lists`; `written` are those that are no lists."""

    name: str
    items: tuple[str, ...]
    written: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    used: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of one file."""

    name: str
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def successful(self) -> bool:
        """Whether the file, with those before it, can run."""
        return not self.errors


@dataclass(frozen=True, slots=True)
class LoadResult:
    """All that was loaded, in the order of definition; nothing where a file has errors.

    `rules` holds disabled rules too (`enabled` tells), but none that was skipped with a warning. `required_plugins` are the
    plug-ins that the files ask for, each as alternatives of (name, version).
    """

    files: tuple[FileResult, ...]
    rules: tuple[Rule, ...] = ()
    macros: tuple[Macro, ...] = ()
    lists: tuple[ItemList, ...] = ()
    required_engine_version: str = ""
    required_plugins: tuple[tuple[tuple[str, str], ...], ...] = ()

    @property
    def successful(self) -> bool:
        """Whether all files were loaded."""
        return all(file.successful for file in self.files)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The errors of all files."""
        return tuple(problem for file in self.files for problem in file.errors)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings of all files."""
        return tuple(problem for file in self.files for problem in file.warnings)


@dataclass(frozen=True, slots=True)
class AppendOutput:
    """What the settings append to the rules they select: those of `source`, with all of `tags`, named `rule`; empty selects all."""

    source: str = ""
    rule: str = ""
    tags: tuple[str, ...] = ()
    extra_output: str = ""
    extra_fields: tuple[ExtraField, ...] = ()
    replaces_container_info: bool = False


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load: the `sources` whose rules can run, and what is appended to outputs.

    `suggested_output` appends the container's fields to rules on system calls, but for those that the rule names itself.
    `unknown_keys` asks for warnings about keys that mean nothing, which Falco before 0.44 passes over.
    """

    sources: tuple[str, ...] = (SYSCALL,)
    append_output: tuple[AppendOutput, ...] = ()
    suggested_output: bool = False
    unknown_keys: bool = False


SUGGESTED_FIELDS: Final = (
    *("container.id", "container.name", "container.image.repository", "container.image.tag"),
    *("k8s.pod.name", "k8s.ns.name"),
)
"""The fields that the container plug-in suggests for outputs."""
