"""Compiled modules brought into the kernel, attached, and let go of.

Everything is a file descriptor: when the process ends, however it ends, the kernel detaches and frees it all.
"""

import contextlib
import ctypes
import errno
import functools
import os
import threading
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from typing import Final

from csyspy.capture.live import cache, syscalls, tracefs
from csyspy.capture.live.btf import FUNC, TYPEDEF, Btf, BtfError
from csyspy.capture.live.compile import MapDescription, Module
from csyspy.capture.live.maps import Map
from csyspy.capture.live.syscalls import IterCreate, LinkCreate, MapCreate, ProgLoad, RawTracepointOpen, TestRun, bpf
from csyspy.errors import LiveError

TRACEPOINT_PROG, RAW_TRACEPOINT_PROG, TRACING_PROG = 5, 17, 26
RAW_TP_ATTACH, ITER_ATTACH = 23, 28
LICENSE: Final = b"GPL\0"
LOG_BYTES: Final = 1 << 20
ATTEMPTS: Final = 5
"""To load a program whose verification signals interrupt."""
LOAD_MAP_OPCODE: Final = 0x18
PSEUDO_MAP_FD: Final = 1
CALL_OPCODE: Final = 0x85
PSEUDO_KFUNC_CALL: Final = 2
KERNEL_FUNCTION: Final = 0x40000000
"""In the C, what a call of a function of the kernel adds to its number in BTF (bpf/kernel_functions.h)."""
PIECE: Final = 1 << 16
"""More than an iterator gives at once (linux: kernel/bpf/bpf_iter.c, eight pages)."""

TRACEPOINT_TYPE, ITERATOR_TYPE = "btf_trace_", "bpf_iter_"
WITHOUT_TYPES: Final = "csyspy --tier B does without"


