"""Event parameters as text, each by its type.

`producer` says in whose manner (Producer): sysdig 0.29.3's, libs 0.20's or that of the newest libs. Lengths that do not fit the
type are read as far as they go: nothing is read behind a parameter. `cut` is the most bytes shown of a binary parameter, 0 for all.
libs: userspace/libsinsp/event.cpp, get_param_as_str; sinsp_filtercheck_event.cpp, TYPE_ARGS.
"""

from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcmp, memcpy

from csyspy.engine.clock cimport add_clock
from csyspy.engine.event cimport *
from csyspy.engine.fds cimport L4_ICMP, L4_RAW, L4_TCP, L4_UDP, FdInfo, FdTable
from csyspy.engine.names cimport add_flag_names, add_flags, errno_name, group_name, signal_name, user_name
from csyspy.engine.path cimport join_path, old_style_join
from csyspy.engine.render_bytes cimport add_binary
from csyspy.engine.render_socket cimport add_sockaddr, add_socktuple
from csyspy.engine.shown cimport ShownEvent, shown_event
from csyspy.engine.state cimport BF_DOTS, PRODUCER_NEWEST, PRODUCER_OLD
from csyspy.engine.text cimport (
    add_bytes, add_dotted, add_hex, add_i64, add_octal, add_padded9, add_printable, add_text, add_u64,
)
from csyspy.engine.threads cimport ThreadInfo

cdef enum:
    AT_FDCWD = -100       # libs: driver/ppm_events_public.h, PPM_AT_FDCWD


cdef int add_args(Buffer out, State state, int producer, uint32_t cut) except -1:
    cdef Event* e = &state.evt
    cdef const ShownEvent* event
    cdef const Shown* shown
    cdef uint32_t i, n
    if e.type <= 1:       # generic events: their parameters are of internal use
        return 0
    event = shown_event(producer, e.type)
    n = e.nparams if e.nparams < event.nparams else event.nparams
    if producer == PRODUCER_OLD and state.own_params:
        n = state.own_params
    for i in range(n):
        shown = &event.params[i]
        out.add(shown.prefix, shown.prefix_n)
        add_param(out, state, shown, i, producer, cut, False)
        out.add_char(c" ")
    if producer != PRODUCER_OLD and n:
        out.size -= 1
    return 0


cdef int add_param(Buffer out, State state, const Shown* shown, uint32_t index, int producer, uint32_t cut, bint brief) except -1:
    cdef const uint8_t* p
    cdef uint32_t n
    cdef int type = shown.type
    if not event_param(&state.evt, index, &p, &n):
        return 0
    if type == PT_DYN and n and p[0] < shown.info.nvariants:
        type = shown.info.variants[p[0]].type
        p += 1
        n -= 1
    if n == 0:
        return _add_empty(out, type, producer)
    if type == PT_FD:
        return _add_fd(out, state, _signed(p, n, 8), producer, brief)
    elif type == PT_UINT32 or type == PT_INT32:
        return add_number(out, _signed(p, n, 4), 4, shown.fmt)
    elif type == PT_UINT64 or type == PT_INT64:
        return add_number(out, _signed(p, n, 8), 8, shown.fmt)
    elif type == PT_ERRNO:
        return _add_errno(out, _signed(p, n, 8), brief)
    elif type == PT_PID:
        return _add_pid(out, state, _signed(p, n, 8), producer, brief)
    elif type == PT_BYTEBUF:
        return _add_bytebuf(out, state, p, n, cut)
    elif type == PT_FSPATH or type == PT_FSRELPATH:
        return _add_path(out, state, shown, <const char*>p, n, producer, brief)
    elif type == PT_FLAGS32 or type == PT_FLAGS16 or type == PT_FLAGS8:
        return add_flags(out, shown, <uint32_t>_unsigned(p, n, 4), False, producer, brief)
    elif type == PT_ENUMFLAGS32 or type == PT_ENUMFLAGS16 or type == PT_ENUMFLAGS8:
        return add_flags(out, shown, <uint32_t>_unsigned(p, n, 4), True, producer, brief)
    return _add_rare(out, state, shown, type, p, n, producer, brief)


