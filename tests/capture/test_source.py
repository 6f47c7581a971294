"""Where bytes come from: plain files, gzip with one or more members, pipes, several files."""

import gzip
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from csyspy.capture import Source, open_source
from csyspy.errors import CaptureError

DATA = random.Random(7).randbytes(1 << 20) + bytes(3 << 20) + b"end"


def drain(source: Source, got: bytearray) -> None:
    while (chunk := source.read()) is not None:
        got += chunk


def everything(path: Path | str) -> bytes:
    with open_source([str(path)]) as source:
        got = bytearray()
        drain(source, got)
        assert source.offset == len(got)
        return bytes(got)


@pytest.mark.parametrize("data", [b"", b"x", b"xy", b"xyz", DATA])
def test_a_plain_file_is_given_out_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    assert everything(path) == data


def test_gzip_is_known_by_its_content_and_members_follow_one_another(tmp_path: Path) -> None:
    path = tmp_path / "f.scap"
    path.write_bytes(gzip.compress(DATA) + gzip.compress(b"") + gzip.compress(b"more"))
    assert everything(path) == DATA + b"more"


@pytest.mark.parametrize("rest", [b"\0" * 512, b"no member", b"\x1f"])
def test_what_follows_the_last_member_is_left_alone(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(b"hello") + rest)
    assert everything(path) == b"hello"


@pytest.mark.parametrize("cut", [5, 100, 1 << 19])
def test_a_cut_gzip_gives_what_it_has_then_says_so(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(DATA)[:-cut])
    with open_source([str(path)]) as source:
        got = bytearray()
        with pytest.raises(CaptureError, match="truncated"):
            drain(source, got)
        assert DATA.startswith(bytes(got))
        assert source.read() is None


@pytest.mark.parametrize("before", [b"", b"a member of its own"])
def test_a_damaged_gzip_gives_all_that_lies_before_the_damage(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "f"
    first = gzip.compress(before) if before else b""
    packed = bytearray(gzip.compress(DATA))
    packed[-8] ^= 0xFF  # the check sum
    path.write_bytes(first + packed)
    with open_source([str(path)]) as source:
        got = bytearray()
        with pytest.raises(CaptureError, match="damaged"):
            drain(source, got)
        assert bytes(got) == before + DATA


def test_a_damaged_gzip_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f"
    packed = bytearray(gzip.compress(os.urandom(1 << 20)))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    path.write_bytes(packed)
    with open_source([str(path)]) as source, pytest.raises(CaptureError, match="gzip"):
        drain(source, bytearray())


def test_closing_early_ends_the_thread(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(bytes(64 << 20)))
    before = sys.getswitchinterval()
    source = open_source([str(path)])
    source.read()
    source.close()
    assert source.read() is None
    assert sys.getswitchinterval() == before


def test_files_follow_one_another_and_progress_grows(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"x" * 1000)
    with open_source([str(tmp_path / "a"), str(tmp_path / "b")]) as source:
        assert source.read() is not None
        assert source.read() is None
        assert 0.4 < source.progress() <= 0.5
        assert source.next_file()
        assert source.name.endswith("b")
        assert source.read() is not None
        assert source.progress() == 1.0
        assert not source.next_file()
        assert source.progress() == 1.0


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="No such file"):
        open_source([str(tmp_path / "none")])
    with pytest.raises(CaptureError, match="directory"):
        open_source([str(tmp_path)])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_to_its_end(pack: type) -> None:
    code = (
        "from csyspy.capture import Source, open_source; s = open_source(['-']); n = 0\n"
        "while (c := s.read()) is not None: n += len(c)\n"
        "print(n, s.progress())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pack(DATA), capture_output=True, check=True)
    assert done.stdout.split() == [str(len(DATA)).encode(), b"0.0"]
