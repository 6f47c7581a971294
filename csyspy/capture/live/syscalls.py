"""bpf(2) and perf_event_open(2) by ctypes: the few commands that loading and reading need (linux/bpf.h)."""

import contextlib
import ctypes
import errno
import os
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_BPF: Final = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine, 321)
_PERF_EVENT_OPEN: Final = {"x86_64": 298, "aarch64": 241}.get(os.uname().machine, 298)

MAP_CREATE, MAP_LOOKUP, MAP_UPDATE, MAP_DELETE, MAP_NEXT_KEY, PROG_LOAD = range(6)
PROG_TEST_RUN, PROG_GET_NEXT_ID = 10, 11
RAW_TRACEPOINT_OPEN: Final = 17
LOOKUP_BATCH, LOOKUP_AND_DELETE_BATCH = 24, 25
LINK_CREATE, ENABLE_STATS, ITER_CREATE = 28, 32, 33


def bpf(command: int, attributes: "ctypes.Array[ctypes.c_char] | ctypes.Structure") -> int:
    """The system call. Raises OSError."""
    result = int(_LIBC.syscall(_BPF, command, ctypes.byref(attributes), ctypes.sizeof(attributes)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


class MapCreate(ctypes.Structure):
    """BPF_MAP_CREATE."""

    _fields_ = (
        ("map_type", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
        ("map_flags", ctypes.c_uint32),
        ("inner_map_fd", ctypes.c_uint32),
        ("numa_node", ctypes.c_uint32),
        ("map_name", ctypes.c_char * 16),
    )


class MapElement(ctypes.Structure):
    """BPF_MAP_*_ELEM and GET_NEXT_KEY."""

    _fields_ = (("map_fd", ctypes.c_uint64), ("key", ctypes.c_uint64), ("value", ctypes.c_uint64), ("flags", ctypes.c_uint64))


class MapBatch(ctypes.Structure):
    """BPF_MAP_*_BATCH."""

    _fields_ = (
        ("in_batch", ctypes.c_uint64),
        ("out_batch", ctypes.c_uint64),
        ("keys", ctypes.c_uint64),
        ("values", ctypes.c_uint64),
        ("count", ctypes.c_uint32),
        ("map_fd", ctypes.c_uint32),
        ("elem_flags", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    )


class ProgLoad(ctypes.Structure):
    """BPF_PROG_LOAD."""

    _fields_ = (
        ("prog_type", ctypes.c_uint32),
        ("insn_cnt", ctypes.c_uint32),
        ("insns", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log_buf", ctypes.c_uint64),
        ("kern_version", ctypes.c_uint32),
        ("prog_flags", ctypes.c_uint32),
        ("prog_name", ctypes.c_char * 16),
        ("prog_ifindex", ctypes.c_uint32),
        ("expected_attach_type", ctypes.c_uint32),
        ("prog_btf_fd", ctypes.c_uint32),
        ("func_info_rec_size", ctypes.c_uint32),
        ("func_info", ctypes.c_uint64),
        ("func_info_cnt", ctypes.c_uint32),
        ("line_info_rec_size", ctypes.c_uint32),
        ("line_info", ctypes.c_uint64),
        ("line_info_cnt", ctypes.c_uint32),
        ("attach_btf_id", ctypes.c_uint32),
    )


class RawTracepointOpen(ctypes.Structure):
    """BPF_RAW_TRACEPOINT_OPEN."""

    _fields_ = (("name", ctypes.c_uint64), ("prog_fd", ctypes.c_uint32), ("unused", ctypes.c_uint32))


class LinkCreate(ctypes.Structure):
    """BPF_LINK_CREATE; the first member is the program."""

    _fields_ = (("prog_fd", ctypes.c_uint32), ("target_fd", ctypes.c_uint32), ("attach_type", ctypes.c_uint32), ("flags", ctypes.c_uint32))


class TestRun(ctypes.Structure):
    """BPF_PROG_TEST_RUN."""

    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("result", ctypes.c_uint32),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("data_in", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_uint64),
        ("ctx_out", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
    )


class IterCreate(ctypes.Structure):
    """BPF_ITER_CREATE."""

    _fields_ = (("link_fd", ctypes.c_uint32), ("flags", ctypes.c_uint32))


class EnableStats(ctypes.Structure):
    """BPF_ENABLE_STATS; type 0 is the run time of programs."""

    _fields_ = (("type", ctypes.c_uint32),)


class NextId(ctypes.Structure):
    """BPF_PROG_GET_NEXT_ID."""

    _fields_ = (("start_id", ctypes.c_uint32), ("next_id", ctypes.c_uint32), ("open_flags", ctypes.c_uint32))


def programs_loaded() -> set[int]:
    """Numbers of all programs in the kernel, whoever loaded them. Empty for who may not ask."""
    found: set[int] = set()
    at = NextId()
    with contextlib.suppress(OSError):  # ENOENT is the end
        while True:
            bpf(PROG_GET_NEXT_ID, at)
            found.add(at.next_id)
            at = NextId(start_id=at.next_id)
    return found


class PerfAttributes(ctypes.Structure):
    """perf_event_attr, as far as tracepoints need it."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("config", ctypes.c_uint64),
        ("sample_period", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64),
        ("rest", ctypes.c_uint8 * 80),
    )


TRACEPOINT: Final = 2  # perf type
PERF_SAMPLE_RAW: Final = 1 << 10
PERF_FLAG_FD_CLOEXEC: Final = 8
PERF_SET_BPF: Final = 0x40042408
PERF_ENABLE: Final = 0x2400


def open_tracepoint(number: int, cpu: int = 0) -> int:
    """A perf event on a tracepoint, by its number in tracefs. A program attached to it runs on every CPU. Raises OSError."""
    attributes = PerfAttributes(type=TRACEPOINT, config=number, sample_period=1, sample_type=PERF_SAMPLE_RAW)
    attributes.size = ctypes.sizeof(attributes)
    fd = int(_LIBC.syscall(_PERF_EVENT_OPEN, ctypes.byref(attributes), -1, cpu, -1, PERF_FLAG_FD_CLOEXEC))
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return fd


def is_not_permitted(error: OSError) -> bool:
    """Whether the kernel refused for want of privilege."""
    return error.errno in (errno.EPERM, errno.EACCES)
