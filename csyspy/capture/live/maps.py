"""Maps of the kernel, read in bulk: one system call for thousands of entries, into buffers that are used again.

Of per-CPU maps a value is one of `value_stride` bytes for every possible CPU, one after another.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from typing import Final

from csyspy.capture.live import syscalls
from csyspy.capture.live.syscalls import MapBatch, MapElement, bpf

HASH, ARRAY, PERCPU_HASH, PERCPU_ARRAY, LRU_HASH, LRU_PERCPU_HASH, RINGBUF = 1, 2, 5, 6, 9, 10, 27
_PER_CPU: Final = (PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH)
FIRST_BATCH: Final = 1024


def possible_cpus() -> int:
    """CPUs that per-CPU maps have room for."""
    with open("/sys/devices/system/cpu/possible") as file:
        return int(file.read().strip().replace(",", "-").rpartition("-")[2]) + 1


class Map:
    """A map in the kernel; it lives as long as it is not closed."""

    def __init__(self, fd: int, name: str, kind: int, key_size: int, value_size: int, entries: int) -> None:
        self.fd = fd
        self.name = name
        self.type = kind
        self.key_size = key_size
        self.value_size = value_size
        self.entries = entries
        self.cpus = possible_cpus() if kind in _PER_CPU else 1
        self.value_stride = (value_size + 7) // 8 * 8 if kind in _PER_CPU else value_size
        """Bytes from one CPU's value to the next."""
        self.value_room = self.value_stride * self.cpus
        """Bytes of one entry's values."""
        self._room = 0
        self._keys = self._values = ctypes.create_string_buffer(0)
        self._cursor = (ctypes.create_string_buffer(max(key_size, 16)), ctypes.create_string_buffer(max(key_size, 16)))

    def lookup(self, key: bytes) -> bytes | None:
        """The value, or all CPUs' values; None where there is no such key. Raises OSError."""
        value = ctypes.create_string_buffer(self.value_room)
        try:
            self._element(syscalls.MAP_LOOKUP, key, value)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        return value.raw

    def update(self, key: bytes, value: bytes) -> None:
        """Put a value in place. Of a per-CPU map ``value`` has all CPUs'. Raises OSError."""
        self._element(syscalls.MAP_UPDATE, key, ctypes.create_string_buffer(value, self.value_room))

    def delete(self, key: bytes) -> bool:
        """Remove a key; False where it was not there."""
        try:
            self._element(syscalls.MAP_DELETE, key, None)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            raise
        return True

    def _element(self, command: int, key: bytes, value: "ctypes.Array[ctypes.c_char] | None") -> None:
        if len(key) != self.key_size:
            raise ValueError(f"a key of {self.name} has {self.key_size} bytes, not {len(key)}")
        room = ctypes.create_string_buffer(key, max(len(key), 1))
        at = ctypes.addressof
        bpf(command, MapElement(map_fd=self.fd, key=at(room), value=at(value) if value is not None else 0))

    def entries_read(self, *, delete: bool = False) -> tuple[int, memoryview, memoryview]:
        """(number, keys, values) of all entries; the views are good until the next call. ``delete`` empties the map by the way.

        Entries that come or go meanwhile may be missed, as in every hash of the kernel. Raises OSError."""
        count = self._read_batches(syscalls.LOOKUP_AND_DELETE_BATCH if delete else syscalls.LOOKUP_BATCH)
        if count < 0:
            count = self._read_one_by_one(delete)
        keys, values = memoryview(self._keys).cast("B"), memoryview(self._values).cast("B")
        return count, keys[: count * self.key_size], values[: count * self.value_room]

    def _make_room(self, entries: int) -> None:
        """Buffers for so many entries; what they held stays."""
        keys = ctypes.create_string_buffer(entries * self.key_size)
        values = ctypes.create_string_buffer(entries * self.value_room)
        ctypes.memmove(keys, self._keys, self._room * self.key_size)
        ctypes.memmove(values, self._values, self._room * self.value_room)
        self._room, self._keys, self._values = entries, keys, values

    def _read_batches(self, command: int) -> int:
        """How many entries were read; -1 where the kernel cannot do it in bulk (before 5.6, or not for this type)."""
        count = 0
        before, after = self._cursor
        first = True
        while True:
            if self._room - count < FIRST_BATCH // 4:
                self._make_room(max(FIRST_BATCH, 2 * self._room))
            batch = MapBatch(
                in_batch=0 if first else ctypes.addressof(before),
                out_batch=ctypes.addressof(after),
                keys=ctypes.addressof(self._keys) + count * self.key_size,
                values=ctypes.addressof(self._values) + count * self.value_room,
                count=self._room - count,
                map_fd=self.fd,
            )
            try:
                bpf(command, batch)
            except OSError as error:
                if error.errno == errno.ENOENT:  # the end; the last part counts
                    return count + int(batch.count)
                if error.errno == errno.ENOSPC:  # a bucket that is larger than what is left
                    self._make_room(2 * self._room)
                    continue
                if first and error.errno in (errno.EINVAL, errno.ENOTSUP, 524):
                    return -1
                raise
            count += batch.count
            first = False
            before, after = after, before

    def _read_one_by_one(self, delete: bool) -> int:
        count = 0
        for key in list(self.keys()):
            value = self.lookup(key)
            if value is None:
                continue
            if count == self._room:
                self._make_room(max(FIRST_BATCH, 2 * self._room))
            ctypes.memmove(ctypes.addressof(self._keys) + count * self.key_size, key, self.key_size)
            ctypes.memmove(ctypes.addressof(self._values) + count * self.value_room, value, self.value_room)
            count += 1
            if delete:
                self.delete(key)
        return count

    def keys(self) -> Iterator[bytes]:
        """All keys, one system call each."""
        key: ctypes.Array[ctypes.c_char] | None = None
        following = ctypes.create_string_buffer(self.key_size)
        while True:
            try:
                at = ctypes.addressof(key) if key is not None else 0
                bpf(syscalls.MAP_NEXT_KEY, MapElement(map_fd=self.fd, key=at, value=ctypes.addressof(following)))
            except OSError as error:
                if error.errno == errno.ENOENT:
                    return
                raise
            yield following.raw
            key = ctypes.create_string_buffer(following.raw, self.key_size)

    def clear(self) -> None:
        """Remove every entry of a hash."""
        for key in list(self.keys()):
            self.delete(key)

    def close(self) -> None:
        """Let go of the map; the kernel frees it once no program uses it either."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