cdef int _add_rare(
    Buffer out, State state, const Shown* shown, int type, const uint8_t* p, uint32_t n, int producer, bint brief
) except -1:
    """The types that few events have."""
    cdef uint64_t value
    if type == PT_CHARBUF:
        return _add_charbuf(out, <const char*>p, n, producer)
    elif type == PT_FDLIST:
        return _add_fdlist(out, state, p, n, producer)
    elif type == PT_RELTIME:
        return _add_reltime(out, _unsigned(p, n, 8), brief)
    elif type == PT_SOCKADDR:
        return add_sockaddr(out, state, p, n)
    elif type == PT_SOCKTUPLE:
        return add_socktuple(out, state, p, n)
    elif type == PT_UINT8 or type == PT_INT8:
        return add_number(out, _signed(p, n, 1), 1, shown.fmt)
    elif type == PT_UINT16 or type == PT_INT16:
        return add_number(out, _signed(p, n, 2), 2, shown.fmt)
    elif type == PT_SYSCALLID:
        value = _unsigned(p, n, 2)
        if value >= SYSCALL_COUNT:
            return add_text(out, b"<unknown syscall>")
        return _add_named(out, value, SYSCALL_NAMES[value], brief)
    elif type == PT_SIGTYPE:
        value = _unsigned(p, n, 1)
        return _add_named(out, value, signal_name(<uint32_t>value), brief)
    elif type == PT_MODE:
        return _add_mode(out, shown, <uint32_t>_unsigned(p, n, 4), brief)
    elif type == PT_UID or type == PT_GID:
        return _add_owner(out, state, <uint32_t>_unsigned(p, n, 4), type == PT_UID, producer, brief)
    elif type == PT_SIGSET:
        return _add_sigset(out, <uint32_t>_unsigned(p, n, 4))
    elif type == PT_ABSTIME:
        return add_clock(out, _unsigned(p, n, 8), True, True)
    elif type == PT_FD32:
        return _add_fd(out, state, _signed(p, n, 4), producer, brief)
    elif type == PT_PID32:
        return _add_pid(out, state, _signed(p, n, 4), producer, brief)
    elif type == PT_CHARBUFARRAY:
        return add_dotted(out, <const char*>p, n)
    elif type == PT_DYN:
        return add_text(out, b"INVALID DYNAMIC PARAMETER")
    return add_text(out, b"(n.a.)")


cdef int64_t _signed(const uint8_t* p, uint32_t n, uint32_t width) noexcept:
    """The first `width` bytes (or as many as there are) as a signed integer."""
    cdef uint64_t value = 0
    cdef int64_t wide
    cdef int32_t half
    if n >= width:
        if width == 8:
            memcpy(&wide, p, 8)
            return wide
        if width == 4:
            memcpy(&half, p, 4)
            return half
        if width == 2:
            memcpy(&value, p, 2)
            return <int16_t>value
        return <int8_t>p[0]
    memcpy(&value, p, n)
    return <int64_t>value


cdef uint64_t _unsigned(const uint8_t* p, uint32_t n, uint32_t width) noexcept:
    """The first `width` bytes, at most 8, as an unsigned integer; missing ones count as 0."""
    cdef uint64_t value = 0
    memcpy(&value, p, n if n < width else width)
    return value


cdef int add_number(Buffer out, int64_t value, uint32_t width, int fmt) except -1:
    """An integer of `width` bytes by its PrintFormat. Decimals are signed whatever the type says, as libsinsp has it."""
    cdef uint64_t bits = <uint64_t>value
    if width < 8:
        bits &= (<uint64_t>1 << (8 * width)) - 1
    if fmt == PF_HEX:
        return add_hex(out, bits, True)
    elif fmt == PF_OCT:
        if bits:
            out.add_char(c"0")
        return add_octal(out, bits)
    elif fmt == PF_10_PADDED_DEC and value >= 0:
        return add_padded9(out, bits)
    return add_i64(out, value)


