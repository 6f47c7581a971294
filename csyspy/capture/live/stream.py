"""The running kernel as a capture without an end: what bpf/stream.c sends, in the encoding of capture files.

To whoever walks it, a `LiveSource` is a file (csyspy.capture.source.Source). Its first chunk is everything that stands before the events.
"""

import os
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csyspy.capture.live.beginning import beginning, boot_epoch_ns, running_threads, threads
from csyspy.capture.live.call_table import CALLS
from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.cpu_times import CpuTimes
from csyspy.capture.live.encode import Encoder
from csyspy.capture.live.environments import LargeEnvironments, environment
from csyspy.capture.live.initial_threads import InitialThread
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.losses import Gaps, losses
from csyspy.capture.live.maps import possible_cpus
from csyspy.capture.live.overhead import Meter, Overhead
from csyspy.capture.live.params import FETCHES, parse_fetch
from csyspy.capture.live.prefilter import ContainerOf, Prefilter
from csyspy.capture.live.proc_cpu_times import CpuTime, ProcCpuTimes
from csyspy.capture.live.proc_facts import ProcFacts
from csyspy.capture.live.ring import RingReader
from csyspy.capture.live.tier import Tier
from csyspy.capture.live.wanted import MAX_CALLS, WantedCall, tracepoints, wanted_calls
from csyspy.errors import LiveError, UsageError
from csyspy.events import EVENT_TABLE
from csyspy.events.kernel_filter import KernelFilter

SNAPLEN: Final = 80
MAX_SNAPLEN: Final = 65_000
SHORT_SNAPLEN: Final = 4096
"""Up to here records are built in a small place."""
DEFAULT_PRESET: Final = 4
MAX_OPS: Final = 6
SMALL: Final = 80
"""Bytes of a buffer in a record of fixed size (bpf/stream_record.h)."""
STATE, PROCESS, SMALL_FETCH, HAS_FD = 1, 2, 4, 8
POLL_S: Final = 0.01
"""Between two looks at the ring while events come."""
PROCINFO_S: Final = 1.0
FIRST_CHUNKS: Final = 16
"""Of events that are read before the process list is written: more than a ring holds, but an end."""
TRACEPOINTS: Final = (
    ("stream_tracepoint_new_task", "task", "task_newtask"),
    ("stream_tracepoint_enter", "raw_syscalls", "sys_enter"),
    ("stream_tracepoint_exit", "raw_syscalls", "sys_exit"),
    ("stream_tracepoint_task_exit", "sched", "sched_process_exit"),
    ("stream_tracepoint_signal", "signal", "signal_deliver"),
)
"""Program, category and event of tier B (bpf/stream_tracepoints.h)."""
REST_S: Final = 5.0
"""Without a process of the name that is waited for, after which no system call is looked at any more."""
LEARN_S: Final = 0.1
"""Between two looks at cgroups whose container the kernel does not know."""


def ring_bytes(preset: int) -> int:
    """Size of the ring that a preset of Falco's stands for, 1 MiB for 1 and twice as much for each step (falco.yaml: buf_size_preset)."""
    return 1 << 19 + preset


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What a live stream is asked for."""

    snaplen: int = SNAPLEN
    """Bytes of each buffer that are kept."""
    ring_bytes: int = ring_bytes(DEFAULT_PRESET)
    switches: bool = False
    """Also tell of each switch between threads."""
    page_faults: bool = False
    duration_s: int = 0
    """The source ends after so long, whether or not there were events; 0: never."""
    enters: bool = False
    """Tell of the begin of each call too, at its own time; without, enter events have the time of the exit. Tier A only."""
    known_to_sysdig: bool = False
    """System calls that sysdig 0.29.3 has no event for come as generic events, without their arguments: it would pass over others."""
    large_environment: bool = False
    """Read environments above 4 KiB from /proc."""
    tier: Tier = Tier.A
    """A or B: with the kernel's type information, or without."""
    count_runs: bool = False
    """Measure how long each program runs, which costs each run some 20 ns more."""
    kernel_filter: KernelFilter | None = None
    """What the kernel may leave out; None: everything is wanted."""
    follow_fds: bool = True
    """Descriptors are shown or tested, so that calls which change them are wanted, too."""
    container_of: ContainerOf | None = None
    """Whose container a process is in, for filters that ask."""


