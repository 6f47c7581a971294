"""Field names with their arguments: `proc.aname[2]`, `evt.arg.path`, `thread.cgroup.memory`.

What each field takes as its argument follows libs: userspace/libsinsp/sinsp_filtercheck_{event,thread,container,k8s,fd}.cpp,
parse_field_name().
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from csyspy.events import EVENT_TABLE
from csyspy.fields.catalogue import SYSCALL, Field, catalogue, suggest
from csyspy.fields.errors import FieldError

NUMBER = re.compile(r"[ \t]*[+-]?[0-9]+")
LABEL_CLASSES = ("pod", "rc", "rs", "svc", "ns", "deployment")


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field with its argument as the engine takes it.

    `type` and `format` are those of the value: of evt.rawarg they follow from the argument.
    """

    field: Field
    arg: str | None
    type: str
    format: str

    @property
    def text(self) -> str:
        """The name as a user writes it."""
        return write_name(self.field.name, self.arg)


@dataclass(frozen=True, slots=True)
class _Param:
    type: str
    format: str


@cache
def event_params() -> dict[str, _Param]:
    """Parameter name -> type and format, of the first event of the table that has it."""
    found: dict[str, _Param] = {}
    for event in EVENT_TABLE["events"]:
        for param in event["params"]:
            found.setdefault(param["name"], _Param(param["type"], param["fmt"]))
    return found


@cache
def event_names() -> frozenset[str]:
    """Names of all events of the table."""
    return frozenset(event["name"] for event in EVENT_TABLE["events"])


def write_name(name: str, arg: str | None) -> str:
    """`name` with `arg` the way the field wants it: behind a dot or in brackets."""
    if arg is None:
        return name
    if name in _DOTTED and not (name == "evt.arg" and NUMBER.fullmatch(arg)):
        return f"{name}.{arg}"
    return f"{name}[{arg}]"


def resolve(name: str, bracket: str | None = None, source: str = SYSCALL) -> FieldRef:
    """The field that `name` (with `bracket` in brackets behind it) means, on events of `source`.

    Raises FieldError where there is no such field, where the field belongs to another event source, or where the
    argument is missing, superfluous or of the wrong kind.
    """
    field = catalogue().get(name)
    base, dotted = (name, None) if field else _split(name)
    field = field or catalogue().get(base)
    if field is None or (dotted is not None and bracket is not None):
        raise _unknown(write_bracket(name, bracket))
    if source not in field.sources:
        why = field.other_source or f"it belongs to system calls, not to {source}"
        raise FieldError(f"field {field.name} is not available here: {why}", unknown=True)
    parse = _SPECIAL.get(field.name)
    if parse is not None:
        return parse(field, dotted, bracket)
    if dotted is not None:
        raise _unknown(name, f"write {base}[{dotted}]" if field.arg else "")
    if bracket is not None and not field.arg:
        raise _unknown(write_bracket(name, bracket), f"{field.name} takes no argument")
    if bracket is None and field.arg.startswith("required"):
        raise FieldError(f"field {field.name} needs an argument", hint=f"for example {field.name}[name]")
    if bracket is not None and field.arg == "optional index" and not bracket.isdecimal():
        raise _unknown(write_bracket(name, bracket), f"{field.name}[N] takes a number from 0 up")
    return FieldRef(field, bracket, field.type, field.format)


def is_known(name: str) -> bool:
    """Whether the catalogue has a field of this name, or one whose argument stands behind a dot in it."""
    return name in catalogue() or _split(name)[0] in catalogue()


def write_bracket(name: str, bracket: str | None) -> str:
    """The name as it was typed."""
    return name if bracket is None else f"{name}[{bracket}]"


def _split(name: str) -> tuple[str, str | None]:
    """The longest catalogued prefix that ends at a dot, and what follows the dot."""
    known = catalogue()
    at = len(name)
    while (at := name.rfind(".", 0, at)) > 0:
        if name[:at] in known:
            return name[:at], name[at + 1 :]
    return name, None


def _unknown(name: str, hint: str = "") -> FieldError:
    near = "" if hint else suggest(name.split("[")[0])
    return FieldError(f"unknown field {name}", hint=hint or (f"did you mean {near}?" if near else ""), unknown=True)


