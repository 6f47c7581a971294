"""execve and execveat: a thread becomes another program (libs: userspace/libsinsp/parsers.cpp, parse_execve_exit)."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from csyspy.engine.event cimport Event, event_param, param_i64, param_u64
from csyspy.engine.fds cimport FdInfo, FdTable
from csyspy.engine.handlers.containers cimport take_cgroups
from csyspy.engine.handlers.dispatch cimport enter_event, handle_all, text_param
from csyspy.engine.path cimport clean_path, join_path
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, PRODUCER_NEWEST, State
from csyspy.engine.threads cimport (
    CL_ACTIVE, CL_CHILD_IN_PIDNS, CL_CLONE_INVERTED, CL_IS_MAIN_THREAD, CL_NAME_CHANGED, CL_PIPE_DST, CL_PIPE_SRC, ThreadInfo,
)

cdef enum Param:
    RES = 0
    EXE = 1
    ARGS = 2
    PID = 4
    PTID = 5
    FDLIMIT = 7
    PGFT_MAJ = 8          # pgft_min, vm_size, vm_rss, vm_swap follow
    COMM = 13
    CGROUPS = 14
    ENV = 15
    TTY = 16
    VPGID = 17
    LOGINUID = 18
    FLAGS = 19
    CAP_INHERITABLE = 20  # permitted and effective follow
    EXE_INO = 23          # ctime and mtime follow
    UID = 26
    TRUSTED_EXEPATH = 27
    PGID = 28
    GID = 29

cdef enum ExeFlag:        # libs: driver/ppm_events_public.h, PPM_EXE_*
    EXE_WRITABLE = 1
    EXE_UPPER_LAYER = 2
    EXE_FROM_MEMFD = 4
    EXE_LOWER_LAYER = 8

cdef enum:
    EXECVE_14_X = 173
    EXECVE_15_X = 215
    EXECVE_18_X = 289
    EXECVEAT_E = 330
    AT_FDCWD = -100
    AT_EMPTY_PATH = 1     # PPM_EXVAT_AT_EMPTY_PATH
    O_CLOEXEC = 1 << 12   # PPM_O_CLOEXEC


cdef bytes _execveat_path(State state, ThreadInfo thread, Event* enter):
    """Path of the program that an execveat ran: `<NA>` where its directory is unknown."""
    cdef int64_t dirfd = param_i64(enter, 0, -1)
    cdef bytes name = text_param(enter, 1)
    cdef uint32_t flags = <uint32_t>param_u64(enter, 2, 0)
    cdef FdTable table = thread.fds()
    cdef FdInfo info = table.get(dirfd) if table is not None else None
    cdef bytes base
    if name.startswith(b"/"):
        base = b"."
    elif dirfd == AT_FDCWD:
        base = thread.get_cwd()
        state.fd = None
    elif info is None:
        return b"<NA>"
    else:
        base = info.name if info.name.endswith(b"/") or not info.name else info.name + b"/"
        state.fd = info
        state.fd_num = dirfd
    if flags & AT_EMPTY_PATH:
        return clean_path(base, <uint32_t>len(base))
    if name == b"<NA>":
        return name
    return join_path(base, name, <uint32_t>len(name))


cdef int _set_exepath(State state, ThreadInfo thread, Event* e) except -1:
    cdef Event* enter
    cdef bytes name
    cdef const uint8_t* p
    cdef uint32_t n
    if event_param(e, TRUSTED_EXEPATH, &p, &n):
        if n or state.producer != PRODUCER_NEWEST:
            thread.set_exepath(text_param(e, TRUSTED_EXEPATH))
        return 0
    # Older producers: from what the caller asked for, as far as the enter event tells.
    if e.type < EXECVE_18_X:
        return 0
    enter = enter_event(state)
    if enter == NULL:
        return 0
    if enter.type == EXECVEAT_E:
        thread.set_exepath(_execveat_path(state, thread, enter))
        return 0
    name = text_param(enter, 0)
    thread.set_exepath(name if name == b"<NA>" else join_path(thread.get_cwd(), name, <uint32_t>len(name)))
    return 0


cdef int _set_program(State state, ThreadInfo thread, Event* e) except -1:
    """Names, arguments, environment, cgroups."""
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int env = ENV
    thread.exe = text_param(e, EXE)
    thread.old_style_comm = None
    thread.comm = text_param(e, COMM) if e.type >= EXECVE_15_X else thread.exe
    if event_param(e, ARGS, &p, &n):
        thread.set_args(p, n)
    if e.type == EXECVE_14_X or e.type == EXECVE_15_X:
        env = COMM if e.type == EXECVE_14_X else CGROUPS
    if event_param(e, env, &p, &n) and (n or state.producer != PRODUCER_NEWEST):    # the newest libs keep what was there
        thread.set_env(p, n)
    if env == ENV and event_param(e, CGROUPS, &p, &n):
        take_cgroups(state, thread, p, n)
    return 0


cdef int _set_file(ThreadInfo thread, Event* e) except -1:
    """What is known of the program's file."""
    cdef uint32_t flags
    if e.nparams > FLAGS:
        flags = <uint32_t>param_u64(e, FLAGS, 0)
        thread.exe_writable = flags & EXE_WRITABLE != 0
        thread.exe_upper_layer = flags & EXE_UPPER_LAYER != 0
        thread.exe_from_memfd = flags & EXE_FROM_MEMFD != 0
        thread.exe_lower_layer = flags & EXE_LOWER_LAYER != 0
    if e.nparams > EXE_INO + 2:
        thread.exe_ino = param_u64(e, EXE_INO, 0)
        thread.exe_ino_ctime = param_u64(e, EXE_INO + 1, 0)
        thread.exe_ino_mtime = param_u64(e, EXE_INO + 2, 0)
        if thread.clone_ts != 0:
            thread.exe_ino_ctime_duration_clone_ts = thread.clone_ts - thread.exe_ino_ctime
        if thread.pidns_init_start_ts != 0 and thread.exe_ino_ctime > thread.pidns_init_start_ts:
            thread.exe_ino_ctime_duration_pidns_start = thread.exe_ino_ctime - thread.pidns_init_start_ts
    return 0


