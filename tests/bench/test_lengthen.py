"""A capture made long: more events, time goes on, state once."""

import gzip
import struct
from pathlib import Path

from bench.lengthen import GAP_NS, lengthen, read


def block(kind: int, body: bytes) -> bytes:
    total = 12 + len(body)
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def event(time_ns: int) -> bytes:
    return block(0x216, struct.pack("<HQQIHI", 0, time_ns, 7, 26, 1, 0) + b"\0\0")


def times(capture: Path) -> list[int]:
    parts = read(capture)
    return [struct.unpack_from("<Q", parts.events, at)[0] for at in parts.stamps]


def test_time_goes_on_from_one_repetition_to_the_next(tmp_path: Path) -> None:
    source = tmp_path / "in.scap"
    source.write_bytes(block(0x0A0D0D0A, b"x" * 16) + event(1000) + event(1500))
    assert lengthen(source, 5, tmp_path / "out.scap") == 6
    period = 500 + GAP_NS
    assert times(tmp_path / "out.scap") == [1000, 1500, 1000 + period, 1500 + period, 1000 + 2 * period, 1500 + 2 * period]
    assert read(tmp_path / "out.scap").state == read(source).state


def test_a_name_in_gz_is_compressed_and_a_cut_tail_left_out(tmp_path: Path) -> None:
    source = tmp_path / "in.scap"
    source.write_bytes(block(0x0A0D0D0A, b"x" * 16) + event(1000) + event(1500)[:20])
    assert lengthen(source, 1, tmp_path / "out.scap.gz") == 1
    assert gzip.decompress((tmp_path / "out.scap.gz").read_bytes()).startswith(read(source).state)