class Loaded:
    """A module whose maps are in the kernel. Programs are loaded as they are attached, so that what nobody needs costs nothing."""

    def __init__(self, module: Module, sizes: Mapping[str, int] | None = None) -> None:
        """``sizes``: map name -> entries, in place of those in the C (of a ring: its bytes). Raises LiveError."""
        self.module = module
        self._maps: dict[str, Map] = {}
        self._links: dict[str, list[int]] = {}
        self._programs: dict[str, int] = {}
        self._by_fd: dict[int, Map] = {}
        self._written = bytearray(PIECE)
        try:
            for description in module.maps:
                made = _create_map(description, (sizes or {}).get(description.name, description.entries))
                self._maps[description.name] = self._by_fd[description.fd] = made
        except OSError as error:
            self.close()
            raise LiveError(f"the kernel refuses maps: {error.strerror}", _privilege_hint(error)) from None

    def map(self, name: str) -> Map:
        """A map by the name it has in the C. Raises KeyError."""
        return self._maps[name]

    def attach_raw(self, program: str, tracepoint: str) -> None:
        """Run a program at a raw tracepoint: the cheapest hook (its C takes ``struct bpf_raw_tracepoint_args *``). Raises LiveError."""
        prog_fd = self._load(program, RAW_TRACEPOINT_PROG)
        name = ctypes.create_string_buffer(tracepoint.encode())
        self._link(program, tracepoint, RawTracepointOpen(name=ctypes.addressof(name), prog_fd=prog_fd))

    def load_raw(self, program: str) -> int:
        """Descriptor of a program for raw tracepoints that others call; it is not attached. Raises LiveError."""
        return self._load(program, RAW_TRACEPOINT_PROG)

    def load_btf(self, program: str, tracepoint: str) -> int:
        """The same with the typed arguments of a raw tracepoint. Raises LiveError."""
        return self._load(program, TRACING_PROG, RAW_TP_ATTACH, _btf_id(TRACEPOINT_TYPE + tracepoint))

    def load_tracepoint(self, program: str) -> int:
        """The same for tracepoints. Raises LiveError."""
        return self._load(program, TRACEPOINT_PROG)

    def attach_btf(self, program: str, tracepoint: str) -> None:
        """Run a program at a raw tracepoint with typed arguments, which it may load from directly. Raises LiveError."""
        prog_fd = self._load(program, TRACING_PROG, RAW_TP_ATTACH, _btf_id(TRACEPOINT_TYPE + tracepoint))
        self._link(program, tracepoint, RawTracepointOpen(name=0, prog_fd=prog_fd))

    def _link(self, program: str, tracepoint: str, open_: RawTracepointOpen) -> None:
        try:
            self._links.setdefault(program, []).append(bpf(syscalls.RAW_TRACEPOINT_OPEN, open_))
        except OSError as error:
            raise LiveError(f"cannot attach {program} to {tracepoint}: {error.strerror}", _privilege_hint(error)) from None

    def attach_tracepoint(self, program: str, category: str, event: str) -> None:
        """Run a program at a tracepoint by way of tracefs and a perf event: needs no type information. Raises LiveError."""
        prog_fd = self._load(program, TRACEPOINT_PROG)
        try:
            fd = syscalls.open_tracepoint(tracepoint_number(category, event))
        except OSError as error:
            raise LiveError(f"cannot open the tracepoint {category}:{event}: {error.strerror}", _privilege_hint(error)) from None
        self._links.setdefault(program, []).append(fd)
        try:
            ioctl(fd, syscalls.PERF_SET_BPF, prog_fd)
            ioctl(fd, syscalls.PERF_ENABLE, 0)
        except OSError as error:
            raise LiveError(f"cannot attach {program} to {category}:{event}: {error.strerror}", _privilege_hint(error)) from None

    def iterate(self, program: str, target: str) -> memoryview:
        """What an iterator program writes when it runs over ``target``: ``task``, ``task_file`` and the others of this kernel.

        Good until the next call. Raises LiveError."""
        if program not in self._links:
            prog_fd = self._load(program, TRACING_PROG, ITER_ATTACH, _btf_id(ITERATOR_TYPE + target))
            try:
                self._links[program] = [bpf(syscalls.LINK_CREATE, LinkCreate(prog_fd=prog_fd, attach_type=ITER_ATTACH))]
            except OSError as error:
                raise LiveError(f"cannot run {program} over {target}: {error.strerror}", _privilege_hint(error)) from None
        try:
            fd = bpf(syscalls.ITER_CREATE, IterCreate(link_fd=self._links[program][0]))
        except OSError as error:
            raise LiveError(f"cannot run {program} over {target}: {error.strerror}") from None
        try:
            used = 0
            while read := os.readv(fd, [memoryview(self._written)[used:]]):
                used += read
                if len(self._written) - used < PIECE:
                    self._written = self._written + bytes(len(self._written))
            return memoryview(self._written)[:used]
        finally:
            os.close(fd)

    def run(self, program: str) -> None:
        """Run a program now, once, on this CPU, without arguments; it is loaded as one for raw tracepoints. Raises LiveError."""
        prog_fd = self._load(program, RAW_TRACEPOINT_PROG)
        try:
            bpf(syscalls.PROG_TEST_RUN, TestRun(prog_fd=prog_fd))
        except OSError as error:
            raise LiveError(f"cannot run {program}: {error.strerror}", _privilege_hint(error)) from None

    def attached(self) -> list[str]:
        """Programs that run at present."""
        return list(self._links)

    def detach(self, program: str) -> None:
        """Stop a program and take it out of the kernel; attaching it again is possible."""
        for fd in self._links.pop(program, ()):
            os.close(fd)
        prog_fd = self._programs.pop(program, None)
        if prog_fd is not None:
            os.close(prog_fd)

    def program_fds(self) -> Mapping[str, int]:
        """Name -> descriptor of the programs in the kernel (csyspy.capture.live.overhead reads their run time there)."""
        return self._programs

    def close(self) -> None:
        """Detach everything and free the maps."""
        _close_at_once([fd for links in self._links.values() for fd in links])
        self._links.clear()
        for program in [*self._programs]:
            self.detach(program)
        for made in self._maps.values():
            made.close()
        self._maps.clear()

    def __enter__(self) -> "Loaded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self, program: str, kind: int, attach_type: int = 0, btf_id: int = 0) -> int:
        """The descriptor of a program in the kernel. The verifier's log is made only after a refusal: it costs time."""
        if program in self._programs:
            return self._programs[program]
        code = self._relocated(self.module.functions[program])
        try:
            fd = _load_persistently(program, code, kind, attach_type, btf_id)
        except OSError as error:
            log = ctypes.create_string_buffer(LOG_BYTES)
            with contextlib.suppress(OSError):
                os.close(_load_program(program, code, kind, attach_type, btf_id, log))
            if error.errno in (errno.EPERM, errno.EACCES) and not log.value:
                raise LiveError("the kernel refuses programs: " + (error.strerror or ""), _privilege_hint(error)) from None
            raise LiveError(f"the kernel refuses the program {program}: {_verdict(log.value)}") from None
        self._programs[program] = fd
        return fd

    def _relocated(self, code: bytes) -> bytes:
        """The code with the descriptors of this process' maps, and with calls of the kernel's functions as it knows them."""
        out = bytearray(code)
        for at in range(0, len(out), 8):
            stood = int.from_bytes(out[at + 4 : at + 8], "little")
            if out[at] == LOAD_MAP_OPCODE and out[at + 1] >> 4 == PSEUDO_MAP_FD:
                out[at + 4 : at + 8] = self._by_fd[stood].fd.to_bytes(4, "little")
            elif out[at] == CALL_OPCODE and out[at + 1] == 0 and stood >= KERNEL_FUNCTION and stood < 1 << 31:
                out[at + 1] = PSEUDO_KFUNC_CALL << 4
                out[at + 4 : at + 8] = (stood - KERNEL_FUNCTION).to_bytes(4, "little")
        return bytes(out)


