"""Numbers of the kernel -> numbers of captures, by the names that both have (libs: driver/ppm_flag_helpers.h).

The kernel's numbers are those of x86-64 and of every architecture that takes the generic ones; the captures' stand in
csyspy/events/events.json under the name of the table.
"""

from typing import Final, NamedTuple

from csyspy.events import EVENT_TABLE


class Rule(NamedTuple):
    """Where ``value & mask == match``, the result gets the bits of ``out``."""

    mask: int
    match: int
    out: int


class Conversion(NamedTuple):
    """Rules tried in order; ``otherwise`` where none fits. Of an enumeration the first that fits is the last."""

    rules: tuple[Rule, ...]
    otherwise: int = 0
    first_only: bool = False


ALL: Final = (1 << 64) - 1
INT: Final = (1 << 32) - 1

_CLONE: Final = {
    "CLONE_VM": 0x100, "CLONE_FS": 0x200, "CLONE_FILES": 0x400, "CLONE_SIGHAND": 0x800, "CLONE_PTRACE": 0x2000, "CLONE_VFORK": 0x4000,
    "CLONE_PARENT": 0x8000, "CLONE_THREAD": 0x10000, "CLONE_NEWNS": 0x20000, "CLONE_SYSVSEM": 0x40000, "CLONE_SETTLS": 0x80000,
    "CLONE_PARENT_SETTID": 0x100000, "CLONE_CHILD_CLEARTID": 0x200000, "CLONE_UNTRACED": 0x800000, "CLONE_CHILD_SETTID": 0x1000000,
    "CLONE_NEWCGROUP": 0x2000000, "CLONE_NEWUTS": 0x4000000, "CLONE_NEWIPC": 0x8000000, "CLONE_NEWUSER": 0x10000000,
    "CLONE_NEWPID": 0x20000000, "CLONE_NEWNET": 0x40000000, "CLONE_IO": 0x80000000,
}  # fmt: skip
_OPEN: Final = {
    "O_CREAT": 0o100, "O_EXCL": 0o200, "O_TRUNC": 0o1000, "O_APPEND": 0o2000, "O_NONBLOCK": 0o4000, "O_DSYNC": 0o10000,
    "O_DIRECT": 0o40000, "O_LARGEFILE": 0o100000, "O_DIRECTORY": 0o200000, "O_CLOEXEC": 0o2000000, "O_SYNC": 0o4010000,
    "O_TMPFILE": 0o20200000,
}  # fmt: skip

