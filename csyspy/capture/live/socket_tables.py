"""Sockets of a network namespace by inode, from /proc/PID/net (libs: userspace/libscap/scap_fds.c)."""

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IPV4_SOCK, IPV6_SOCK, IPV4_SERVER, IPV6_SERVER, UNIX_SOCK, NETLINK = 3, 4, 5, 6, 8, 15
TCP, UDP, RAW = 2, 3, 5
TABLES: Final = (("tcp", TCP), ("udp", UDP), ("raw", RAW), ("tcp6", TCP), ("udp6", UDP), ("raw6", RAW))
"""File -> l4proto of captures."""


@dataclass(frozen=True, slots=True)
class Socket:
    """What an fd list says of a socket."""

    type: int
    l4proto: int = 0
    addresses: tuple[bytes, int, bytes, int] = (b"", 0, b"", 0)
    """Local address and port, then the peer's."""
    unix_source: int = 0
    name: bytes = b""


def sockets_of(pid: int, proc: Path = Path("/proc")) -> dict[int, Socket]:
    """Inode -> socket, in the network namespace of a process."""
    folder = proc / str(pid) / "net"
    found: dict[int, Socket] = {}
    for name, l4proto in TABLES:
        with contextlib.suppress(OSError):
            found.update(_internet((folder / name).read_text().splitlines()[1:], l4proto))
    with contextlib.suppress(OSError):
        found.update(_unix((folder / "unix").read_bytes().splitlines()[1:]))
    with contextlib.suppress(OSError):
        found.update((int(line.split()[9]), Socket(NETLINK)) for line in (folder / "netlink").read_text().splitlines()[1:])
    return found


def _internet(lines: list[str], l4proto: int) -> Iterator[tuple[int, Socket]]:
    for line in lines:
        words = line.split()
        if len(words) < 10:
            continue
        local, local_port = _end(words[1])
        peer, peer_port = _end(words[2])
        four = len(local) == 4
        if any(peer) or peer_port:
            kind = IPV4_SOCK if four else IPV6_SOCK
            yield int(words[9]), Socket(kind, l4proto, (local, local_port, peer, peer_port))
        else:
            kind = IPV4_SERVER if four else IPV6_SERVER
            yield int(words[9]), Socket(kind, l4proto, (b"", 0, local, local_port))


def _end(text: str) -> tuple[bytes, int]:
    """``0100007F:1F90``: words of 32 bits in the order of the machine, and the port."""
    address, _, port = text.partition(":")
    words = [int(address[i : i + 8], 16) for i in range(0, len(address), 8)]
    return struct.pack(f"={len(words)}I", *words), int(port, 16)


def _unix(lines: list[bytes]) -> Iterator[tuple[int, Socket]]:
    for line in lines:
        words = line.split(None, 7)
        if len(words) >= 7:
            yield int(words[6]), Socket(UNIX_SOCK, unix_source=int(words[0].rstrip(b":"), 16), name=words[7] if len(words) > 7 else b"")