class LiveSource:
    """Events of the running kernel from its making on. Raises LiveError where that is not possible here."""

    def __init__(self, options: StreamOptions) -> None:
        check(options)
        self.offset = 0
        self.name = "live"
        self.total_bytes = 0
        self._closed = False
        kernel = options.kernel_filter
        prefilter = Prefilter(kernel, options.container_of, follow_fds=options.follow_fds) if kernel is not None else None
        self._wanted = wanted_calls(prefilter, options.follow_fds)
        self._prefilter = prefilter if options.tier is Tier.A else None  # its facts are read by the kernel's types
        self._single_calls = tracepoints(self._prefilter, self._wanted)
        self._loaded = Loaded(
            compile_module(
                "stream",
                [*(self._prefilter.sources if self._prefilter is not None else ()), Path("stream.c")],
                defines(options, single_calls=bool(self._single_calls)),
                types=options.tier is Tier.A,
            ),
            {"ring": options.ring_bytes, "scratches": possible_cpus()},
        )
        self._options = options
        self._waiting = self._begun = False
        self._before: dict[int, InitialThread] = {}
        self._absent_s = self._next_learn_s = 0.0
        self._meter = Meter(count_runs=options.count_runs)
        self._encoder = Encoder(boot_epoch_ns(), options.enters and options.tier is Tier.A, options.known_to_sysdig)
        self._ring = RingReader(self._loaded.map("ring").fd, options.ring_bytes)
        self._ring_bytes = options.ring_bytes
        self._gaps = Gaps(self._loaded.map("counters"))
        self._ends_s = time.monotonic() + options.duration_s if options.duration_s else float("inf")
        self._next_procinfo_s = time.monotonic() + PROCINFO_S
        self._held = b""
        """Events that happened while the first chunk was made, for the next."""
        self._drained = False
        self._cpu_times, self._of_proc = CpuTimes(), ProcCpuTimes()
        try:
            self._fill_tables()
            self._start()
        except BaseException:
            self.close()
            raise

    def _fill_tables(self) -> None:
        self._set_waiting(False)
        calls = self._loaded.map("calls")
        for nr, entry in call_entries(self._wanted).items():
            calls.update(struct.pack("<I", nr), entry)

    def _set_waiting(self, waiting: bool) -> None:
        self._waiting = waiting
        values = struct.pack("<III4x", os.getpid(), self._options.snaplen, waiting)
        wanted = sum(1 << nr for nr in self._wanted if nr < MAX_CALLS).to_bytes(MAX_CALLS // 8, "little")
        self._loaded.map("settings").update(struct.pack("<I", 0), values + wanted)

    def _start(self) -> None:
        """Hook in; only where programs begin and end, where nothing can pass before one of certain names is there."""
        if self._prefilter is not None:
            self._prefilter.start(self._loaded)
            if self._prefilter.waits and not self._prefilter.present(self._loaded):
                self._wait()
                return
        self._attach()

    def _attach(self) -> None:
        options = self._options
        if options.tier is Tier.A:
            self._prepare_calls()  # which takes longest
            self._of_kernel()  # loads its program, which would otherwise keep the reader from the first events
        self._encoder.note_ends(True)
        if not self._waiting:
            self._look_before()
        if options.tier is Tier.B:
            self._encoder.fill_by(ProcFacts(self._encoder.name_cgroups, environment if options.large_environment else None))
            self._attach_tracepoints(options)
            return
        if options.large_environment:
            self._encoder.fill_by(LargeEnvironments())
        self._loaded.attach_raw("stream_new_task", "task_newtask")
        if options.enters:
            self._loaded.attach_btf("stream_enter", "sys_enter")
        self._attach_calls()
        self._loaded.attach_raw("stream_task_exit", "sched_process_exit")
        self._loaded.attach_raw("stream_signal", "signal_deliver")
        if options.switches:
            self._loaded.attach_raw("stream_switch", "sched_switch")
        if options.page_faults:
            self._loaded.attach_raw("stream_fault", "page_fault_user")
            self._loaded.attach_raw("stream_fault", "page_fault_kernel")

    def _look_before(self) -> None:
        """Note who is there, for those that are gone when the list is made."""
        self._before = {thread.tid: thread for thread in threads()}

    def _attach_tracepoints(self, options: StreamOptions) -> None:
        for program, category, event in TRACEPOINTS:
            self._loaded.attach_tracepoint(program, category, event)
        if options.switches:
            self._loaded.attach_tracepoint("stream_tracepoint_switch", "sched", "sched_switch")
        if options.page_faults:
            self._loaded.attach_tracepoint("stream_tracepoint_fault", "exceptions", "page_fault_user")
            self._loaded.attach_tracepoint("stream_tracepoint_fault", "exceptions", "page_fault_kernel")

    def _prepare_calls(self) -> None:
        """Load what looks at system calls: the tracepoints of single calls, where few are wanted; else that of all calls."""
        loaded = self._loaded
        tells = self._prefilter is not None and self._prefilter.marks_newcomers
        if self._single_calls:
            loaded.load_tracepoint("stream_call")
            self._chain("call_processes", loaded.load_tracepoint("stream_call_process"))
            if tells:
                self._chain("call_inherited", loaded.load_tracepoint("stream_call_inherited"))
        else:
            loaded.load_btf("stream_exit", "sys_exit")
            self._chain("processes", loaded.load_btf("stream_process", "sys_exit"))
            if tells:
                self._chain("inherited", loaded.load_btf("stream_inherited", "sys_exit"))

    def _chain(self, table: str, program: int) -> None:
        """Let a program be the one that others go on with by way of ``table``."""
        self._loaded.map(table).update(struct.pack("<I", 0), struct.pack("<I", program))

    def _attach_calls(self) -> None:
        self._prepare_calls()
        try:
            for name in self._single_calls:
                self._loaded.attach_tracepoint("stream_call", "syscalls", f"sys_exit_{name}")
        except LiveError:  # no tracefs, or another kernel's names
            self._loaded.detach("stream_call")
            self._single_calls = []
            self._prepare_calls()
        if not self._single_calls:
            self._loaded.attach_btf("stream_exit", "sys_exit")

    def _wait(self) -> None:
        """Look at nothing but where programs begin and end, until one of a certain name does."""
        self._set_waiting(True)
        if self._prefilter is not None and self._prefilter.marks_newcomers:
            self._chain("exec_inherited", self._loaded.load_raw("stream_exec_inherited"))
        self._loaded.attach_raw("stream_exec", "sched_process_exec")
        self._prepare_calls()

    def _stop_waiting(self) -> bool:
        """Hook in everything, if what was waited for has come."""
        assert self._prefilter is not None
        if not self._prefilter.wait(self._loaded, POLL_S):
            return False
        self._attach()
        self._set_waiting(False)
        self._loaded.detach("stream_exec")
        self._look_before()  # only now: it takes longer than many a program runs
        return True

    def _rest(self) -> None:
        """Wait again, if all that was waited for is gone. What comes then stands in a section of its own, with tables of that time."""
        assert self._prefilter is not None
        if self._prefilter.present(self._loaded):
            self._absent_s = 0.0
            return
        self._absent_s += PROCINFO_S
        if self._absent_s < REST_S:
            return
        self._absent_s = 0.0
        for program in self._loaded.attached():
            if program.startswith("stream_"):
                self._loaded.detach(program)
        self._encoder.drain(self._ring)
        self._prefilter.forget_arrivals(self._loaded)
        self._wait()
        self._begun = False

    # --- csyspy.capture.source.Source ---

    def read(self) -> memoryview | None:
        """The next chunk, good until the next call; empty where nothing happened for POLL_S.

        None once the source is closed or its time is over."""
        if self._held:
            held, self._held = self._held, b""
            return self._given(memoryview(held))
        ended = self._closed or time.monotonic() >= self._ends_s
        if ended and (self._closed or self.offset):
            return None
        if self._waiting and not ended and not self._stop_waiting():
            return memoryview(b"")
        if not self._begun:
            self._begun = True
            first, self._held = self._first_chunk()
            if ended:  # and nothing happened: a capture without events is none
                while not self._procinfo():
                    pass
                self._held += bytes(self._encoder.take())
            if self._options.duration_s and not ended:  # to hook in and to look round may take its time
                self._ends_s = time.monotonic() + self._options.duration_s
            return self._given(memoryview(first))
        more = self._encoder.drain(self._ring)
        if not more and self._drained:
            time.sleep(POLL_S)
            more = self._encoder.drain(self._ring)
        self._drained = not more
        self._tell_gaps()
        now_s = time.monotonic()
        if now_s >= self._next_procinfo_s and self._procinfo() and self._prefilter is not None and self._prefilter.waits:
            self._rest()
        if self._prefilter is not None and now_s >= self._next_learn_s:
            self._prefilter.learn_containers(self._loaded)
            self._next_learn_s = now_s + LEARN_S
        return self._given(self._encoder.take())

    def _first_chunk(self) -> tuple[bytes, bytes]:
        """(the beginning, what happened while it was made). Threads that ended by then are in its list as they were before the hooks."""
        running = running_threads()
        events = []
        for _ in range(FIRST_CHUNKS):
            more = self._encoder.drain(self._ring)
            events.append(bytes(self._encoder.take()))
            if not more:
                break
        gone = [thread for tid, thread in self._before.items() if tid in self._encoder.ended]
        self._before = {}
        self._encoder.note_ends(False)
        return beginning(self._encoder.epoch_ns, running, gone), b"".join(events)

    def _given(self, chunk: memoryview) -> memoryview:
        self.offset += len(chunk)
        return chunk

    def next_file(self) -> bool:
        """False: there is only this one."""
        return False

    def progress(self) -> float:
        """0: it has no end."""
        return 0.0

    def close(self) -> None:
        """Detach everything; reading on gives the end."""
        self._closed = True
        self._ring.close()
        self._loaded.close()

    # --- what it costs ---

    def attached(self) -> list[str]:
        """Programs that run in the kernel at present."""
        return self._loaded.attached()

    @property
    def sees_less(self) -> str:
        """What is to be said of a tier below A; empty in A."""
        return "" if self._options.tier is Tier.A else f", tier {self._options.tier.value}: without what only the kernel's structures tell"

    def overhead(self) -> Overhead:
        """The cost of watching so far. Asked for before the source is closed."""
        return self._meter.read(
            events=self._ring.records,
            drops=tuple(entry.lost for entry in losses(self._loaded.map("counters"))),
            ring_bytes=self._ring_bytes,
            ring_peak_bytes=self._ring.peak_bytes,
            programs=self._loaded.program_fds(),
        )

    def _tell_gaps(self) -> None:
        """A drop event behind the last event before each loss."""
        self._gaps.look(self._ring.records)
        for ratio in self._gaps.passed(self._encoder.last_ts_ns - self._encoder.epoch_ns):
            self._encoder.drop(ratio)

    def _procinfo(self) -> bool:
        """One event for each process with its CPU time (libs: userspace/libsinsp/sinsp.cpp, get_procs_cpu_from_driver).

        False where some of the times have to be asked for by another call: the ring is to be read in between."""
        times = self._of_kernel() if self._options.tier is Tier.A else self._of_proc.more()
        if times is None:
            return False
        self._next_procinfo_s = time.monotonic() + PROCINFO_S
        self._encoder.procinfo(time.time_ns(), times)
        return True

    def _of_kernel(self) -> list[CpuTime]:
        """CPU times of all processes by one pass over the kernel's tasks: a fiftieth of what /proc takes."""
        found: list[CpuTime] = self._cpu_times.of_pass(self._loaded.iterate("stream_cpu_times", "task"))
        return found


def defines(options: StreamOptions, *, single_calls: bool) -> dict[str, int | str]:
    """Macros that bpf/stream.c is compiled with; ``single_calls``: for tracepoints of single calls, too."""
    found: dict[str, int | str] = {}
    if options.snaplen > SHORT_SNAPLEN:
        found["SNAP_ROOM"] = 65536
    if options.enters and options.tier is Tier.A:
        found["WITH_ENTERS"] = 1
    if single_calls:
        found["WITH_SINGLE_CALLS"] = 1
    return found


def check(options: StreamOptions) -> None:
    """Raises UsageError for what cannot be."""
    if not 0 <= options.snaplen <= MAX_SNAPLEN:
        raise UsageError(f"-s {options.snaplen}: at most {MAX_SNAPLEN} bytes of a buffer can be kept")
    if options.ring_bytes < 1 << 16 or options.ring_bytes & (options.ring_bytes - 1):
        raise UsageError("the ring's size has to be a power of two, 64 KiB at least")


def call_entries(wanted: Mapping[int, WantedCall]) -> Mapping[int, bytes]:
    """System call number -> struct call (bpf/stream_record.h)."""
    names = {row["nr"]: row["name"] for row in EVENT_TABLE["syscalls_x86_64"]}
    return {nr: _entry(names.get(nr, ""), wanted.get(nr)) for nr in range(MAX_CALLS)}


def _entry(name: str, wanted: WantedCall | None) -> bytes:
    if wanted is None:
        return bytes(8 + 4 * MAX_OPS)
    call = CALLS.get(name)
    ops = parse_fetch(call.fetch) if call is not None else []
    flags = (STATE if wanted.is_state else 0) | (HAS_FD if wanted.has_fd else 0)
    if any(kind == FETCHES.index("process") for kind, _, _, _ in ops):
        flags |= PROCESS
    if len(ops) == 1 and call is not None and call.fetch in ("buffer_in:1,2", "buffer_out:1"):
        flags |= SMALL_FETCH
    packed = b"".join(struct.pack("<BBBB", *op) for op in ops)
    return struct.pack("<BBH", len(ops), flags, 0) + packed.ljust(4 * MAX_OPS, b"\0") + struct.pack("<I", wanted.clauses)