BITS: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "open_flags": ("file_flags", _OPEN),
    "pipe_flags": ("file_flags", {"O_NONBLOCK": 0o4000, "O_DIRECT": 0o40000, "O_CLOEXEC": 0o2000000}),
    "clone_flags": ("clone_flags", _CLONE),
    "prot": ("prot_flags", {
        "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4, "PROT_SEM": 8, "PROT_GROWSDOWN": 1 << 24, "PROT_GROWSUP": 1 << 25,
    }),
    "mmap_flags": ("mmap_flags", {
        "MAP_SHARED": 1, "MAP_PRIVATE": 2, "MAP_FIXED": 0x10, "MAP_ANONYMOUS": 0x20, "MAP_32BIT": 0x40, "MAP_GROWSDOWN": 0x100,
        "MAP_DENYWRITE": 0x800, "MAP_EXECUTABLE": 0x1000, "MAP_LOCKED": 0x2000, "MAP_NORESERVE": 0x4000, "MAP_POPULATE": 0x8000,
        "MAP_NONBLOCK": 0x10000,
    }),
    "polls": ("poll_flags", {
        "POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4, "POLLERR": 8, "POLLHUP": 0x10, "POLLNVAL": 0x20, "POLLRDNORM": 0x40, "POLLRDBAND": 0x80,
        "POLLWRNORM": 0x100, "POLLWRBAND": 0x200, "POLLRDHUP": 0x2000,
    }),
    "flock": ("flock_flags", {"LOCK_SH": 1, "LOCK_EX": 2, "LOCK_NB": 4, "LOCK_UN": 8}),
    "access": ("access_flags", {"X_OK": 1, "W_OK": 2, "R_OK": 4}),
    "unlinkat": ("unlinkat_flags", {"AT_REMOVEDIR": 0x200}),
    "linkat": ("linkat_flags", {"AT_SYMLINK_FOLLOW": 0x400, "AT_EMPTY_PATH": 0x1000}),
    "fchownat": ("fchownat_flags", {"AT_SYMLINK_NOFOLLOW": 0x100, "AT_EMPTY_PATH": 0x1000}),
    "newfstatat": ("newfstatat_flags", {"AT_SYMLINK_NOFOLLOW": 0x100, "AT_NO_AUTOMOUNT": 0x800, "AT_EMPTY_PATH": 0x1000}),
    "execveat": ("execveat_flags", {"AT_EMPTY_PATH": 0x1000, "AT_SYMLINK_NOFOLLOW": 0x100}),
    "resolve": ("openat2_flags", {
        "RESOLVE_NO_XDEV": 1, "RESOLVE_NO_MAGICLINKS": 2, "RESOLVE_NO_SYMLINKS": 4, "RESOLVE_BENEATH": 8, "RESOLVE_IN_ROOT": 16,
        "RESOLVE_CACHED": 32,
    }),
    "splice": ("splice_flags", {"SPLICE_F_MOVE": 1, "SPLICE_F_NONBLOCK": 2, "SPLICE_F_MORE": 4, "SPLICE_F_GIFT": 8}),
    "semop": ("semop_flags", {"IPC_NOWAIT": 0o4000, "SEM_UNDO": 0x1000}),
    "semget": ("semget_flags", {"IPC_CREAT": 0o1000, "IPC_EXCL": 0o2000}),
    "epoll_create1": ("epoll_create1_flags", {"EPOLL_CLOEXEC": 0o2000000}),
    "memfd": ("memfd_create_flags", {"MFD_CLOEXEC": 1, "MFD_ALLOW_SEALING": 2, "MFD_HUGETLB": 4}),
    "pidfd_open": ("pidfd_open_flags", {"PIDFD_NONBLOCK": 0o4000}),
    "delete_module": ("delete_module_flags", {"O_NONBLOCK": 0o4000, "O_TRUNC": 0o1000}),
    "close_range": ("close_range_flags", {"CLOSE_RANGE_UNSHARE": 2, "CLOSE_RANGE_CLOEXEC": 4}),
    "mlockall": ("mlockall_flags", {"MCL_CURRENT": 1, "MCL_FUTURE": 2, "MCL_ONFAULT": 4}),
    "mlock2": ("mlock2_flags", {"MLOCK_ONFAULT": 1}),
    "umount": ("umount_flags", {"FORCE": 1, "DETACH": 2, "EXPIRE": 4, "NOFOLLOW": 8}),
    "io_uring_setup": ("io_uring_setup_flags", {
        "IORING_SETUP_IOPOLL": 1, "IORING_SETUP_SQPOLL": 2, "IORING_SETUP_SQ_AFF": 4, "IORING_SETUP_CQSIZE": 8, "IORING_SETUP_CLAMP": 16,
        "IORING_SETUP_ATTACH_RW": 32, "IORING_SETUP_R_DISABLED": 64,
    }),
    "io_uring_enter": ("io_uring_enter_flags", {
        "IORING_ENTER_GETEVENTS": 1, "IORING_ENTER_SQ_WAKEUP": 2, "IORING_ENTER_SQ_WAIT": 4, "IORING_ENTER_EXT_ARG": 8,
    }),
}  # fmt: skip
"""Conversion -> table of events.json, and name -> bits of the kernel."""

