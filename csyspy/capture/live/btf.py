"""Where the members of the kernel's structures are, from the type information that the kernel carries (BTF).

Format: docs.kernel.org/bpf/btf.html. Reading the 126,000 types of a kernel takes a fifth of a second, so the results go into the cache of
compiled programs (csyspy.capture.live.compile).
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

VMLINUX: Final = Path("/sys/kernel/btf/vmlinux")
MAGIC: Final = 0xEB9F

ARRAY, STRUCT, UNION, ENUM, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, TYPE_TAG, ENUM64 = 3, 4, 5, 6, 8, 9, 10, 11, 12, 18, 19
_PLAIN: Final = {1: 4, ARRAY: 12, 14: 4, 17: 4}
"""Kind -> bytes behind the 12 of the record."""
_PER_MEMBER: Final = {STRUCT: 12, UNION: 12, ENUM: 8, 13: 8, 15: 12, ENUM64: 12}
"""Kind -> bytes for each member behind the record."""
_NAMES_ONLY: Final = frozenset((TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG))


class BtfError(Exception):
    """The type information cannot be read."""


class Btf:
    """The types of a kernel."""

    def __init__(self, data: bytes) -> None:
        """Raises BtfError for what is no BTF."""
        if len(data) < 24:
            raise BtfError("too short for BTF")
        magic, _, _, header, type_at, type_length, text_at, text_length = struct.unpack_from("<HBBIIIII", data)
        if magic != MAGIC:
            raise BtfError("no BTF: it begins with another number")
        self._types = data[header + type_at : header + type_at + type_length]
        self._texts = data[header + text_at : header + text_at + text_length]
        self._at = [0]
        self._index()

    @classmethod
    def of_kernel(cls, path: Path = VMLINUX) -> "Btf":
        """The running kernel's. Raises OSError where it carries none."""
        return cls(path.read_bytes())

    def _index(self) -> None:
        types, at, size = self._types, 0, len(self._types)
        append, info_of = self._at.append, struct.Struct("<I").unpack_from
        while at + 12 <= size:
            append(at)
            (info,) = info_of(types, at + 4)
            kind = info >> 24 & 31
            at += 12 + (_PER_MEMBER[kind] * (info & 0xFFFF) if kind in _PER_MEMBER else _PLAIN.get(kind, 0))

    def _name(self, offset: int) -> str:
        return self._texts[offset : self._texts.index(b"\0", offset)].decode()

    def ids(self, names: Iterable[str], kinds: Iterable[int]) -> dict[str, int]:
        """Name -> number of the first type of that name and of one of the kinds that has members, or that needs none."""
        wanted = {at + 1: name for name in names if (at := self._texts.find(b"\0" + name.encode() + b"\0")) >= 0}
        found: dict[str, int] = {}
        kinds = frozenset(kinds)
        head = struct.Struct("<II").unpack_from
        for number in range(1, len(self._at)):
            name_at, info = head(self._types, self._at[number])
            kind = info >> 24 & 31
            if name_at in wanted and kind in kinds and (kind not in _PER_MEMBER or info & 0xFFFF):
                found.setdefault(wanted[name_at], number)
        return found

    def ids_beginning(self, prefix: str, kind: int) -> dict[str, int]:
        """Name -> number of all types of a kind whose names begin so."""
        start, head, texts = prefix.encode(), struct.Struct("<II").unpack_from, self._texts
        found: dict[str, int] = {}
        for number in range(1, len(self._at)):
            name_at, info = head(self._types, self._at[number])
            if info >> 24 & 31 == kind and texts.startswith(start, name_at):
                found.setdefault(self._name(name_at), number)
        return found

    def members(self, number: int, base: int = 0) -> Iterator[tuple[str, int]]:
        """(name, offset in bytes) of a structure's members, those of unnamed ones inside it included."""
        at = self._at[number]
        _, info = struct.unpack_from("<II", self._types, at)
        for i in range(info & 0xFFFF):
            name_at, kind_of, bits = struct.unpack_from("<III", self._types, at + 12 + 12 * i)
            if info >> 31:  # bit fields are sized in the upper byte
                bits &= 0xFFFFFF
            if name_at and self._texts[name_at]:
                yield self._name(name_at), base + bits // 8
                continue
            inner = self._resolved(kind_of)
            if struct.unpack_from("<I", self._types, self._at[inner] + 4)[0] >> 24 & 31 in (STRUCT, UNION):
                yield from self.members(inner, base + bits // 8)

    def _resolved(self, number: int) -> int:
        while number:
            _, info, behind = struct.unpack_from("<III", self._types, self._at[number])
            if info >> 24 & 31 not in _NAMES_ONLY:
                return number
            number = behind
        return number

    def enumerators(self, number: int) -> Iterator[tuple[str, int]]:
        """(name, value) of an enumeration."""
        at = self._at[number]
        _, info = struct.unpack_from("<II", self._types, at)
        for i in range(info & 0xFFFF):
            if info >> 24 & 31 == ENUM:
                name_at, value = struct.unpack_from("<Ii", self._types, at + 12 + 8 * i)
            else:
                name_at, value = struct.unpack_from("<Ii", self._types, at + 12 + 12 * i)
            yield self._name(name_at), value


def offsets(btf: Btf, wanted: Iterable[str]) -> dict[str, int]:
    """`structure_member`, as the C writes it behind O_, -> offset in bytes; -1 where this kernel has no such member.

    Members that lost or gained their leading underscores between kernels are found under either name."""
    found: dict[str, int] = {}
    for name, structure, member in _split(btf, wanted, (STRUCT, UNION)):
        table = dict(reversed(list(btf.members(structure)))) if structure else {}
        bare = member.lstrip("_")
        found[name] = max(found.get(name, -1), next((table[key] for key in (member, bare, "__" + bare) if key in table), -1))
    return found


def enum_values(btf: Btf, wanted: Iterable[str]) -> dict[str, int]:
    """`enumeration_name`, as the C writes it behind E_, -> value; -1 where there is none."""
    found: dict[str, int] = {}
    for name, enumeration, member in _split(btf, wanted, (ENUM, ENUM64)):
        table = dict(btf.enumerators(enumeration)) if enumeration else {}
        found[name] = max(found.get(name, -1), table.get(member, -1))
    return found


def _split(btf: Btf, wanted: Iterable[str], kinds: Iterable[int]) -> Iterator[tuple[str, int, str]]:
    """(whole name, number of the type, rest of the name) for each way to take `task_struct_tgid` apart that names a type; 0 for none."""
    ways = {name: [(name[:i], name[i + 1 :]) for i in range(1, len(name)) if name[i] == "_"] for name in wanted}
    ids = btf.ids({head for heads in ways.values() for head, _ in heads}, kinds)
    for name, heads in ways.items():
        yield name, 0, ""
        for head, rest in heads:
            if head in ids:
                yield name, ids[head], rest
