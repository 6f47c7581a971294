"""A checkpoint holds everything that events leave behind."""

import re
from pathlib import Path

import pytest

LEFT_OUT = {
    "State": {
        # of the current event
        "evt", "evt_container", "thread", "lent_thread", "fd", "fd_num", "fd_due", "fd_name_changed", "fd_enter", "hidden", "state_only",
        "closing", "closing_fd", "joined", "own_params",
        # nothing is due between two events
        "deferred",
    },
    "ThreadInfo": {"field_memory", "verdict_known", "verdict_value", "verdict_epoch"},
    "ThreadTable": {"_last"},
}
"""What it does not need to hold: what is concluded anew, or belongs to who looked at the events."""


def attributes(text: str, name: str) -> set[str]:
    """The attributes that a .pxd declares for a class."""
    body = text[text.index(f"cdef class {name}:") :].split("\n\n\n")[0]
    found = set()
    for line in body.splitlines()[1:]:
        declared = re.match(r"    cdef (?:readonly |public )?[\w.]+\*{0,2} ([\w, *\[\]]+?)\s*(?:#.*)?$", line)
        if declared:
            found |= {re.sub(r"\W.*", "", part.strip(" *")) for part in declared[1].split(",")}
    return found - {""}


KEPT = [("state", "State"), ("threads", "ThreadInfo"), ("threads", "ThreadGroup"), ("threads", "ThreadTable"), ("fds", "FdTable")]


@pytest.mark.parametrize(("file", "name"), KEPT)
def test_nothing_was_added_that_it_does_not_know(root: Path, file: str, name: str) -> None:
    engine = root / "csyspy" / "engine"
    declared = attributes((engine / f"{file}.pxd").read_text(), name)
    assert len(declared) >= 4
    copied = set(re.findall(r"\bnew\.(\w+)", (engine / "checkpoint.pyx").read_text()))
    assert declared - copied - LEFT_OUT.get(name, set()) == set()


def test_a_descriptor_is_copied_whole(root: Path) -> None:
    engine = root / "csyspy" / "engine"
    copied = set(re.findall(r"\btwin\.(\w+)", (engine / "fds.pyx").read_text()))
    assert attributes((engine / "fds.pxd").read_text(), "FdInfo") <= copied
