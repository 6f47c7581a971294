"""System calls as data: what the kernel side fetches for each, and how the parameters of its two events are made of it.

A row is ``name: Call(fetch, enter, exit, event)``. Facts: `libs: driver/fillers_table.c`, `driver/ppm_fillers.c`; the events are the newest
versions that sysdig 0.29.3 knows, so that it reads what csyspy writes, and newer tools convert them (``event`` names the one that is taken
where csyspy/events/events.json pairs the call with a younger one).

Words of ``fetch`` (bpf/stream_fetch.h), up to six: ``string:1`` fetches what argument 1 points at, ``buffer_in:1,2`` a buffer and the
argument with its size, and so on. The things fetched are numbered from 0.

Words of ``enter`` and ``exit``, one for each parameter of the event, whose type gives the width:

    a2  d0  ret  -1      an argument as it is, as a signed 32-bit number; the result; a constant
    text:0  bytes:1+8    a fetched string; fetched bytes, from the eighth
    u32:0+4              a number in what was fetched, with ``=-1`` behind it in place of 0 where it is missing
    process.uid  file:2.ino  socket:1.backlog   a member of fetched facts
    prot(a2)             converted, by csyspy.capture.live.native
    dyn1:a3              preceded by the number of its type in a dynamic parameter
    @tid  @tuple:0       made by csyspy/capture/live/encode.pyx (csyspy.capture.live.params.SPECIALS)
"""

from typing import Final, NamedTuple


class Call(NamedTuple):
    """A row of the table."""

    fetch: str = ""
    enter: str = ""
    exit: str = "ret"
    event: str = ""


_PROCESS: Final = (
    "ret @first:1 @rest:1 @tid @pid process.parent @empty process.fd_limit process.major_faults process.minor_faults process.size_kb"
    " process.rss_kb process.swap_kb process.comm @cgroups"
)
_CLONE: Final = _PROCESS + " @clone_flags process.uid process.gid process.vtid process.vpid @boot:40"
_EXEC: Final = (
    _PROCESS + " bytes:2 process.tty process.vpgid process.login_uid @exe_flags process.cap_inheritable process.cap_permitted"
    " process.cap_effective process.ino @time:80,108 @time:88,112 process.uid @path:4 process.pgid process.gid"
)
_MEMORY: Final = "ret memory:0.size_kb memory:0.rss_kb memory:0.swap_kb"
_IDS: Final = "ret u32:0+0 u32:1+0 u32:2+0"

