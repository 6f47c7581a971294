"""Names of syscall codes: what events without a type of their own carry instead."""

from csyspy.events import EVENT_TABLE

NAMES_0_29_3 = {
    0: "<unknown>",
    283: "newselect",
    292: "llseek",
    298: "sigreturn",
    305: "setuid",
    306: "getuid",
    307: "setgid",
    308: "geteuid",
    309: "getgid",
    310: "setresuid",
    311: "setresgid",
    312: "getresuid",
    313: "getresgid",
}
"""Codes that sysdig 0.29.3 names otherwise than newer libs do (libs of that time: userspace/libscap/syscall_info_table.c)."""


def syscall_name(code: int, *, old: bool = False) -> str:
    """The name of a syscall code; with ``old`` the one that sysdig 0.29.3 prints. `<unknown>` where there is none."""
    if old and code in NAMES_0_29_3:
        return NAMES_0_29_3[code]
    return str(EVENT_TABLE["ppm_sc"].get(str(code), "<unknown>"))