ENUMS: Final[dict[str, tuple[str, dict[str, int], int]]] = {
    "fcntl": ("fcntl_commands", {
        "F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4, "F_GETLK": 5, "F_SETLK": 6, "F_SETLKW": 7, "F_SETOWN": 8,
        "F_GETOWN": 9, "F_SETSIG": 10, "F_GETSIG": 11, "F_SETOWN_EX": 15, "F_GETOWN_EX": 16, "F_OFD_GETLK": 36, "F_OFD_SETLK": 37,
        "F_OFD_SETLKW": 38, "F_SETLEASE": 1024, "F_GETLEASE": 1025, "F_NOTIFY": 1026, "F_CANCELLK": 1029, "F_DUPFD_CLOEXEC": 1030,
        "F_SETPIPE_SZ": 1031, "F_GETPIPE_SZ": 1032,
    }, 0),
    "sockopt_level": ("sockopt_levels", {"SOL_SOCKET": 1, "SOL_TCP": 6}, 0),
    "sockopt": ("sockopt_options", {
        "SO_DEBUG": 1, "SO_REUSEADDR": 2, "SO_TYPE": 3, "SO_ERROR": 4, "SO_DONTROUTE": 5, "SO_BROADCAST": 6, "SO_SNDBUF": 7,
        "SO_RCVBUF": 8, "SO_KEEPALIVE": 9, "SO_OOBINLINE": 10, "SO_NO_CHECK": 11, "SO_PRIORITY": 12, "SO_LINGER": 13, "SO_BSDCOMPAT": 14,
        "SO_REUSEPORT": 15, "SO_PASSCRED": 16, "SO_PEERCRED": 17, "SO_RCVLOWAT": 18, "SO_SNDLOWAT": 19, "SO_RCVTIMEO": 20,
        "SO_SNDTIMEO": 21, "SO_SECURITY_AUTHENTICATION": 22, "SO_SECURITY_ENCRYPTION_TRANSPORT": 23,
        "SO_SECURITY_ENCRYPTION_NETWORK": 24, "SO_BINDTODEVICE": 25, "SO_ATTACH_FILTER": 26, "SO_DETACH_FILTER": 27, "SO_PEERNAME": 28,
        "SO_TIMESTAMP": 29, "SO_ACCEPTCONN": 30, "SO_PEERSEC": 31, "SO_SNDBUFFORCE": 32, "SO_RCVBUFFORCE": 33, "SO_PASSSEC": 34,
        "SO_TIMESTAMPNS": 35, "SO_MARK": 36, "SO_TIMESTAMPING": 37, "SO_PROTOCOL": 38, "SO_DOMAIN": 39, "SO_RXQ_OVFL": 40,
        "SO_WIFI_STATUS": 41, "SO_PEEK_OFF": 42, "SO_NOFCS": 43, "SO_LOCK_FILTER": 44, "SO_SELECT_ERR_QUEUE": 45, "SO_BUSY_POLL": 46,
        "SO_MAX_PACING_RATE": 47, "SO_BPF_EXTENSIONS": 48, "SO_INCOMING_CPU": 49, "SO_ATTACH_BPF": 50, "SO_MEMINFO": 55, "SO_COOKIE": 57,
        "SO_PEERGROUPS": 59,
    }, 0),
    "ptrace": ("ptrace_requests", {
        "PTRACE_TRACEME": 0, "PTRACE_PEEKTEXT": 1, "PTRACE_PEEKDATA": 2, "PTRACE_PEEKUSR": 3, "PTRACE_POKETEXT": 4, "PTRACE_POKEDATA": 5,
        "PTRACE_POKEUSR": 6, "PTRACE_CONT": 7, "PTRACE_KILL": 8, "PTRACE_SINGLESTEP": 9, "PTRACE_GETREGS": 12, "PTRACE_SETREGS": 13,
        "PTRACE_GETFPREGS": 14, "PTRACE_SETFPREGS": 15, "PTRACE_ATTACH": 16, "PTRACE_DETACH": 17, "PTRACE_GETFPXREGS": 18,
        "PTRACE_SETFPXREGS": 19, "PTRACE_OLDSETOPTIONS": 21, "PTRACE_SYSCALL": 24, "PTRACE_GET_THREAD_AREA": 25,
        "PTRACE_SET_THREAD_AREA": 26, "PTRACE_ARCH_PRCTL": 30, "PTRACE_SYSEMU": 31, "PTRACE_SYSEMU_SINGLESTEP": 32,
        "PTRACE_SINGLEBLOCK": 33, "PTRACE_SETOPTIONS": 0x4200, "PTRACE_GETEVENTMSG": 0x4201, "PTRACE_GETSIGINFO": 0x4202,
        "PTRACE_SETSIGINFO": 0x4203, "PTRACE_GETREGSET": 0x4204, "PTRACE_SETREGSET": 0x4205, "PTRACE_SEIZE": 0x4206,
        "PTRACE_INTERRUPT": 0x4207, "PTRACE_LISTEN": 0x4208, "PTRACE_PEEKSIGINFO": 0x4209, "PTRACE_GETSIGMASK": 0x420A,
        "PTRACE_SETSIGMASK": 0x420B,
    }, 0),
    "rlimit": ("rlimit_resources", {
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5, "RLIMIT_NPROC": 6,
        "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10, "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12,
        "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
    }, 255),
    "shutdown": ("shutdown_how", {"SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2}, 0xFF),
    "whence": ("lseek_whence", {"SEEK_SET": 0, "SEEK_CUR": 1, "SEEK_END": 2}, 0),
    "semctl": ("semctl_commands", {
        "IPC_RMID": 0, "IPC_SET": 1, "IPC_STAT": 2, "IPC_INFO": 3, "GETPID": 11, "GETVAL": 12, "GETALL": 13, "GETNCNT": 14, "GETZCNT": 15,
        "SETVAL": 16, "SETALL": 17, "SEM_STAT": 18, "SEM_INFO": 19,
    }, 0),
    "quota_fmt": ("quotactl_quota_fmts", {"QFMT_VFS_OLD": 1, "QFMT_VFS_V0": 2, "QFMT_VFS_V1": 4}, 1),
}  # fmt: skip
"""Conversion -> table of events.json, name -> number of the kernel, and what other numbers become."""

_FUTEX: Final = (
    "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_FD", "FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP", "FUTEX_LOCK_PI", "FUTEX_UNLOCK_PI",
    "FUTEX_TRYLOCK_PI", "FUTEX_WAIT_BITSET", "FUTEX_WAKE_BITSET", "FUTEX_WAIT_REQUEUE_PI", "FUTEX_CMP_REQUEUE_PI",
)  # fmt: skip
_QUOTA: Final = {
    "Q_SYNC": 0x800001, "Q_QUOTAON": 0x800002, "Q_QUOTAOFF": 0x800003, "Q_GETFMT": 0x800004, "Q_GETINFO": 0x800005, "Q_SETINFO": 0x800006,
    "Q_GETQUOTA": 0x800007, "Q_SETQUOTA": 0x800008, "Q_XQUOTAON": 0x5801, "Q_XQUOTAOFF": 0x5802, "Q_XGETQUOTA": 0x5803,
    "Q_XSETQLIM": 0x5804, "Q_XGETQSTAT": 0x5805, "Q_XQUOTARM": 0x5806, "Q_XQUOTASYNC": 0x5807,
}  # fmt: skip


def _names(table: str) -> dict[str, int]:
    return {entry["name"]: entry["value"] for entry in EVENT_TABLE["tables"][table]}


def _bits(table: str, natives: dict[str, int]) -> tuple[Rule, ...]:
    values = _names(table)
    return tuple(Rule(native, native, values[name]) for name, native in natives.items())


def _enum(table: str, natives: dict[str, int], otherwise: int) -> Conversion:
    values = _names(table)
    return Conversion(tuple(Rule(INT, native, values[name]) for name, native in natives.items()), otherwise, True)


def conversions() -> dict[str, Conversion]:
    """All conversions by name."""
    made = {name: Conversion(_bits(table, natives)) for name, (table, natives) in BITS.items()}
    made |= {name: _enum(table, natives, otherwise) for name, (table, natives, otherwise) in ENUMS.items()}
    files, futex, quota = _names("file_flags"), _names("futex_operations"), _names("quotactl_cmds")
    access = (Rule(3, 0, files["O_RDONLY"]), Rule(3, 1, files["O_WRONLY"]), Rule(3, 2, files["O_RDWR"]), Rule(3, 3, files["O_RDONLY"]))
    made["open_flags"] = Conversion(access + made["open_flags"].rules)
    made["futex"] = Conversion(
        (
            *(Rule(127, i, futex[name]) for i, name in enumerate(_FUTEX)),
            Rule(128, 128, futex["FUTEX_PRIVATE_FLAG"]),
            Rule(256, 256, futex["FUTEX_CLOCK_REALTIME"]),
        )
    )
    made["quota_cmd"] = Conversion(tuple(Rule(0xFFFFFF00, number << 8 & INT, quota[name]) for name, number in _QUOTA.items()), 0, True)
    made["quota_type"] = Conversion((Rule(0xFF, 0, 1), Rule(0xFF, 1, 2)), 0, True)
    return made
