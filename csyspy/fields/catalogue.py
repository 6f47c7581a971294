"""The field catalogue: every field name a user may type, with its type and what may be done with it.

The data is `catalogue.json` (facts from libs: userspace/libsinsp/sinsp_filtercheck_*.cpp and the falcosecurity plugins).
A type is the name of a parameter type of the event table (`CHARBUF`, `UINT64` …), a format the name of a print format.
"""

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import Final

GONE: Final = {
    "span": "tracer spans: nothing writes them any more, so no capture answers it",
    "evtin": "tracer spans: nothing writes them any more, so no capture answers it",
    "mesos": "Mesos and Marathon support is gone, so no capture answers it",
}
SYSCALL: Final = "syscall"
K8S_AUDIT: Final = "k8s_audit"
SOURCES_OF: Final = {"ka": (K8S_AUDIT,), "json": (K8S_AUDIT,), "evt (generic)": (SYSCALL, K8S_AUDIT), "k8smeta": ()}
"""Class of fields -> the sources of events that have them; all others belong to system calls."""
OTHER_SOURCE: Final = {
    "ka": "it belongs to the source k8s_audit, not to system calls",
    "json": "it belongs to sources whose events are JSON, such as k8s_audit",
    "k8smeta": "it comes from the k8smeta collector in a Kubernetes cluster, which no capture carries",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the catalogue.

    `arg` is "", "optional" or "required" (with what kind behind it, where only one is allowed); `provider` names who brings the
    field in the newest libs (`libs`, `container plugin` …), None where they dropped it; `in_0_29_3`: sysdig 0.29.3 has it.
    """

    name: str
    cls: str
    type: str
    is_list: bool
    arg: str
    format: str
    flags: frozenset[str]
    provider: str | None
    in_0_29_3: bool
    desc: str

    @property
    def filter_only(self) -> bool:
        """It has no value of its own, so it cannot be printed."""
        return "filter_only" in self.flags

    @property
    def table_only(self) -> bool:
        """It makes sense as a column of a view only; lists leave it out."""
        return "table_only" in self.flags

    @property
    def print_only(self) -> bool:
        """It is there to be printed; lists of filter fields leave it out."""
        return "print_only" in self.flags

    @property
    def deprecated(self) -> bool:
        """The newest libs advise against it."""
        return "deprecated" in self.flags

    @property
    def transformable(self) -> bool:
        """Transformers such as tolower() may be applied."""
        return "no_transformer" not in self.flags

    @property
    def comparable_to_field(self) -> bool:
        """It may stand on either side of a comparison between two fields."""
        return "no_rhs" not in self.flags

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of events whose filters and outputs can use it."""
        return SOURCES_OF.get(self.cls, (SYSCALL,))

    @property
    def other_source(self) -> str:
        """Why system call captures do not know the field at all; empty where they do."""
        return OTHER_SOURCE.get(self.cls, "")

    @property
    def gone(self) -> str:
        """Why the field is known but has no value in any capture; empty where it has."""
        return GONE.get(self.cls, "")


@cache
def catalogue() -> dict[str, Field]:
    """All fields by name, in the order of the catalogue. Read once."""
    with open(os.path.join(os.path.dirname(__file__), "catalogue.json"), "rb") as file:
        rows = json.load(file)["fields"]
    fields = {}
    for name, cls, value_type, is_list, arg, form, flags, provider, old, desc in rows:
        fields[name] = Field(name, cls, value_type, is_list, arg, form, frozenset(flags.split()), provider, old, desc)
    return fields


def suggest(name: str, known: list[str] | None = None, likeness: float = 0.6) -> str:
    """The catalogued name nearest to `name` (or the nearest of `known`); empty where none is so near, 1 being the same."""
    from difflib import get_close_matches

    names = known if known is not None else [n for n, f in catalogue().items() if not f.other_source]
    if len(name) > 3 * max(map(len, names), default=0):
        return ""  # nothing can be near, and to find that out takes seconds
    near = get_close_matches(name, names, n=1, cutoff=likeness) or get_close_matches(name.lower(), names, n=1, cutoff=likeness)
    return near[0] if near else ""