cdef int _add_empty(Buffer out, int type, int producer) except -1:
    """An empty parameter, which each generation shows in its own way."""
    if producer == PRODUCER_OLD:
        if type == PT_SOCKADDR or type == PT_SOCKTUPLE:
            return out.add(b"NULL", 4)
        if type == PT_BYTEBUF or type == PT_CHARBUF:
            return 0
        return out.add(b"<NA>", 4)
    if type == PT_CHARBUF or type == PT_FSPATH or type == PT_FSRELPATH:
        return out.add(b"<NA>", 4)
    if producer == PRODUCER_NEWEST and not (
        type == PT_BYTEBUF or type == PT_SOCKTUPLE or type == PT_FDLIST or type == PT_CHARBUFARRAY
        or type == PT_CHARBUF_PAIR_ARRAY or type == PT_DYN
    ):
        return out.add(b"<NA>", 4)
    return out.add(b"NULL", 4)


cdef inline bint _is_null_text(const char* p, uint32_t n) noexcept:
    return n == 7 and memcmp(p, b"(NULL)", 7) == 0


cdef inline uint32_t _length(const char* p, uint32_t n) noexcept:
    """Bytes before the first NUL."""
    cdef uint32_t size = 0
    while size < n and p[size]:
        size += 1
    return size


cdef int _add_charbuf(Buffer out, const char* p, uint32_t n, int producer) except -1:
    if producer != PRODUCER_OLD and _is_null_text(p, n):
        return out.add(b"<NA>", 4)
    return out.add(p, _length(p, n))


cdef int _add_named(Buffer out, uint64_t value, const char* name, bint brief) except -1:
    """`value(name)`."""
    if name == NULL:
        return add_u64(out, value)
    if brief:
        return add_text(out, name)
    add_u64(out, value)
    out.add_char(c"(")
    add_text(out, name)
    return out.add_char(c")")


cdef int _add_errno(Buffer out, int64_t value, bint brief) except -1:
    cdef const char* name = errno_name(value) if value < 0 else NULL
    if name == NULL:
        return add_i64(out, value)
    if brief:
        return add_text(out, name)
    add_i64(out, value)
    out.add_char(c"(")
    add_text(out, name)
    return out.add_char(c")")


cdef inline FdTable _shown_table(State state, int producer):
    cdef FdTable table = state.thread.fds()
    return table.old_style if producer == PRODUCER_OLD and table is not None and table.old_style is not None else table


cdef inline FdInfo _shown_fd(FdTable table, int64_t fd, int producer):
    cdef FdInfo info = table.get(fd) if table is not None else None
    if producer == PRODUCER_OLD and info is not None and (info.old_style is not None or info.old_style_missed):
        return info.old_style
    return info


cdef int _add_fd(Buffer out, State state, int64_t fd, int producer, bint brief) except -1:
    """`4(<f>/etc/passwd)`, `5(<4t>10.0.0.1:80->…)`, `-100(AT_FDCWD)`, `-2(ENOENT)`, or the number of an unknown fd."""
    cdef FdTable table
    cdef FdInfo info
    if state.thread is None:
        return add_i64(out, fd)
    if fd == AT_FDCWD:
        return add_text(out, b"AT_FDCWD") if brief else add_text(out, b"-100(AT_FDCWD)")
    if fd < 0:
        return _add_errno(out, fd, brief)
    table = _shown_table(state, producer)
    info = _shown_fd(table, fd, producer)
    if not brief or info is None:
        add_u64(out, <uint64_t>fd)
    if info is None:
        return 0
    if not brief:
        out.add_char(c"(")
    out.add_char(c"<")
    out.add_char(info.typechar())
    if info.is_ipv4() or info.is_ipv6():
        _add_l4_letter(out, info.shown_l4proto())
    out.add_char(c">")
    if producer == PRODUCER_NEWEST:
        add_bytes(out, info.name)
    elif producer == PRODUCER_OLD and info.old_style_name is not None:
        add_bytes(out, info.old_style_name)
    else:
        add_printable(out, info.name, <size_t>len(info.name))
    if not brief:
        out.add_char(c")")
    return 0


