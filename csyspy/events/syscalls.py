"""Names of syscall codes: what events without a type of their own carry instead."""

from csyspy.events import EVENT_TABLE


def syscall_name(code: int, *, old: bool = False) -> str:
    """The name of a syscall code; with ``old`` the one that sysdig 0.29.3 prints. `<unknown>` where there is none."""
    names = {**EVENT_TABLE["ppm_sc"], **(EVENT_TABLE["ppm_sc_0_29_3"] if old else {})}
    return str(names.get(str(code), "<unknown>"))