CALLS: Final[dict[str, Call]] = {
    # files
    "open": Call(
        "string:0 file:ret",
        "text:0 open_flags(a1) @open_mode:2,1",
        "ret text:0 open_flags(a1) @open_mode:2,1 device(file:1.dev) file:1.ino",
    ),
    "openat": Call(
        "string:1 file:ret",
        "d0 text:0 open_flags(a2) @open_mode:3,2",
        "ret d0 text:0 open_flags(a2) @open_mode:3,2 device(file:1.dev) file:1.ino",
    ),
    "openat2": Call(
        "string:1 bytes:2,24 file:ret",
        "d0 text:0 open_flags(u64:1+0) u32:1+8 resolve(u64:1+16)",
        "ret d0 text:0 open_flags(u64:1+0) u32:1+8 resolve(u64:1+16) device(file:2.dev) file:2.ino",
    ),
    "creat": Call("string:0 file:ret", "text:0 a1", "ret text:0 a1 device(file:1.dev) file:1.ino"),
    "open_by_handle_at": Call("file:ret", "", "ret d0 open_flags(a2) @empty device(file:0.dev) file:0.ino"),
    "close": Call("", "d0"),
    "close_range": Call("", "", "ret a0 a1 close_range(a2)"),
    "read": Call("buffer_out:1", "d0 a2", "ret bytes:0"),
    "write": Call("buffer_in:1,2", "d0 a2", "ret bytes:0"),
    "pread64": Call("buffer_out:1", "d0 a2 a3", "ret bytes:0"),
    "pwrite64": Call("buffer_in:1,2", "d0 a2 a3", "ret bytes:0"),
    "readv": Call("vector:1,2,out", "d0", "ret u32:0+0 bytes:0+8"),
    "writev": Call("vector:1,2", "d0 u32:0+0", "ret bytes:0+8"),
    "preadv": Call("vector:1,2,out", "d0 a3", "ret u32:0+0 bytes:0+8"),
    "pwritev": Call("vector:1,2", "d0 u32:0+0 a3", "ret bytes:0+8"),
    "lseek": Call("", "d0 a1 whence(a2)"),
    "dup": Call("", "d0", "ret", "PPME_SYSCALL_DUP"),
    "dup2": Call("", "d0", "ret", "PPME_SYSCALL_DUP"),
    "dup3": Call("", "d0", "ret", "PPME_SYSCALL_DUP"),
    "fcntl": Call("", "d0 fcntl(a1)"),
    "ioctl": Call("", "d0 a1 a2"),
    "flock": Call("", "d0 flock(a1)"),
    "pipe": Call("bytes:0,8 file_at:0", "", "ret i32:0+0=-1 i32:0+4=-1 file:1.ino"),
    "pipe2": Call("bytes:0,8 file_at:0", "", "ret i32:0+0=-1 i32:0+4=-1 file:1.ino", "PPME_SYSCALL_PIPE"),
    "stat": Call("string:0", "", "ret text:0"),
    "lstat": Call("string:0", "", "ret text:0"),
    "fstat": Call("", "d0"),
    "newfstatat": Call("string:1", "", "ret d0 text:0 newfstatat(a3)"),
    "access": Call("string:0", "access(a1)", "ret text:0"),
    "getcwd": Call("string:0", "", "ret text:0"),
    "chdir": Call("string:0", "", "ret text:0"),
    "fchdir": Call("", "d0"),
    "chroot": Call("string:0", "", "ret text:0"),
    "rename": Call("string:0 string:1", "", "ret text:0 text:1"),
    "renameat": Call("string:1 string:3", "", "ret d0 text:0 d2 text:1"),
    "renameat2": Call("string:1 string:3", "", "ret d0 text:0 d2 text:1 a4"),
    "link": Call("string:0 string:1", "", "ret text:0 text:1"),
    "linkat": Call("string:1 string:3", "", "ret d0 text:0 d2 text:1 linkat(a4)"),
    "symlink": Call("string:0 string:1", "", "ret text:0 text:1"),
    "symlinkat": Call("string:0 string:2", "", "ret text:0 d1 text:1"),
    "unlink": Call("string:0", "", "ret text:0"),
    "unlinkat": Call("string:1", "", "ret d0 text:0 unlinkat(a2)"),
    "mkdir": Call("string:0", "a1", "ret text:0"),
    "mkdirat": Call("string:1", "", "ret d0 text:0 a2"),
    "rmdir": Call("string:0", "", "ret text:0"),
    "mknod": Call("string:0", "", "ret text:0 a1 a2"),
    "mknodat": Call("string:1", "", "ret d0 text:0 a2 a3"),
    "chmod": Call("string:0", "", "ret text:0 mode(a1)"),
    "fchmod": Call("", "", "ret d0 mode(a1)"),
    "fchmodat": Call("string:1", "", "ret d0 text:0 mode(a2)"),
    "chown": Call("string:0", "", "ret text:0 a1 a2"),
    "lchown": Call("string:0", "", "ret text:0 a1 a2"),
    "fchown": Call("", "", "ret d0 a1 a2"),
    "fchownat": Call("string:1", "", "ret d0 text:0 a2 a3 fchownat(a4)"),
    "getdents": Call("", "d0"),
    "getdents64": Call("", "d0"),
    "sendfile": Call("bytes:2,8", "d0 d1 u64:0+0 a3", "ret u64:0+0"),
    "splice": Call("", "d0 d2 a4 splice(a5)"),
    "copy_file_range": Call("", "d0 a1 a4", "ret d2 a3"),
    "mount": Call("string:0 string:1 string:2", "a3", "ret text:0 text:1 text:2"),
    "umount2": Call("string:0", "umount(a1)", "ret text:0", "PPME_SYSCALL_UMOUNT"),
    "quotactl": Call(
        "string:1 string:3 bytes:3,72",
        "quota_cmd(a0) quota_type(a0) @quota_id quota_fmt(a2)",
        "ret text:0 @quota_path:1 u64:2+0 u64:2+8 u64:2+16 u64:2+24 u64:2+32 u64:2+48 u64:2+56 0 0 0 1",
    ),
    "fsconfig": Call("string:2 string:3", "", "ret d0 a1 text:0 @empty text:1 d4"),
    # descriptors of other kinds
    "eventfd": Call("", "a0 0"),
    "eventfd2": Call("", "a0 0", "ret", "PPME_SYSCALL_EVENTFD"),
    "signalfd": Call("", "d0 0 0"),
    "signalfd4": Call("", "d0 0 0", "ret", "PPME_SYSCALL_SIGNALFD"),
    "timerfd_create": Call("", "0 0"),
    "inotify_init": Call("", "0"),
    "inotify_init1": Call("", "0", "ret", "PPME_SYSCALL_INOTIFY_INIT"),
    "userfaultfd": Call("", "", "ret open_flags(a0)"),
    "epoll_create": Call("", "d0", "ret d0"),
    "epoll_create1": Call("", "epoll_create1(a0)", "ret epoll_create1(a0)"),
    "epoll_wait": Call("", "d2"),
    "memfd_create": Call("string:0", "", "ret text:0 memfd(a1)"),
    "pidfd_open": Call("", "", "ret d0 pidfd_open(a1)"),
    "pidfd_getfd": Call("", "", "ret d0 d1 a2"),
    "poll": Call("polls:0,1", "@polls_in:0 d2", "ret @polls_out:0"),
    "ppoll": Call("polls:0,1 bytes:2,16 bytes:3,8", "@polls_in:0 @interval:1,-1 u32:2+0", "ret @polls_out:0"),
    "select": Call(),
    "io_uring_setup": Call("bytes:1,40", "", "ret a0 u32:0+0 u32:0+4 io_uring_setup(u32:0+8) u32:0+12 u32:0+16 u32:0+20"),
    "io_uring_enter": Call("bytes:4,8", "", "ret d0 a1 a2 io_uring_enter(a3) u32:0+0"),
    "io_uring_register": Call("", "", "ret d0 a1 a2 a3"),
    # sockets
    "socket": Call("", "a0 a1 a2"),
    "socketpair": Call("bytes:3,8 socket_at:3", "a0 a1 a2", "ret i32:0+0 i32:0+4 socket:1.self socket:1.other"),
    "bind": Call("address:1,2", "d0", "ret @address:0"),
    "connect": Call("address:1,2 socket:0", "d0 @address:0", "ret @sent_to:0,1"),
    "listen": Call("", "d0 a1"),
    "accept": Call("socket:ret socket:0", "", "ret @accepted:0 @queue_percent:1 socket:1.backlog socket:1.max_backlog"),
    "accept4": Call(
        "socket:ret socket:0", "a3", "ret @accepted:0 @queue_percent:1 socket:1.backlog socket:1.max_backlog", "PPME_SOCKET_ACCEPT4_5"
    ),
    "sendto": Call("buffer_out:1 address:4,5 socket:0,if", "d0 a2 @sent_to:1,2", "ret bytes:0"),
    "recvfrom": Call("buffer_out:1 address_out:4,5 socket:0,if", "d0 a2", "ret bytes:0 @received_from:1,2"),
    "sendmsg": Call("message:1 message_name:1 socket:0,if", "d0 u32:0+0 @sent_to:1,2", "ret bytes:0+8"),
    "recvmsg": Call("message:1,out message_name:1 socket:0,if", "d0", "ret u32:0+0 bytes:0+8 @received_from:1,2"),
    "sendmmsg": Call("", "", ""),
    "recvmmsg": Call("", "", ""),
    "shutdown": Call("", "d0 shutdown(a1)"),
    "getsockname": Call("", "", ""),
    "getpeername": Call("", "", ""),
    "setsockopt": Call("buffer_size:3,4", "", "ret d0 sockopt_level(a1) @sockopt_name @sockopt_value:0 a4"),
    "getsockopt": Call("bytes:4,4 buffer_size_at:3,4", "", "ret d0 sockopt_level(a1) @sockopt_name @sockopt_value:1 u32:0+0"),
    # processes
    "clone": Call("process:0 arguments", "", _CLONE),
    "clone3": Call("process:0,at arguments", "", _CLONE),
    "fork": Call("process arguments", "", _CLONE),
    "vfork": Call("process arguments", "", _CLONE),
    "execve": Call("process arguments:1 environment:2 program:0 executable", "text:3", _EXEC),
    "execveat": Call("process arguments:2 environment:3 program:1 executable", "@exec_dir:3 @exec_name:3 @exec_flags:3", _EXEC),
    "kill": Call("", "d0 a1"),
    "tkill": Call("", "d0 a1"),
    "tgkill": Call("", "d0 d1 a2"),
    "setuid": Call("", "a0"),
    "setgid": Call("", "a0"),
    "getuid": Call(),
    "getgid": Call(),
    "geteuid": Call(),
    "getegid": Call(),
    "setresuid": Call("", "a0 a1 a2"),
    "setresgid": Call("", "a0 a1 a2"),
    "getresuid": Call("bytes:0,4 bytes:1,4 bytes:2,4", "", _IDS),
    "getresgid": Call("bytes:0,4 bytes:1,4 bytes:2,4", "", _IDS),
    "setreuid": Call("", "", "ret a0 a1"),
    "setregid": Call("", "", "ret a0 a1"),
    "setpgid": Call("", "d0 d1"),
    "setsid": Call(),
    "capset": Call("bytes:1,24", "", "ret @capability:0,8 @capability:0,4 @capability:0,0"),
    "setns": Call("", "d0 clone_flags(a1)"),
    "unshare": Call("", "clone_flags(a0)"),
    "getrlimit": Call("bytes:1,16", "rlimit(a0)", "ret i64:0+0=-1 i64:0+8=-1"),
    "setrlimit": Call("bytes:1,16", "rlimit(a0)", "ret i64:0+0=-1 i64:0+8=-1"),
    "prlimit64": Call("bytes:2,16 bytes:3,16", "d0 rlimit(a1)", "ret i64:0+0=-1 i64:0+8=-1 i64:1+0=-1 i64:1+8=-1"),
    "prctl": Call("string:1", "", "ret a0 @prctl_text:0 @prctl_number"),
    "ptrace": Call("", "ptrace(a0) d1", "ret dyn0:a2 @ptrace_data"),
    "seccomp": Call("", "a0 a1"),
    "bpf": Call("", "a0", "@bpf_result", "PPME_SYSCALL_BPF"),
    "keyctl": Call("", "", "ret a0 dyn0:a1 dyn0:a2 dyn0:a3 dyn0:a4"),
    "nanosleep": Call("bytes:0,16", "@interval:0,0"),
    "futex": Call("", "a0 futex(a1) a2"),
    "semget": Call("", "a0 a1 semget(a2)"),
    "semop": Call("bytes:1,12", "a0", "ret a2 u16:0+0 i16:0+2 semop(u16:0+4) @second:0,6 @second:0,8 @second:0,10"),
    "semctl": Call("", "a0 a1 semctl(a2) @semctl_value"),
    "process_vm_readv": Call("vector:1,2,out", "", "ret d0 bytes:0+8"),
    "process_vm_writev": Call("vector:1,2", "", "ret d0 bytes:0+8"),
    # memory
    "brk": Call("memory", "a0", _MEMORY),
    "mmap": Call("memory", "a0 a1 prot(a2) mmap_flags(a3) d4 a5", _MEMORY),
    "munmap": Call("memory", "a0 a1", _MEMORY),
    "mprotect": Call("", "a0 a1 prot(a2)"),
    "mlock": Call("", "", "ret a0 a1"),
    "mlock2": Call("", "", "ret a0 a1 mlock2(a2)"),
    "munlock": Call("", "", "ret a0 a1"),
    "mlockall": Call("", "", "ret mlockall(a0)"),
    "munlockall": Call(),
    # modules
    "init_module": Call("buffer_in:0,1 string:2", "", "ret bytes:0 a1 text:1"),
    "finit_module": Call("string:1", "", "ret d0 text:0 a2"),
    "delete_module": Call("string:0", "", "ret text:0 delete_module(a1)"),
}
"""Calls by name. Those that stand in events.json and not here are generic events: number and nothing else."""

