"""Damage for captures and filters: each case is fixed by its number."""

import gzip
import random
import struct
from collections.abc import Callable

FRAME = struct.Struct("<II")
EVENT_AT = {0x204: 10, 0x216: 10, 0x221: 10, 0x208: 14, 0x217: 14, 0x222: 14}
BLOCK_TYPES = (
    0x0A0D0D0A, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215, 0x216, 0x217,
    0x218, 0x219, 0x220, 0x221, 0x222, 0x8000ABCD, 0x8001ABCD, 0x8010ABCD, 0x8013ABCD, 0x8014ABCD,
)
EVENT_TYPES = 460
"""A few more than there are."""
EDGES = (0, 1, 2, 3, 4, 7, 8, 11, 12, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Blocks = list[bytearray]


def blocks_of(capture: bytes) -> Blocks:
    """The blocks of a capture that is whole."""
    blocks, at = [], 0
    while at + 12 <= len(capture):
        length = FRAME.unpack_from(capture, at)[1]
        blocks.append(bytearray(capture[at : at + length]))
        at += length
    return blocks


def _flip_bits(rng: random.Random, blocks: Blocks) -> None:
    block = rng.choice(blocks)
    for _ in range(rng.choice((1, 1, 2, 8))):
        block[rng.randrange(len(block))] ^= 1 << rng.randrange(8)


def _set_number(rng: random.Random, blocks: Blocks) -> None:
    block = rng.choice(blocks)
    width = rng.choice((1, 2, 4, 8))
    if len(block) > width:
        at = rng.randrange(len(block) - width)
        block[at : at + width] = (rng.choice(EDGES) & (256**width - 1)).to_bytes(width, "little")


def _cut_tail(rng: random.Random, blocks: Blocks) -> None:
    del blocks[rng.randrange(len(blocks)) + 1 :]
    del blocks[-1][rng.randrange(len(blocks[-1])) :]


def _drop(rng: random.Random, blocks: Blocks) -> None:
    del blocks[rng.randrange(len(blocks))]


def _repeat(rng: random.Random, blocks: Blocks) -> None:
    blocks.insert(rng.randrange(len(blocks) + 1), bytearray(rng.choice(blocks)))


def _swap(rng: random.Random, blocks: Blocks) -> None:
    a, b = rng.randrange(len(blocks)), rng.randrange(len(blocks))
    blocks[a], blocks[b] = blocks[b], blocks[a]


def _retype_block(rng: random.Random, blocks: Blocks) -> None:
    block = rng.choice(blocks)
    if len(block) >= 4:
        block[0:4] = rng.choice(BLOCK_TYPES).to_bytes(4, "little")


def _event(rng: random.Random, blocks: Blocks) -> tuple[bytearray, int] | None:
    block = rng.choice(blocks)
    at = EVENT_AT.get(FRAME.unpack_from(block)[0]) if len(block) >= 40 else None
    return None if at is None else (block, at)


def _retype_event(rng: random.Random, blocks: Blocks) -> None:
    if found := _event(rng, blocks):
        block, at = found
        block[at + 20 : at + 22] = rng.randrange(EVENT_TYPES).to_bytes(2, "little")


def _recount(rng: random.Random, blocks: Blocks) -> None:
    if found := _event(rng, blocks):
        block, at = found
        block[at + 22 : at + 26] = rng.choice((0, 1, 2, 3, 5, 9, 31, 32, 33, 63, 64, 65, 255, 65535, 0xFFFFFFFF)).to_bytes(4, "little")


def _relength(rng: random.Random, blocks: Blocks) -> None:
    if found := _event(rng, blocks):
        block, at = found
        slot = at + 26 + 2 * rng.randrange(8)
        if slot + 2 <= len(block):
            block[slot : slot + 2] = (rng.choice(EDGES) & 0xFFFF).to_bytes(2, "little")


def _resize(rng: random.Random, blocks: Blocks) -> None:
    """Another length, before and behind, so that the frame still closes where a reader looks for it."""
    block = rng.choice(blocks)
    if rng.random() < 0.5 and len(block) > 16:
        del block[rng.randrange(12, len(block) - 4) : -4]
    else:
        block[-4:-4] = rng.randbytes(rng.choice((4, 8, 64, 1024)))
    for at in (4, len(block) - 4):
        block[at : at + 4] = len(block).to_bytes(4, "little")


def _retid(rng: random.Random, blocks: Blocks) -> None:
    if found := _event(rng, blocks):
        block, at = found
        block[at + 8 : at + 16] = rng.choice((0, 1, 2, 0xFFFFFFFF, 2**63, 2**64 - 1)).to_bytes(8, "little")


MUTATIONS: tuple[Callable[[random.Random, Blocks], None], ...] = (
    _flip_bits, _flip_bits, _set_number, _set_number, _cut_tail, _drop, _repeat, _swap, _retype_block, _retype_event, _retype_event,
    _recount, _relength, _relength, _resize, _retid,
)


def damaged_capture(rng: random.Random, seeds: list[bytes]) -> bytes:
    """A seed with one to a dozen wounds; now and then two seeds spliced, or a gzip stream that is wounded itself."""
    blocks = blocks_of(rng.choice(seeds))
    if rng.random() < 0.1:
        other = blocks_of(rng.choice(seeds))
        at = rng.randrange(len(other))
        blocks[rng.randrange(len(blocks)) :] = other[at:]
    for _ in range(rng.choice((1, 1, 2, 3, 5, 12))):
        if blocks:
            rng.choice(MUTATIONS)(rng, blocks)
            blocks = [block for block in blocks if block]
    capture = b"".join(blocks)
    if rng.random() < 0.1:
        stream = bytearray(gzip.compress(capture, 1))
        for _ in range(rng.randrange(3)):
            stream[rng.randrange(2, len(stream))] = rng.randrange(256)
        return bytes(stream[: rng.choice((len(stream), rng.randrange(2, len(stream))))])
    return capture


TOKENS = (
    "and", "or", "not", "(", ")", "[", "]", ",", "=", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "icontains", "bcontains",
    "startswith", "bstartswith", "endswith", "iendswith", "glob", "iglob", "pmatch", "intersects", "exists", "regex", "val(", "tolower(",
    "toupper(", "b64(", "basename(", "len(", "join(", "concat(", "'", '"', "\\", "\n", "\t", "-1", "0", "0x10", "1e3", "9" * 30, "true",
    "127.0.0.1", "::1", "10.0.0.0/8", "a*[!b]?", "(a|b)*c", "\u00e9", "\udc80", "evt.type", "evt.arg.fd", "evt.arg[0]", "evt.num",
    "evt.rawarg.res", "proc.name", "proc.aname[2]", "proc.env[X]", "fd.ip", "fd.net", "fd.name", "evt.latency", "user.uid",
    "thread.cgroup.cpu",
)


def damaged_filter(rng: random.Random, seeds: list[str]) -> str:
    """A filter with tokens lost, doubled, moved or put in."""
    words = rng.choice(seeds).split(" ")
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
        at = rng.randrange(len(words) + 1)
        roll = rng.random()
        if roll < 0.4:
            words.insert(at, rng.choice(TOKENS))
        elif roll < 0.6 and at < len(words):
            del words[at]
        elif roll < 0.8 and at < len(words) and words[at]:
            cut = rng.randrange(len(words[at]))
            words[at] = words[at][:cut] + rng.choice(TOKENS) + words[at][cut:]
        else:
            words[at:at] = rng.choice(seeds).split(" ")
    return (" " if rng.random() < 0.9 else "").join(words)
