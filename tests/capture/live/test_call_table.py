"""The table of system calls, and its counterparts in C: sound without a kernel to try them on."""

import re
from pathlib import Path

import pytest

from csyspy.capture.live.call_table import CALLS, FD_CALLS, PROCESS_FACTS, STATE_CALLS
from csyspy.capture.live.compile import bpf_folder
from csyspy.capture.live.encode import Encoder
from csyspy.capture.live.initial_fds import converted
from csyspy.capture.live.native import conversions
from csyspy.capture.live.params import FETCHES, SPECIALS, parse_fetch, parse_params
from csyspy.events import EVENT_TABLE

PACKAGE = Path(bpf_folder()).parent / "csyspy" / "capture" / "live"


def test_every_row_can_be_encoded() -> None:
    Encoder(0)  # reads all rows, and raises ValueError for a word that it does not know
    known = {row["name"] for row in EVENT_TABLE["syscalls_x86_64"]}
    assert CALLS.keys() <= known
    assert known >= STATE_CALLS | FD_CALLS


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_row_fetches_what_it_uses(name: str) -> None:
    call = CALLS[name]
    ops = parse_fetch(call.fetch)
    assert len(ops) <= 6
    used = [int(number) for number in re.findall(r"(?:text|bytes|[iu]\d+|file|socket|memory):(\d)", f"{call.enter} {call.exit}")]
    assert not used or max(used) < len(ops)


def test_numbers_are_those_of_the_c() -> None:
    body = re.search(r"enum fetch \{(.*?)\};", (bpf_folder() / "stream_fetch.h").read_text(), re.DOTALL)
    assert body is not None
    names = re.findall(r"^\s*([A-Z_]+),", body[1], re.MULTILINE)
    assert tuple(name.lower() for name in names) == FETCHES


def test_facts_of_a_process_lie_where_the_c_puts_them() -> None:
    at = 0
    places = {}
    for name, kind in PROCESS_FACTS:
        places[name] = at
        at += int(kind[1:]) // 8 if kind[0] in "ui" else 16
    # What csyspy/capture/live/special.pyx reads by number.
    assert [places[name] for name in ("flags", "pidns_start_ns", "ctime_s", "mtime_s", "ctime_ns", "mtime_ns", "uid", "pidns_level")] == [
        32, 40, 80, 88, 108, 112, 120, 152,
    ]  # fmt: skip
    assert (places["file_mode"], places["file_uid"], places["file_gid"], at) == (156, 160, 164, 184)


def test_specials_are_numbered_alike() -> None:
    source = PACKAGE / "special.pyx"
    if not source.exists():
        pytest.skip("the sources are not here")
    body = re.search(r"cdef enum:\n(    FIRST, .*?)\n\n", source.read_text(), re.DOTALL)
    assert body is not None
    assert len(re.findall(r"[A-Z_]+", body[1])) == len(SPECIALS)


@pytest.mark.parametrize("word", ["nothing", "a9", "@unknown", "text:x", "process.none", "prot(a", "u32:0"])
def test_a_wrong_word_is_refused(word: str) -> None:
    event = next(event for event in EVENT_TABLE["events"] if event["enum"] == "PPME_SYSCALL_OPEN_X")
    with pytest.raises(ValueError, match="PPME_SYSCALL_OPEN_X, parameter fd"):
        parse_params(word, event, {})


def test_flags_become_those_of_captures() -> None:
    tables = conversions()
    assert converted(tables["open_flags"], 0o2000102) == 3 | 4 | 0x1000  # O_RDWR, O_CREAT, O_CLOEXEC
    assert converted(tables["open_flags"], 0) == 1
    assert converted(tables["futex"], 128 | 1) == 128 | 1
    assert converted(tables["rlimit"], 99) == 255
    assert converted(tables["quota_cmd"], 0x80000700) == 32