STATE_CALLS: Final = frozenset(
    [
        "clone",
        "clone3",
        "fork",
        "vfork",
        "execve",
        "execveat",
        "setuid",
        "setgid",
        "setresuid",
        "setresgid",
        "setreuid",
        "setregid",
        "setsid",
        "setpgid",
        "chdir",
        "fchdir",
        "chroot",
    ]
)
"""What the engine's thread table needs, whatever the user's filter says."""

FD_CALLS: Final = frozenset(
    [
        "open",
        "openat",
        "openat2",
        "creat",
        "open_by_handle_at",
        "close",
        "close_range",
        "dup",
        "dup2",
        "dup3",
        "fcntl",
        "pipe",
        "pipe2",
        "eventfd",
        "eventfd2",
        "signalfd",
        "signalfd4",
        "timerfd_create",
        "inotify_init",
        "inotify_init1",
        "userfaultfd",
        "epoll_create",
        "epoll_create1",
        "memfd_create",
        "pidfd_open",
        "pidfd_getfd",
        "io_uring_setup",
        "socket",
        "socketpair",
        "bind",
        "connect",
        "accept",
        "accept4",
        "sendto",
        "recvfrom",
        "sendmsg",
        "recvmsg",
        "shutdown",
        "bpf",
    ]
)
"""What the engine's tables of file descriptors need besides."""