cdef int _set_credentials(ThreadInfo thread, Event* e) except -1:
    if e.nparams > VPGID:
        thread.vpgid = param_i64(e, VPGID, thread.vpgid)
    if e.nparams > LOGINUID:
        thread.loginuid = <uint32_t>param_u64(e, LOGINUID, thread.loginuid)
    if e.nparams > CAP_INHERITABLE + 2:
        thread.cap_inheritable = param_u64(e, CAP_INHERITABLE, thread.cap_inheritable)
        thread.cap_permitted = param_u64(e, CAP_INHERITABLE + 1, thread.cap_permitted)
        thread.cap_effective = param_u64(e, CAP_INHERITABLE + 2, thread.cap_effective)
    if e.nparams > UID:
        thread.uid = <uint32_t>param_u64(e, UID, thread.uid)
    if e.nparams > GID:
        thread.gid = <uint32_t>param_u64(e, GID, thread.gid)
    thread.pgid = param_i64(e, PGID, -1)
    return 0


cdef int _close_on_exec(ThreadInfo thread) except -1:
    cdef FdTable table = thread.fds()
    cdef FdInfo info
    if table is not None:
        for info in table.items():
            if info.open_flags & O_CLOEXEC:
                table.remove(info.fd)
    return 0


cdef int exec_exit(State state) except -1:
    cdef Event* e = &state.evt
    cdef ThreadInfo thread = state.thread
    cdef ThreadInfo other
    if thread is None or param_i64(e, RES, -1) < 0:
        return 0
    state.threads.revive(thread)    # a thread that runs a program becomes the leader, even of a group whose leader has exited
    thread.lastexec_ts = e.ts
    _set_program(state, thread, e)
    thread.pid = param_i64(e, PID, -1)
    if thread.is_invalid():
        thread.ptid = param_i64(e, PTID, -1)
        if not thread.flags & CL_CHILD_IN_PIDNS:
            thread.vtid = thread.tid
            thread.vpid = thread.pid
        state.threads.link_one(thread)
    thread.fdlimit = param_i64(e, FDLIMIT, -1)
    if e.nparams > PGFT_MAJ + 4:
        thread.pfmajor = param_u64(e, PGFT_MAJ, 0)
        thread.pfminor = param_u64(e, PGFT_MAJ + 1, 0)
        thread.vmsize_kb = <uint32_t>param_u64(e, PGFT_MAJ + 2, 0)
        thread.vmrss_kb = <uint32_t>param_u64(e, PGFT_MAJ + 3, 0)
        thread.vmswap_kb = <uint32_t>param_u64(e, PGFT_MAJ + 4, 0)
    if e.nparams > TTY:
        thread.tty = <uint32_t>param_u64(e, TTY, 0)
    _set_exepath(state, thread, e)
    _set_file(thread, e)
    _set_credentials(thread, e)
    if state.producer == PRODUCER_NEWEST and state.needs & NEED_FD:
        _close_on_exec(thread)
    thread.flags = (thread.flags & (CL_PIPE_SRC | CL_PIPE_DST | CL_IS_MAIN_THREAD | CL_CLONE_INVERTED)) | CL_ACTIVE | CL_NAME_CHANGED
    thread.changed()
    if thread.tgroup is not None and thread.tgroup.alive > 1:
        # The kernel ends all other threads of the process.
        for other in thread.tgroup.threads():
            if not other.is_main() and other is not thread:
                state.threads.remove(other.tid)
    return 0


handle_all(("EXECVE_8_X", "EXECVE_13_X", "EXECVE_14_X", "EXECVE_15_X", "EXECVE_16_X", "EXECVE_17_X", "EXECVE_18_X", "EXECVE_19_X",
            "EXECVEAT_X"), exec_exit, NEED_THREAD)