cdef int _add_l4_letter(Buffer out, int protocol) except -1:
    if protocol == L4_TCP:
        return out.add_char(c"t")
    elif protocol == L4_UDP:
        return out.add_char(c"u")
    elif protocol == L4_ICMP:
        return out.add_char(c"i")
    elif protocol == L4_RAW:
        return out.add_char(c"r")
    return 0


cdef int _add_pid(Buffer out, State state, int64_t pid, int producer, bint brief) except -1:
    """`308(bash)`.

    sysdig 0.29.3 knows some threads longer (leaders that exit before their other threads) and some earlier (children of a
    clone with CLONE_PARENT, before they speak).
    """
    cdef ThreadInfo thread = state.threads.find(pid)
    cdef bytes comm = b""
    if thread is not None:
        comm = thread.comm if producer != PRODUCER_OLD or thread.old_style_comm is None else thread.old_style_comm
    elif producer == PRODUCER_OLD and state.ghosts and pid in state.ghosts:
        comm = state.ghosts[pid][0]
    if len(comm) == 0:
        return add_i64(out, pid)
    if brief:
        return add_bytes(out, comm)
    add_i64(out, pid)
    out.add_char(c"(")
    add_bytes(out, comm)
    return out.add_char(c")")


cdef int _add_bytebuf(Buffer out, State state, const uint8_t* p, uint32_t n, uint32_t cut) except -1:
    """Binary data. Only the dotted form is ever cut; then three dots take the place of its end."""
    if state.buffer_format != BF_DOTS:
        return add_binary(out, p, n, state.buffer_format)
    if cut == 0 or n <= cut:
        return add_dotted(out, <const char*>p, n)
    add_dotted(out, <const char*>p, cut)
    if cut > 3:
        memcpy(out.data + out.size - 3, b"...", 3)
    return 0


cdef int _add_path(Buffer out, State state, const Shown* shown, const char* p, uint32_t n, int producer, bint brief) except -1:
    """A path, and where it is relative the absolute one: seen from the directory fd of the call, else from the working directory.

    An empty path (AT_EMPTY_PATH) means the directory itself; sysdig 0.29.3 says so, newer libs say nothing.
    """
    cdef size_t start = out.size
    cdef uint32_t size = _length(p, n)
    cdef bytes base, whole
    if producer != PRODUCER_OLD and _is_null_text(p, n):
        return out.add(b"<NA>", 4)
    add_printable(out, p, size)
    if state.thread is None or p[0] == c"/" or (size >= 4 and memcmp(p, b"<NA>", 4) == 0):
        return 0
    if size:
        base = _base_dir(state, shown, producer)
        whole = old_style_join(base, p, size) if producer == PRODUCER_OLD else join_path(base, p, size)
    elif producer == PRODUCER_OLD:
        whole = _without_slash(_base_dir(state, shown, producer))
    else:
        return 0
    if len(whole) == 0:
        return 0
    if brief:
        out.size = start
        return add_bytes(out, whole)
    out.add_char(c"(")
    add_bytes(out, whole)
    return out.add_char(c")")


cdef bytes _without_slash(bytes path):
    return path[:-1] if len(path) > 1 and path.endswith(b"/") else path