PROCESS_FACTS: Final = (
    ("cgroups", "u64"), ("major_faults", "u64"), ("minor_faults", "u64"), ("fd_limit", "i64"), ("flags", "u64"), ("pidns_start_ns", "u64"),
    ("cap_inheritable", "u64"), ("cap_permitted", "u64"), ("cap_effective", "u64"), ("ino", "u64"), ("ctime_s", "u64"), ("mtime_s", "u64"),
    ("size_kb", "u32"), ("rss_kb", "u32"), ("swap_kb", "u32"), ("ctime_ns", "u32"), ("mtime_ns", "u32"), ("parent", "i32"), ("uid", "u32"),
    ("gid", "u32"), ("login_uid", "u32"), ("tty", "u32"), ("vtid", "i32"), ("vpid", "i32"), ("vpgid", "i32"), ("pgid", "i32"),
    ("pidns_level", "u32"), ("file_mode", "u32"), ("file_uid", "u32"), ("file_gid", "u32"), ("comm", "text"),
)  # fmt: skip
"""struct process_facts, bpf/stream_process.h."""

SOCKET_FACTS: Final = (
    ("family", "u16"), ("local_port", "u16"), ("peer_port", "u16"), ("state", "u8"), ("type", "u8"), ("local", "bytes16"),
    ("peer", "bytes16"), ("self", "u64"), ("other", "u64"), ("backlog", "u32"), ("max_backlog", "u32"),
)  # fmt: skip
"""struct socket_facts, bpf/stream_files.h."""

FILE_FACTS: Final = (("ino", "u64"), ("dev", "u32"), ("mode", "u32"))
"""struct file_facts, bpf/stream_files.h."""

MEMORY_FACTS: Final = (("size_kb", "u32"), ("rss_kb", "u32"), ("swap_kb", "u32"))
"""struct memory_facts, bpf/stream_process.h."""
