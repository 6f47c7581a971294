"""Listings of fields and events: sysdig's layout when piped, tables on a terminal.

Layout: `sysdig: userspace/sysdig/fields_info.cpp` and the recorded output of `sysdig -l`, `-lv`, `-L`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from csyspy.events import EVENT_TABLE
from csyspy.fields.catalogue import Field, catalogue
from csyspy.fields.extraction import unanswered

WIDTH = 120
"""Longest line, the blank behind its last word included."""
TEXT_START = 30
"""Column where descriptions begin."""
RULE = "-" * 31


def list_fields(*, types: bool, source: str = "") -> Iterator[str]:
    """Lines of ``-l``, with ``types`` of ``-lv``; those for rules of one event source, or of ``all``, where it is given."""
    for name, about, fields in classes(source):
        yield RULE
        yield from _described("Field Class:", name, last_blank=False)
        yield from _described("Description:", about)
        if source:
            yield from _described("Event Sources:", ", ".join(fields[0].sources))
        yield ""
        for spec in fields:
            kind = f"(Type: {_type(spec)}) " if types else ""
            yield from _described(spec.name, kind + _help(spec, available=bool(source)))
        yield ""


def list_names(source: str = "") -> Iterator[str]:
    """Lines of ``-l -N``; the fields for rules of one event source, or of ``all``, where it is given."""
    for _, _, fields in classes(source):
        for spec in fields:
            yield spec.name


def list_markdown() -> Iterator[str]:
    """Lines of ``--list-markdown``."""
    for name, about, fields in classes():
        yield from ("", f"## Field Class: {name}", "", about, "", "Name | Type | Description", ":----|:-----|:-----------")
        for spec in fields:
            yield f"`{spec.name}` | {_type(spec)} | {_help(spec)}".replace("\n", " ")


def list_events() -> Iterator[str]:
    """Lines of ``-L``: every event in its newest form, with its parameters."""
    newest = {(event["name"], event["dir"]): event["id"] for event in EVENT_TABLE["events"]}
    for event in EVENT_TABLE["events"]:
        if _is_written(event) and event["category"] != "internal" and newest[event["name"], event["dir"]] == event["id"]:
            yield f"{event['dir']} {event['name']}({', '.join(map(_parameter, event['params']))})"


def show_fields_on_terminal() -> None:
    """``-l`` as a table a class."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, about, fields in classes():
        table = Table(title=name, caption=about or None, title_justify="left", caption_justify="left", expand=True)
        table.add_column("field", style="bold", no_wrap=True)
        table.add_column("type", style="dim", no_wrap=True)
        table.add_column("description", ratio=1)
        for spec in fields:
            table.add_row(spec.name, _type(spec), _help(spec))
        console.print(table)


def show_events_on_terminal() -> None:
    """``-L`` with the event names set off."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in list_events():
        head, _, parameters = line.partition("(")
        console.print(Text.assemble(head[:2], (head[2:], "bold"), "(" + parameters), soft_wrap=True)


def _is_written(event: dict[str, Any]) -> bool:
    """Whether a producer, old or new, writes events of this type."""
    old = event["in_0_29_3"]
    return "UNUSED" not in event["flags"] or (old is not None and not old["unused"])


def _parameter(parameter: dict[str, Any]) -> str:
    kind = "DYNAMIC" if parameter["type"] == "DYN" else parameter["type"]
    return f"{kind} {parameter['name']}"


def _described(head: str, text: str, *, last_blank: bool = True) -> Iterator[str]:
    """``head`` in its column, then the words of ``text``, wrapped under each other."""
    line = head.ljust(TEXT_START)
    if len(head) >= TEXT_START:
        yield head
        line = " " * TEXT_START
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH and line.strip():
            yield line
            line = " " * TEXT_START
        line += word + " "
    yield line if last_blank else line.rstrip()


class _Class(NamedTuple):
    title: str
    about: str


_CLASSES = {
    "evt (generic)": _Class("evt (All event types)", "Fields that every event has."),
    "evt (syscall)": _Class(
        "evt (Syscall events only)",
        "Fields of system call events. The arguments of a call are fields too: evt.arg with the name that -L gives, e.g. evt.arg.filename.",
    ),
    "process": _Class("process", "The process and thread that made the event."),
    "user": _Class("user", "The user of the process."),
    "group": _Class("group", "The group of the process."),
    "container": _Class("container", "The container of the process; for a process in none, id and name are 'host'."),
    "fd": _Class("fd", "The file descriptor that the event works on."),
    "fs.path": _Class("fs.path", "The paths that the event names, whether it is given them or works on a descriptor."),
    "syslog": _Class("syslog", "The message of an event that writes to syslog."),
    "fdlist": _Class("fdlist", "The descriptors of a poll event."),
    "k8s": _Class("k8s", "The Kubernetes pod of the process, from the labels of its container."),
    "util": _Class("util", "Fields that stand for no single event."),
    "evtin": _Class("evtin", "Tracer spans around the event."),
    "span": _Class("span", "Tracer spans."),
    "mesos": _Class("mesos", "The Mesos task of the process."),
    "k8smeta": _Class("k8smeta", "Kubernetes metadata from a collector in the cluster."),
    "ka": _Class("ka", "Kubernetes audit events."),
    "json": _Class("json", "Events that are JSON."),
}
"""Title and description of the classes of fields, in the order of the listing."""


def classes(source: str = "") -> Iterator[tuple[str, str, list[Field]]]:
    """Title, description and fields of each class that a user may name, in rules of a source where one is given."""
    by_class: dict[str, list[Field]] = {}
    for spec in catalogue().values():
        if source and (spec.gone or not spec.sources or source not in (*spec.sources, "all")):
            continue
        if not spec.table_only and not spec.print_only:
            by_class.setdefault(spec.cls, []).append(spec)
    for name in sorted(by_class, key=lambda name: list(_CLASSES).index(name) if name in _CLASSES else len(_CLASSES)):
        known = _CLASSES.get(name, _Class(name, ""))
        yield known.title, known.about, by_class[name]


def _type(spec: Field) -> str:
    return f"LIST({spec.type})" if spec.is_list else spec.type


def _help(spec: Field, *, available: bool = False) -> str:
    text = spec.desc[:1] + spec.desc[1:].rstrip(".") + "."
    if spec.arg:
        kind = spec.arg.partition(" ")
        text += f" {'Needs' if kind[0] == 'required' else 'Takes'} an argument: {spec.name}[...]."
    if spec.filter_only:
        text += " For filters only."
    why = unanswered(spec) if not (available and spec.other_source) else ""
    return f"{text} (Not available: {why}.)" if why else text
