"""The words of csyspy.capture.live.call_table, read and checked: what the kernel side fetches, and what the encoder makes of it."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from csyspy.capture.live.call_table import FILE_FACTS, MEMORY_FACTS, PROCESS_FACTS, SOCKET_FACTS

SLOTS: Final = {**{str(i): i for i in range(6)}, "ret": 6}
"""Argument -> place in a record (bpf/stream_record.h)."""

FETCHES: Final = (
    "nothing", "string", "bytes", "buffer_in", "buffer_out", "address", "address_out", "vector", "message", "message_name", "polls",
    "file", "file_at", "socket", "socket_at", "memory", "process", "arguments", "environment", "program", "buffer_size",
    "buffer_size_at", "executable",
)  # fmt: skip
"""Numbers of enum fetch, bpf/stream_fetch.h."""
_COUNTED: Final = ("bytes",)
_TWO_SLOTS: Final = ("buffer_in", "address", "address_out", "vector", "polls", "buffer_size", "buffer_size_at")

SOURCES: Final = ("argument", "argument_int", "constant", "fetched_int", "fetched_bytes", "fetched_text", "fetched_name", "special")
"""Numbers of enum Source, csyspy/capture/live/record.pxd."""

SPECIALS: Final = (
    "first", "rest", "tid", "pid", "empty", "cgroups", "clone_flags", "boot", "exe_flags", "time", "path", "open_mode", "interval",
    "polls_in", "polls_out", "address", "sent_to", "received_from", "accepted", "queue_percent", "sockopt_name", "sockopt_value",
    "exec_dir", "exec_name", "exec_flags", "quota_id", "quota_path", "capability", "prctl_text", "prctl_number", "ptrace_data",
    "bpf_result", "second", "semctl_value",
)  # fmt: skip
"""Numbers of enum Special, csyspy/capture/live/special.pyx."""

WIDTHS: Final = {
    "INT8": 1, "UINT8": 1, "FLAGS8": 1, "ENUMFLAGS8": 1, "SIGTYPE": 1, "INT16": 2, "UINT16": 2, "FLAGS16": 2, "ENUMFLAGS16": 2,
    "SYSCALLID": 2, "INT32": 4, "UINT32": 4, "FLAGS32": 4, "ENUMFLAGS32": 4, "MODE": 4, "UID": 4, "GID": 4, "SIGSET": 4, "BOOL": 4,
}  # fmt: skip
"""Bytes of a parameter by its type; 8 for all others that are numbers."""

_FACTS: Final = {"process": PROCESS_FACTS, "socket": SOCKET_FACTS, "file": FILE_FACTS, "memory": MEMORY_FACTS}
_NUMBER: Final = re.compile(r"([iu])(8|16|32|64):(\d)\+(\d+)(?:=(-?\d+))?")
_CALLED: Final = re.compile(r"(\w+)\((.+)\)")
_SPECIAL: Final = re.compile(r"@(\w+)(?::(-?\d+)(?:,(-?\d+))?)?")


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter, as the encoder takes it (struct Param, csyspy/capture/live/record.pxd)."""

    source: int
    index: int = 0
    width: int = 8
    conversion: int = 0
    special: int = 0
    in_width: int = 8
    is_signed: bool = False
    dyn: int = -1
    a: int = 0
    b: int = 0


def parse_fetch(words: str) -> list[tuple[int, int, int, int]]:
    """(kind, a, b, c) of each op (struct op, bpf/stream_record.h). Raises ValueError."""
    return [_parse_op(word) for word in words.split()]


def _parse_op(word: str) -> tuple[int, int, int, int]:
    name, _, rest = word.partition(":")
    kind = FETCHES.index(name)
    values = rest.split(",") if rest else []
    marks = [value for value in values if value in ("out", "if", "at")]
    plain = [value for value in values if value not in marks]
    a = SLOTS[plain[0]] if plain else SLOTS["ret"]
    b = 0
    if len(plain) > 1:
        b = int(plain[1]) if name in _COUNTED else SLOTS[plain[1]]
        if name not in _COUNTED and name not in _TWO_SLOTS:
            raise ValueError(f"{word}: {name} takes one argument")
    return kind, a, int("at" in marks) or b, int(bool(marks))


def parse_params(words: str, event: dict[str, Any], conversions: dict[str, int]) -> list[Param]:
    """The parameters of one event of events.json; ``conversions``: name -> number. Raises ValueError for a word that is none."""
    made = []
    params = event["params"]
    for word, param in zip(words.split(), params, strict=False):
        try:
            made.append(replace(_parse(word, conversions), width=WIDTHS.get(param["type"], 8)))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{event['enum']}, parameter {param['name']}: {word}: {error}") from None
    if len(words.split()) > len(params):
        raise ValueError(f"{event['enum']} has only {len(params)} parameters")
    return made


def _parse(word: str, conversions: dict[str, int]) -> Param:
    if match := _CALLED.fullmatch(word):
        return replace(_parse(match[2], conversions), conversion=conversions[match[1]])
    if word.startswith("dyn"):
        number, _, rest = word[3:].partition(":")
        return replace(_parse(rest, conversions), dyn=int(number))
    if match := _SPECIAL.fullmatch(word):
        return Param(SOURCES.index("special"), special=SPECIALS.index(match[1]), a=int(match[2] or 0), b=int(match[3] or 0))
    if match := _NUMBER.fullmatch(word):
        return Param(
            SOURCES.index("fetched_int"),
            index=int(match[3]),
            in_width=int(match[2]) // 8,
            is_signed=match[1] == "i",
            a=int(match[4]),
            b=int(match[5] or 0),
        )
    if word == "ret":
        return Param(SOURCES.index("argument"), index=SLOTS["ret"])
    if re.fullmatch(r"a\d", word):
        return Param(SOURCES.index("argument"), index=SLOTS[word[1]])
    if re.fullmatch(r"d\d", word):
        return Param(SOURCES.index("argument_int"), index=SLOTS[word[1]])
    if re.fullmatch(r"-?\d+", word):
        return Param(SOURCES.index("constant"), a=int(word))
    if match := re.fullmatch(r"(text|bytes):(\d)(?:\+(\d+))?", word):
        return Param(SOURCES.index("fetched_" + match[1]), index=int(match[2]), a=int(match[3] or 0))
    return _parse_member(word)


def _parse_member(word: str) -> Param:
    """``socket:1.backlog``: a member of facts that were fetched; those of a process come first of all."""
    match = re.fullmatch(r"(\w+?)(?::(\d))?\.(\w+)", word)
    if match is None or match[1] not in _FACTS:
        raise ValueError("no such word")
    at = 0
    for name, kind in _FACTS[match[1]]:
        width = int(kind[1:]) // 8 if kind[0] in "ui" else 16
        if name == match[3]:
            source = SOURCES.index("fetched_name" if kind == "text" else "fetched_int")
            return Param(source, index=int(match[2] or 0), in_width=width, is_signed=kind[0] == "i", a=at)
        at += width
    raise ValueError(f"{match[1]} has no {match[3]}")
