"""How much of the kernel csyspy may see here: three tiers, the best that is possible, or the one that was asked for."""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from csyspy.capture.live import bcc_module, tracefs
from csyspy.capture.live.btf import VMLINUX
from csyspy.errors import LiveError, UsageError

SYS_PTRACE, SYS_ADMIN, PERFMON, BPF = 19, 21, 38, 39
LOCKDOWN: Final = Path("/sys/kernel/security/lockdown")


class Tier(Enum):
    """What events and tables are taken from; the value is what the user types."""

    A = "A"
    """Raw tracepoints and iterators, with the kernel's type information."""
    B = "B"
    """Tracepoints with what their arguments tell; the rest from /proc."""
    C = "C"
    """/proc alone: no events, no bytes of sockets, no errors."""


@dataclass(frozen=True, slots=True)
class Possibilities:
    """What this machine and this user allow."""

    privileged: bool
    """May load programs: CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON."""
    sees_processes: bool
    """May look into other users' processes: CAP_SYS_PTRACE, or the root of all."""
    btf: bool
    tracefs: bool
    bcc: str
    """Folder of the distribution's bcc; empty where it is not installed."""
    lockdown: str
    """``none``, ``integrity`` or ``confidentiality``; empty where the kernel does not say."""


def possibilities() -> Possibilities:
    """Look at the machine. Loads nothing."""
    held = capabilities()
    admin = bool(held >> SYS_ADMIN & 1)
    return Possibilities(
        privileged=admin or bool(held >> BPF & 1 and held >> PERFMON & 1),
        sees_processes=bool(held >> SYS_PTRACE & 1),
        btf=os.access(VMLINUX, os.R_OK),
        tracefs=tracefs.folder() is not None,
        bcc=bcc_module.found_at(),
        lockdown=_lockdown(),
    )


def choose(wanted: str = "") -> Tier:
    """The best tier possible here, or the ``wanted`` one. Raises LiveError with what is missing where that is not possible."""
    if wanted not in ("", *(tier.value for tier in Tier)):
        raise UsageError(f"--tier {wanted}: there is no such tier", "A, B or C; `csyspy doctor` tells what each needs")
    here = possibilities()
    if wanted:
        tier = Tier(wanted)
        missing = lacking(tier, here)
        if missing is not None:
            raise missing
        return tier
    return next(tier for tier in Tier if lacking(tier, here) is None)


def second_best(tier: Tier, wanted: str) -> str:
    """What to say of a tier that nobody asked for and that sees less than A; empty where there is nothing to say."""
    fault = None if wanted or tier is Tier.A else lacking(Tier.A, possibilities())
    sees = {Tier.B: "tracepoints and /proc", Tier.C: "/proc alone"}
    return f"seen through {sees[tier]} (tier {tier.value}): {fault.message}; {fault.hint}" if fault is not None else ""


def choose_for_events(wanted: str = "") -> Tier:
    """As `choose`, of the tiers that have events. Raises LiveError with what is missing where that is not possible."""
    if wanted == Tier.C.value:
        raise LiveError("--tier C reads /proc alone, which has no events", "--tier A or B has them; `csyspy doctor` tells what each needs")
    if wanted:
        return choose(wanted)
    here = possibilities()
    faults = {tier: lacking(tier, here) for tier in (Tier.A, Tier.B)}
    for tier, fault in faults.items():
        if fault is None:
            return tier
    fault = faults[Tier.A]
    assert fault is not None
    raise fault


def lacking(tier: Tier, here: Possibilities) -> LiveError | None:
    """What a tier lacks here; None where it is possible."""
    if tier is Tier.C:
        return None
    if not here.privileged:
        return LiveError("live capture needs root, or CAP_BPF and CAP_PERFMON", "sudo csyspy")
    if here.lockdown == "confidentiality":
        return LiveError("the kernel is locked down (confidentiality): programs may not read memory", "boot with lockdown=integrity")
    if not here.bcc:
        return LiveError("live capture needs bcc", bcc_module.HINT)
    if tier is Tier.A and not here.btf:
        return LiveError("the kernel carries no type information (BTF)", "csyspy --tier B does without")
    if tier is Tier.B and not here.tracefs:
        return LiveError("tracefs is not mounted", "mount -t tracefs none /sys/kernel/tracing")
    return None


def capabilities() -> int:
    """The effective capabilities of this process, a bit each; 0 where /proc does not say."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0"), 16)


def _lockdown() -> str:
    try:
        return LOCKDOWN.read_text().partition("[")[2].partition("]")[0]
    except OSError:
        return ""
