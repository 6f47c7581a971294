"""Probe sets by name: which C each is made of, and where it hooks in. A set is loaded when somebody needs it, and costs nothing else."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csyspy.capture.live.call_events import call_kinds
from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.load import Loaded


@dataclass(frozen=True, slots=True)
class Hook:
    """A program, and the tracepoint that it runs at."""

    program: str
    tracepoint: str
    typed: bool = True
    """It loads from its arguments directly; preparing that takes the kernel a while, so what needs none of them goes without."""


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """Programs that belong together."""

    source: str
    """File under bpf/; sets of one file share its bytecode, but not its maps."""
    hooks: tuple[Hook, ...]
    prepare: Callable[[Loaded], None] | None = None
    """Fills maps before anything is attached."""


def _tell_kinds(loaded: Loaded) -> None:
    """What each call has to do with descriptors."""
    kinds = loaded.map("call_kinds")
    for number, kind in call_kinds().items():
        if number < kinds.entries:
            kinds.update(number.to_bytes(4, sys.byteorder), kind.to_bytes(4, sys.byteorder))


_TIMES: Final = (
    Hook("csp_call_start", "sys_enter"),
    Hook("csp_call_thread_end", "sched_process_exit", typed=False),
    Hook("csp_call_thread_exec", "sched_process_exec", typed=False),
)
_OF_SOCKETS: Final = (
    Hook("csp_socket_state", "inet_sock_set_state", typed=False),
    Hook("csp_runner_changes", "sched_process_exit", typed=False),
    Hook("csp_runner_changes", "sched_process_exec", typed=False),
)

_COARSE_CLOCK: Final = 6
"""CLOCK_MONOTONIC_COARSE (linux/time.h), which goes on with each of the kernel's ticks."""

PROBE_SETS: Final[Mapping[str, ProbeSet]] = {
    "tasks": ProbeSet("tasks.c", (Hook("csp_task_exit", "sched_process_exit"),)),
    "descriptors": ProbeSet("tasks.c", ()),
    "sockets": ProbeSet(
        "sockets.c", (Hook("csp_ip_send", "sock_send_length"), Hook("csp_ip_receive", "sock_recv_length"), *_OF_SOCKETS)
    ),
    "all_sockets": ProbeSet(
        "sockets.c", (Hook("csp_socket_send", "sock_send_length"), Hook("csp_socket_receive", "sock_recv_length"), *_OF_SOCKETS)
    ),
    "calls": ProbeSet("calls.c", (Hook("csp_call_exit", "sys_exit"),)),
    "latencies": ProbeSet("calls.c", (Hook("csp_call_timed", "sys_exit"), *_TIMES)),
    "cpus": ProbeSet("calls.c", (Hook("csp_cpu_timed", "sys_exit"), *_TIMES)),
    "failures": ProbeSet("calls.c", (Hook("csp_call_failed", "sys_exit"),)),
    "file_io": ProbeSet("file_io.c", (Hook("csp_file_io", "sys_exit"),)),
    "files": ProbeSet("files.c", (Hook("csp_file_call", "sys_exit"),), _tell_kinds),
    "drift": ProbeSet("drift.c", (Hook("csp_drift", "sched_process_exec"),)),
    "file_times": ProbeSet("files.c", (Hook("csp_file_call_timed", "sys_exit"), *_TIMES), _tell_kinds),
}


def defines() -> dict[str, int]:
    """Macros for the C of the sets: TICK_NS, the time between two of the kernel's ticks."""
    return {"TICK_NS": round(time.clock_getres(_COARSE_CLOCK) * 1e9)}


def attach(name: str) -> Loaded:
    """Load the probe set of that name and attach all its hooks; closing what is returned takes it out of the kernel.

    Raises LiveError where the kernel or this user cannot, KeyError where there is no such set."""
    chosen = PROBE_SETS[name]
    loaded = Loaded(compile_module(Path(chosen.source).stem, [Path(chosen.source)], defines()))
    try:
        if chosen.prepare is not None:
            chosen.prepare(loaded)
        for hook in chosen.hooks:
            (loaded.attach_btf if hook.typed else loaded.attach_raw)(hook.program, hook.tracepoint)
    except BaseException:
        loaded.close()
        raise
    return loaded