cdef bytes _base_dir(State state, const Shown* shown, int producer):
    """What a relative path of this parameter starts from, with a closing slash; empty where the fd is not known."""
    cdef int64_t fd
    cdef FdTable table
    cdef FdInfo directory
    fd = AT_FDCWD if shown.type != PT_FSRELPATH or shown.dirfd < 0 else param_i64(&state.evt, <uint32_t>shown.dirfd, AT_FDCWD)
    if fd == AT_FDCWD:
        return state.thread.get_old_style_cwd() if producer == PRODUCER_OLD else state.thread.get_cwd()
    table = _shown_table(state, producer)
    directory = _shown_fd(table, fd, producer)
    if directory is None:
        return b""
    if producer == PRODUCER_OLD and directory.old_style_name is not None:
        return directory.old_style_name + b"/" if directory.old_style_name else b""
    if len(directory.name) == 0:
        return b""
    if producer == PRODUCER_NEWEST and directory.name.endswith(b"/"):
        return directory.name
    return directory.name + b"/"


cdef int _add_fdlist(Buffer out, State state, const uint8_t* p, uint32_t n, int producer) except -1:
    """`4:u1 7:p1`: number, type letter and event bits of each fd; unknown ones have a question mark."""
    cdef uint16_t count
    cdef int16_t bits
    cdef int64_t fd
    cdef uint32_t i
    cdef FdTable table
    cdef FdInfo info
    if n < 2 or state.thread is None:
        return 0
    memcpy(&count, p, 2)
    if (n - 2) // 10 < count:
        count = <uint16_t>((n - 2) // 10)
    table = _shown_table(state, producer)
    for i in range(count):
        memcpy(&fd, p + 2 + 10 * i, 8)
        memcpy(&bits, p + 10 + 10 * i, 2)
        info = _shown_fd(table, fd, producer)
        if i:
            out.add_char(c" ")
        add_u64(out, <uint64_t>fd)
        out.add_char(c":")
        out.add_char(info.typechar() if info is not None else c"?")
        add_hex(out, <uint32_t><int32_t>bits, False)
    return 0


cdef int _add_reltime(Buffer out, uint64_t ns, bint brief) except -1:
    """Nanoseconds, and seconds as printf's `%g` has them."""
    cdef char seconds[40]
    if ns == <uint64_t>-1:
        return add_text(out, b"none")
    snprintf(seconds, sizeof(seconds), "%gs", <double>ns / 1000000000.0)
    return _add_named(out, ns, seconds, brief)


cdef int _add_mode(Buffer out, const Shown* shown, uint32_t mode, bint brief) except -1:
    """Permission bits by number and name."""
    cdef size_t names
    if brief:
        names = out.size
        add_flag_names(out, shown, mode, False, True)
        return 0 if out.size > names else add_number(out, mode, 4, shown.fmt)
    add_number(out, mode, 4, shown.fmt)
    out.add_char(c"(")
    names = out.size
    add_flag_names(out, shown, mode, False, True)
    if out.size > names:
        return out.add_char(c")")
    out.size -= 1
    return 0


cdef int _add_owner(Buffer out, State state, uint32_t number, bint is_user, int producer, bint brief) except -1:
    """A user or group id with its name."""
    cdef bytes name
    if number == <uint32_t>-1:
        return add_text(out, b"<NONE>") if brief else add_text(out, b"-1(<NONE>)")
    name = user_name(state, number, producer) if is_user else group_name(state, number, producer)
    if not brief:
        add_i64(out, <int32_t>number)
        out.add_char(c"(")
    if name is None:
        out.add(b"<NA>", 4)
    else:
        add_printable(out, name, <size_t>len(name))
    return 0 if brief else out.add_char(c")")


cdef int _add_sigset(Buffer out, uint32_t bits) except -1:
    cdef uint32_t signal
    cdef bint first = True
    for signal in range(1, 33):
        if bits >> (signal - 1) & 1 and signal_name(signal) != NULL:
            if not first:
                out.add_char(c" ")
            add_text(out, signal_name(signal))
            first = False
    return 0
