"""The kernel's type information: a little BTF made by hand, and the running kernel's."""

import struct
from collections.abc import Sequence

import pytest

from csyspy.capture.live.btf import ENUM, STRUCT, UNION, VMLINUX, Btf, BtfError, enum_values, offsets

INT = 1


class Maker:
    """Builds BTF."""

    def __init__(self) -> None:
        self.texts = b"\0"
        self.types = b""

    def text(self, name: str) -> int:
        if not name:
            return 0
        at = len(self.texts)
        self.texts += name.encode() + b"\0"
        return at

    def add(self, name: str, kind: int, members: int = 0, size: int = 0, rest: bytes = b"", flag: int = 0) -> None:
        self.types += struct.pack("<III", self.text(name), flag << 31 | kind << 24 | members, size) + rest

    def structure(self, name: str, members: Sequence[tuple[str, int, int]], kind: int = STRUCT, flag: int = 0) -> None:
        packed = [struct.pack("<III", self.text(member), of, bits) for member, of, bits in members]
        self.add(name, kind, len(members), 8, b"".join(packed), flag)

    def done(self) -> bytes:
        return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.types), len(self.types), len(self.texts)) + self.types + self.texts


@pytest.fixture
def btf() -> Btf:
    make = Maker()
    make.add("int", INT, size=4, rest=struct.pack("<I", 32))
    make.structure("", [("inner", 1, 0), ("other", 1, 32)])  # 2: unnamed
    make.structure("task_struct", [("pid", 1, 64), ("", 2, 128), ("__state", 1, 256), ("bits", 1, 5 << 24 | 320)], flag=1)  # 3
    make.add("which", ENUM, 2, 4, struct.pack("<IiIi", make.text("first"), 0, make.text("second"), 7))  # 4
    make.structure("task", [("struct_pid", 1, 8)])  # 5
    return Btf(make.done())


def test_offsets(btf: Btf) -> None:
    wanted = ["task_struct_pid", "task_struct_inner", "task_struct_other", "task_struct_bits", "task_struct_none", "none_at_all"]
    assert offsets(btf, wanted) == {
        "task_struct_pid": 8,
        "task_struct_inner": 16,
        "task_struct_other": 20,
        "task_struct_bits": 40,
        "task_struct_none": -1,
        "none_at_all": -1,
    }


def test_members_that_gained_underscores(btf: Btf) -> None:
    assert offsets(btf, ["task_struct_state", "task_struct___state"]) == {"task_struct_state": 32, "task_struct___state": 32}


def test_enumerators(btf: Btf) -> None:
    assert enum_values(btf, ["which_second", "which_first", "which_third"]) == {"which_second": 7, "which_first": 0, "which_third": -1}


def test_ids(btf: Btf) -> None:
    assert btf.ids(["task_struct", "which", "nothing"], (STRUCT, UNION)) == {"task_struct": 3}


def test_ids_by_the_beginning_of_their_names(btf: Btf) -> None:
    assert btf.ids_beginning("task", STRUCT) == {"task_struct": 3, "task": 5}


@pytest.mark.parametrize("data", [b"", b"\0" * 24, b"\x9f\xeb"])
def test_no_btf(data: bytes) -> None:
    with pytest.raises(BtfError):
        Btf(data)


def test_the_running_kernel() -> None:
    if not VMLINUX.exists():
        pytest.skip("this kernel carries no BTF")
    found = offsets(Btf.of_kernel(), ["task_struct_pid", "task_struct_tgid", "task_struct_comm", "pt_regs_orig_ax"])
    assert all(at >= 0 for at in found.values())
    assert found["task_struct_tgid"] == found["task_struct_pid"] + 4
