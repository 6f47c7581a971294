"""Make a long capture from a short one by repeating its events, with the timestamps of each repetition moved on.

``python -m bench.lengthen IN.scap EVENTS OUT.scap[.gz]`` writes at least EVENTS events. The state blocks (machine, interfaces, users,
processes, fds) are written once. An output name that ends in .gz is compressed as ``sysdig -z`` does it (zlib, its default level).
Input: one section, little endian (``reference: libs userspace/libscap/scap_savefile.h``).
"""

import gzip
import struct
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

BLOCK = struct.Struct("<II")
TIMESTAMP = struct.Struct("<Q")
TIMESTAMP_AT = {0x204: 10, 0x216: 10, 0x221: 10, 0x208: 14, 0x217: 14, 0x222: 14}
"""Event block type -> offset of the timestamp: after the block header, the CPU (u16) and, in the second three, the flags (u32)."""
GAP_NS = 1_000_000
"""Time between the last event of a repetition and the first of the next."""


class Capture(NamedTuple):
    """A capture taken apart."""

    state: bytes
    """All blocks before the first event."""
    events: bytes
    """All event blocks, one after the other."""
    stamps: list[int]
    """Offset in events of each event's timestamp."""


def read(path: Path, most_events: int | None = None) -> Capture:
    """Take the capture at path apart, or its first events; a trailing incomplete block is left out.

    ValueError: no events, or a block among the events that is none."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    position, start = 0, -1
    stamps: list[int] = []
    while position + BLOCK.size <= len(data):
        kind, length = BLOCK.unpack_from(data, position)
        if length < 12 or position + length > len(data):
            break
        if kind in TIMESTAMP_AT:
            if len(stamps) == most_events:
                break
            if start < 0:
                start = position
            stamps.append(position - start + TIMESTAMP_AT[kind])
        elif start >= 0:
            raise ValueError(f"{path}: block type {kind:#x} among the events, at offset {position}")
        position += length
    if start < 0:
        raise ValueError(f"{path}: no events")
    return Capture(data[:start], data[start:position], stamps)


def lengthen(source: Path, at_least_events: int, target: Path) -> int:
    """Write the repeated capture; how many events it has."""
    capture = read(source)
    buffer = bytearray(capture.events)
    times = [TIMESTAMP.unpack_from(buffer, at)[0] for at in capture.stamps]
    period_ns = max(times) - min(times) + GAP_NS
    repetitions = -(-at_least_events // len(times))
    deflate = zlib.compressobj(wbits=31) if target.suffix == ".gz" else None
    with target.open("wb") as out:

        def put(data: bytes | bytearray) -> None:
            out.write(deflate.compress(data) if deflate else data)

        put(capture.state)
        for repetition in range(repetitions):
            if repetition:
                moved_ns = repetition * period_ns
                for at, time_ns in zip(capture.stamps, times, strict=True):
                    TIMESTAMP.pack_into(buffer, at, time_ns + moved_ns)
            put(buffer)
        if deflate:
            out.write(deflate.flush())
    return repetitions * len(times)


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: python -m bench.lengthen IN.scap EVENTS OUT.scap[.gz]", file=sys.stderr)
        return 2
    try:
        events = lengthen(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    except (OSError, ValueError, zlib.error) as error:
        print(f"lengthen: {error}", file=sys.stderr)
        return 1
    print(f"{sys.argv[3]}: {events} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
