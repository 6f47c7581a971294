"""Captures to start from: those of the corpus, and some built here that hold every block version and every event type."""

import random
import struct
from functools import cache
from pathlib import Path

from csyspy.events import EVENT_TABLE
from tests.scap_builder import (
    EV1,
    EV2,
    EV2_LARGE,
    EVF1,
    EVF2,
    PROCESS_BLOCKS,
    Process,
    event,
    fd_list,
    interface_list,
    machine,
    process_list,
    section,
    text,
    user_list,
)

CORPUS = Path(__file__).parent / "corpus"
EVENTS_PER_SEED = 60
BY_WIDTH = {
    1: ("INT8", "UINT8", "FLAGS8", "ENUMFLAGS8", "SIGTYPE", "L4PROTO"),
    2: ("INT16", "UINT16", "FLAGS16", "ENUMFLAGS16", "SYSCALLID", "PORT"),
    4: ("INT32", "UINT32", "FLAGS32", "ENUMFLAGS32", "UID", "GID", "MODE", "SIGSET", "BOOL", "FD32", "PID32"),
}
WIDTHS = {kind: width for width, kinds in BY_WIDTH.items() for kind in kinds}
ADDRESSES = (b"\1/run/s\0", b"\2\x7f\0\0\1\x50\0", b"\n" + bytes(15) + b"\1\x50\0")
TUPLES = (
    b"\1" + bytes(16) + b"/run/s\0",
    b"\2\x7f\0\0\1\x50\0\x7f\0\0\1\x51\0",
    b"\n" + bytes(15) + b"\1\x50\0" + bytes(15) + b"\1\x51\0",
)


@cache
def capture_seeds() -> list[bytes]:
    """All of them, not compressed."""
    return [*(path.read_bytes() for path in sorted(CORPUS.glob("*.scap"))), *_old_lists(), *_all_events(), _merged()]


@cache
def filter_seeds() -> list[str]:
    """One filter a line."""
    return (CORPUS / "filters.txt").read_text().splitlines()


def _value(rng: random.Random, kind: str) -> bytes:
    """A parameter of the type, as a producer might have written it."""
    if kind in ("CHARBUF", "FSPATH", "FSRELPATH"):
        return rng.choice((b"/etc/hosts\0", b"name\0", b"../up//x\0", b"\0", b""))
    if kind in ("BYTEBUF", "CHARBUFARRAY", "CHARBUF_PAIR_ARRAY"):
        return rng.choice((b"A=1\0B=2\0", b"GET / HTTP/1.1\r\n\r\n", b"cpu=/a\0memory=/docker/0123456789ab\0", b""))
    if kind == "SOCKADDR":
        return rng.choice(ADDRESSES)
    if kind == "SOCKTUPLE":
        return rng.choice(TUPLES)
    if kind == "FDLIST":
        return struct.pack("<HqHqH", 2, 3, 1, 4, 5)
    if kind == "DYN":
        return bytes([rng.randrange(4)]) + struct.pack("<q", 1)
    if kind in ("FD", "PID", "ERRNO"):
        return struct.pack("<q", rng.choice((-1, 0, 3, 4, 10, 11, 20)))
    width = WIDTHS.get(kind, 8)
    return rng.choice((0, 1, 3, 10, 256**width - 1)).to_bytes(8, "little")[:width].ljust(width, b"\0")


def _lists(version: int = 9) -> bytes:
    ends = bytes([127, 0, 0, 1]) * 2
    fds = [(3, 1, text(b"/etc/hosts")), (4, 3, ends + struct.pack("<HHB", 1000, 80, 2)), (5, 8, struct.pack("<QQ", 1, 2) + text(b"/s"))]
    processes = [Process(1, ptid=0), Process(10), Process(11, pid=10), Process(20, ptid=10)]
    return machine() + process_list(version, processes) + fd_list(1 if version < 9 else 2, 10, fds)


def _old_lists() -> list[bytes]:
    """A capture with each version of the process list, and with the block kinds that go with old ones."""
    seeds = []
    for version in PROCESS_BLOCKS:
        users = user_list(1 if version < 9 else 2, [(0, 0, b"root")], [(0, b"root")])
        interfaces = interface_list(1 if version < 9 else 2, [(1, b"eth0"), (2, b"six"), (3, b"old"), (4, b"old6")])
        events = b"".join(event(kind, [bytes(8)], block_type=block) for kind in (4, 5) for block in (EV1, EVF1, EV2, EVF2))
        seeds.append(section() + users + interfaces + _lists(version) + events)
    return seeds


def _all_events() -> list[bytes]:
    """Every event type with parameters of its types, in as many captures as it takes."""
    rng = random.Random(0)
    events = []
    for row in EVENT_TABLE["events"]:
        wide = "LARGE_PAYLOAD" in row["flags"]
        params = [_value(rng, param["type"]) for param in row["params"]]
        tid = rng.choice((10, 10, 10, 11, 20, 77))
        events.append(event(row["id"], params, ts=1_000 * len(events), tid=tid, block_type=EV2_LARGE if wide else EV2, wide=wide))
    return [section() + _lists() + b"".join(events[at : at + EVENTS_PER_SEED]) for at in range(0, len(events), EVENTS_PER_SEED)]


def _merged() -> bytes:
    one = section() + _lists() + event(4, [bytes(8)])
    return one + section(b"\1\0\4\0note") + _lists(5) + event(5, [bytes(8)], block_type=EV1)