def _create_map(description: MapDescription, entries: int) -> Map:
    create = MapCreate(
        map_type=description.type,
        key_size=description.key_size,
        value_size=description.value_size,
        max_entries=entries,
        map_flags=description.flags,
        map_name=description.name.encode()[:15],
    )
    fd = bpf(syscalls.MAP_CREATE, create)
    return Map(fd, description.name, description.type, description.key_size, description.value_size, entries)


def _close_at_once(fds: Sequence[int]) -> None:
    """Close all of them side by side: for each hook the kernel waits until no CPU is in it any more, 0.1 s and longer."""
    threads = [threading.Thread(target=os.close, args=(fd,)) for fd in fds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _load_persistently(program: str, code: bytes, kind: int, attach_type: int, btf_id: int) -> int:
    """As _load_program; a verification that a signal broke off (EAGAIN; linux: kernel/bpf/verifier.c, do_check) is begun anew."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _load_program(program, code, kind, attach_type, btf_id, None)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
    return _load_program(program, code, kind, attach_type, btf_id, None)


def _load_program(name: str, code: bytes, kind: int, attach_type: int, btf_id: int, log: "ctypes.Array[ctypes.c_char] | None") -> int:
    instructions, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(LICENSE)
    load = ProgLoad(
        prog_type=kind,
        insn_cnt=len(code) // 8,
        insns=ctypes.addressof(instructions),
        license=ctypes.addressof(licence),
        log_level=1 if log is not None else 0,
        log_size=len(log) if log is not None else 0,
        log_buf=ctypes.addressof(log) if log is not None else 0,
        prog_name=name.encode()[:15],
        expected_attach_type=attach_type,
        attach_btf_id=btf_id,
    )
    return bpf(syscalls.PROG_LOAD, load)


def _btf_id(name: str) -> int:
    """Number of a type of the running kernel. Raises LiveError."""
    found = _attachable().get(name)
    if found is None:
        raise LiveError(f"this kernel has no {name}", WITHOUT_TYPES)
    return found


@functools.cache
def _attachable() -> dict[str, int]:
    """Numbers of all types that programs are attached by, by name; finding them takes a twentieth of a second, so they are kept."""
    path = cache.path_of("types")
    kept: dict[str, int] | None = cache.load(path)
    if kept is None:
        try:
            btf = Btf.of_kernel()
        except (OSError, BtfError) as error:
            raise LiveError(f"the kernel carries no type information ({error})", WITHOUT_TYPES) from None
        kept = btf.ids_beginning(TRACEPOINT_TYPE, TYPEDEF) | btf.ids_beginning(ITERATOR_TYPE, FUNC)
        cache.store(path, kept)
    return kept


def tracepoint_number(category: str, event: str) -> int:
    """The number of a tracepoint in tracefs. Raises LiveError where tracefs cannot be read or has no such tracepoint."""
    folder = tracefs.folder()
    if folder is None:
        raise LiveError("tracefs is not mounted", "mount -t tracefs none /sys/kernel/tracing")
    try:
        return int((folder / "events" / category / event / "id").read_text())
    except (OSError, ValueError):
        raise LiveError(f"this kernel has no tracepoint {category}:{event}") from None


def _verdict(log: bytes) -> str:
    """The last line of the verifier's log that says why."""
    lines = [
        line for line in log.decode(errors="replace").splitlines() if line.strip() and not line.startswith(("processed", "verification"))
    ]
    return lines[-1].strip() if lines else "without saying why"


def _privilege_hint(error: OSError) -> str:
    return "run it as root, or with CAP_BPF and CAP_PERFMON" if syscalls.is_not_permitted(error) else ""