def _event_arg(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if bracket is not None:
        if not NUMBER.fullmatch(bracket):
            hint = f"write {field.name}.{bracket} for the argument of that name"
            raise FieldError(f"{bracket} is not a valid number: {field.name}[N] takes the position of the argument", hint=hint)
        return FieldRef(field, str(int(bracket)), field.type, field.format)
    if not dotted:
        raise FieldError(f"field {field.name} needs an argument", hint=f"for example {field.name}.res or {field.name}[0]")
    if dotted not in event_params():
        near = suggest(dotted, list(event_params()))
        raise FieldError(f"no event has an argument {dotted}", hint=f"did you mean {field.name}.{near}?" if near else "")
    return FieldRef(field, dotted, field.type, field.format)


def _event_rawarg(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if bracket is not None:
        raise FieldError("arguments of evt.rawarg go by name", hint="for example evt.rawarg.res")
    ref = _event_arg(field, dotted, None)
    param = event_params()[ref.arg or ""]
    return FieldRef(field, ref.arg, param.type, param.format)


def _event_is(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if not dotted or bracket is not None:
        raise FieldError("evt.type.is takes the event behind a dot", hint="for example evt.type.is.open")
    if not dotted.isdigit() and dotted not in event_names():
        near = suggest(dotted, list(event_names()))
        raise FieldError(f"unknown event type {dotted}", hint=f"did you mean evt.type.is.{near}?" if near else "")
    return FieldRef(field, dotted, field.type, "DEC")


def _around(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if bracket is None or not NUMBER.fullmatch(bracket):
        raise FieldError("evt.around takes a time in ns since the epoch", hint="for example evt.around[1404996934793590564]=100")
    return FieldRef(field, str(int(bracket)), field.type, field.format)


def _abspath(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if bracket is not None or dotted not in (None, "src", "dst"):
        raise FieldError("evt.abspath takes .src or .dst", hint="for example evt.abspath.src")
    return FieldRef(field, dotted, field.type, field.format)


def _cgroup(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if not dotted or bracket is not None or not re.fullmatch(r"[A-Za-z_]+", dotted):
        raise FieldError("thread.cgroup takes the subsystem behind a dot", hint="for example thread.cgroup.memory")
    return FieldRef(field, dotted, field.type, field.format)


def _label(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    arg = dotted if dotted is not None else bracket
    if not arg:
        raise FieldError(f"field {field.name} needs an argument", hint=f"for example {field.name}.app")
    return FieldRef(field, arg, field.type, field.format)


def _ancestor(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if dotted is not None:
        raise _unknown(f"{field.name}.{dotted}", f"write {field.name}[2] for the second ancestor")
    if bracket is None:
        return FieldRef(field, None, field.type, field.format)
    if not NUMBER.fullmatch(bracket):
        raise _unknown(f"{field.name}[{bracket}]", f"{field.name}[N] takes the number of the ancestor: 1 is the parent")
    index = int(bracket)
    return FieldRef(field, str(index) if index >= 0 else None, field.type, field.format)


def _fd_types(field: Field, dotted: str | None, bracket: str | None) -> FieldRef:
    if dotted is not None or (bracket is not None and not NUMBER.fullmatch(bracket)):
        raise FieldError("fd.types[N] takes the number of a file descriptor")
    return FieldRef(field, str(int(bracket)) if bracket is not None else None, field.type, field.format)


_SPECIAL: dict[str, Callable[[Field, str | None, str | None], FieldRef]] = {
    "evt.arg": _event_arg,
    "evt.rawarg": _event_rawarg,
    "evt.type.is": _event_is,
    "evt.around": _around,
    "evt.abspath": _abspath,
    "thread.cgroup": _cgroup,
    "fd.types": _fd_types,
    **{f"k8s.{cls}.label": _label for cls in LABEL_CLASSES},
    **{f"proc.{name}": _ancestor for name in ("apid", "aname", "aexe", "aexepath", "acmdline")},
}
_DOTTED = frozenset({"evt.arg", "evt.rawarg", "evt.type.is", "evt.abspath", "thread.cgroup"})
