"""Parameters of events that are more than a number, a string or some bytes of what was fetched.

Shapes: `libs: driver/ppm_fillers.c`, `driver/ppm_events.c` (fd_to_socktuple); the numbers of enum Special are the places of the names in
csyspy.capture.live.params.SPECIALS.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memcmp, strlen

from csyspy.capture.live.event_out cimport Out, add, add_int
from csyspy.capture.live.record cimport RESULT, Param, Record

cdef enum:
    FIRST, REST, TID, PID, EMPTY, CGROUPS_TEXT, CLONE_FLAGS, BOOT, EXE_FLAGS, TIME, PATH, OPEN_MODE, INTERVAL, POLLS_IN
    POLLS_OUT, ADDRESS, SENT_TO, RECEIVED_FROM, ACCEPTED, QUEUE_PERCENT, SOCKOPT_NAME, SOCKOPT_VALUE, EXEC_DIR, EXEC_NAME
    EXEC_FLAGS, QUOTA_ID, QUOTA_PATH, CAPABILITY, PRCTL_TEXT, PRCTL_NUMBER, PTRACE_DATA, BPF_RESULT, SECOND, SEMCTL_VALUE

cdef enum:
    UNIX = 1
    INET = 2
    INET6 = 10
    FACTS = 72               # struct socket_facts
    LOCAL_AT = 8
    PEER_AT = 24
    SELF_AT = 40
    OTHER_AT = 48
    BACKLOG_AT = 56
    MAX_BACKLOG_AT = 60
    OWN_PATH_AT = 68
    PEER_PATH_AT = 70
    SUN_PATH = 108
    NR_FORK = 57
    NR_VFORK = 58
    CLONE_VM = 0x100
    CLONE_VFORK = 0x4000
    CHILD_IN_PIDNS = 0x20000000
    EXE_WRITABLE = 1
    EXE_UPPER_LAYER = 2
    EXE_FROM_MEMFD = 4
    EXE_LOWER_LAYER = 8
    LAYER_UPPER = 1     # bpf/stream_process.h, above the mode
    LAYER_LOWER = 2
    LAYER_MEMFD = 4
    O_CREATES = 0o20000100   # O_CREAT, and the bit of O_TMPFILE that is its own
    SOL_SOCKET = 1
    DYN_BYTES = 0
    DYN_ERRNO = 1
    DYN_U32 = 2
    DYN_U64 = 3
    DYN_TIME = 4
    PR_SET_NAME = 15
    PR_GET_NAME = 16
    AT_FDCWD = -100
    NSEC = 1000000000


cdef uint64_t convert(const Rules* rules, uint64_t value) noexcept nogil:
    cdef uint64_t out = 0
    cdef bint found = False
    cdef int i
    for i in range(rules.n):
        if value & rules.rule[3 * i] == rules.rule[3 * i + 1]:
            out |= rules.rule[3 * i + 2]
            found = True
            if rules.first_only:
                return out
    return out if found else rules.otherwise


cdef inline uint64_t _u64(const uint8_t* p) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, p, 8)
    return value


cdef inline uint32_t _u32(const uint8_t* p) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, p, 4)
    return value


cdef inline uint16_t _u16(const uint8_t* p) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, p, 2)
    return value


cdef inline uint64_t _at(const Record* r, int64_t number, int64_t offset) noexcept nogil:
    """A 64-bit number in what was fetched; 0 where it is missing."""
    return _u64(r.fetched[number] + offset) if r.size[number] >= <uint32_t>(offset + 8) else 0


cdef inline uint32_t _at32(const Record* r, int64_t number, int64_t offset) noexcept nogil:
    return _u32(r.fetched[number] + offset) if r.size[number] >= <uint32_t>(offset + 4) else 0


cdef inline uint32_t _text_length(const uint8_t* p, uint32_t n) noexcept nogil:
    """Bytes before the NUL, or all."""
    cdef const void* nul = memchr(p, 0, n) if n else NULL
    return <uint32_t>(<const uint8_t*>nul - p) if nul != NULL else n


cdef inline void _add_text(Out* out, const uint8_t* p, uint32_t n) noexcept nogil:
    """`n` bytes and a NUL."""
    cdef uint16_t size = <uint16_t>(n + 1)
    memcpy(out.data, p, n)
    out.data[n] = 0
    memcpy(out.sizes, &size, 2)
    out.sizes += 2
    out.data += size


# --- lists ---

cdef void _first(Out* out, const Record* r, int64_t number) noexcept nogil:
    _add_text(out, r.fetched[number], _text_length(r.fetched[number], r.size[number]))


cdef void _rest(Out* out, const Record* r, int64_t number) noexcept nogil:
    cdef uint32_t used = _text_length(r.fetched[number], r.size[number]) + 1
    if used >= r.size[number]:
        add(out, NULL, 0)
    else:
        add(out, r.fetched[number] + used, <uint16_t>(r.size[number] - used))


cdef uint32_t upside_down(uint8_t* to, const uint8_t* names, uint32_t end) noexcept nogil:
    """Write a path, whose components lie before `end` from the leaf up, each with its NUL; how long it is, its own NUL left out."""
    cdef uint32_t start, size = 0
    while end:
        start = end - 1
        while start and names[start - 1]:
            start -= 1
        to[size] = c'/'
        memcpy(to + size + 1, names + start, end - start)   # its NUL is written over by the next
        size += end - start
        end = start
    to[size] = 0
    return size


cdef void _path(Out* out, const Record* r, int64_t number) noexcept nogil:
    cdef uint8_t text[8192]
    _add_text(out, text, upside_down(text, r.fetched[number], r.size[number]))


# --- sockets ---

cdef uint32_t _unix_path(uint8_t* to, const uint8_t* p, uint32_t n) noexcept nogil:
    """A socket's path with its NUL; abstract ones begin with @ in place of their NUL."""
    cdef uint32_t length
    if n > SUN_PATH:
        n = SUN_PATH
    if n > 1 and p[0] == 0 and p[1]:
        length = _text_length(p + 1, n - 1)
        to[0] = c'@'
        memcpy(to + 1, p + 1, length)
        to[length + 1] = 0
        return length + 2
    length = _text_length(p, n)
    memcpy(to, p, length)
    to[length] = 0
    return length + 1


cdef inline void _put_port(uint8_t* to, const uint8_t* network) noexcept nogil:
    to[0] = network[1]
    to[1] = network[0]


cdef void _address(Out* out, const Record* r, int64_t number) noexcept nogil:
    """A socket address as the program gave it."""
    cdef const uint8_t* p = r.fetched[number]
    cdef uint32_t n = r.size[number]
    cdef uint8_t text[128]
    cdef uint16_t family
    if n < 2:
        add(out, NULL, 0)
        return
    family = _u16(p)
    text[0] = <uint8_t>family
    if family == INET and n >= 8:
        memcpy(text + 1, p + 4, 4)
        _put_port(text + 5, p + 2)
        add(out, text, 7)
    elif family == INET6 and n >= 24:
        memcpy(text + 1, p + 8, 16)
        _put_port(text + 17, p + 2)
        add(out, text, 19)
    elif family == UNIX:
        add(out, text, <uint16_t>(1 + _unix_path(text + 1, p + 2, n - 2)))
    else:
        add(out, text, 1)


cdef void _tuple(Out* out, const Record* r, int64_t address, int64_t facts_number, bint inbound) noexcept nogil:
    """Both ends of a socket; the far one as the program gave it (`address` >= 0) or as the kernel knows it."""
    cdef const uint8_t* facts = r.fetched[facts_number]
    cdef const uint8_t* given = r.fetched[address] if address >= 0 else NULL
    cdef uint32_t n = r.size[address] if address >= 0 else 0
    cdef uint8_t text[160]
    cdef uint8_t far_port[2]
    cdef const uint8_t* far
    cdef uint8_t* near_at
    cdef uint8_t* far_at
    cdef uint16_t family, width, own, peer
    if r.size[facts_number] < FACTS or (address >= 0 and n < 2):
        add(out, NULL, 0)
        return
    family = _u16(facts)
    if address >= 0 and family != UNIX and _u16(given) != family:
        add(out, NULL, 0)
        return
    text[0] = <uint8_t>family
    if family == INET or family == INET6:
        width = 4 if family == INET else 16
        if address >= 0:
            if n < (8 if family == INET else 24):
                add(out, NULL, 0)
                return
            far = given + (4 if family == INET else 8)
            _put_port(far_port, given + 2)
        else:
            far = facts + PEER_AT
            memcpy(far_port, facts + 4, 2)
        near_at = text + 1 + (width + 2 if inbound else 0)
        far_at = text + 1 + (0 if inbound else width + 2)
        memcpy(near_at, facts + LOCAL_AT, width)
        memcpy(near_at + width, facts + 2, 2)
        memcpy(far_at, far, width)
        memcpy(far_at + width, far_port, 2)
        add(out, text, 5 + 2 * width)
    elif family == UNIX:
        memcpy(text + 1, facts + (SELF_AT if inbound else OTHER_AT), 8)
        memcpy(text + 9, facts + (OTHER_AT if inbound else SELF_AT), 8)
        own, peer = _u16(facts + OWN_PATH_AT), _u16(facts + PEER_PATH_AT)
        if <uint32_t>(FACTS + own + peer) > r.size[facts_number]:
            own = peer = 0
        if inbound:
            width = <uint16_t>_unix_path(text + 17, facts + FACTS, own)
        elif address >= 0:
            width = <uint16_t>_unix_path(text + 17, given + 2, n - 2)
        else:
            width = <uint16_t>_unix_path(text + 17, facts + FACTS + own, peer)
        add(out, text, 17 + width)
    else:
        add(out, NULL, 0)


cdef void _queue_percent(Out* out, const Record* r, int64_t number) noexcept nogil:
    cdef uint64_t waiting = _at32(r, number, BACKLOG_AT)
    cdef uint64_t most = _at32(r, number, MAX_BACKLOG_AT)
    add_int(out, 100 * waiting // most if most else 0, 1)


cdef void _polls(Out* out, const Record* r, int64_t number, bint returned, const Tables* tables) noexcept nogil:
    cdef const uint8_t* p = r.fetched[number]
    cdef uint32_t n = r.size[number] / 8
    cdef uint8_t text[2 + 10 * 64]
    cdef uint16_t count = 0
    cdef uint16_t events
    cdef int64_t fd
    cdef uint32_t i
    for i in range(min(n, <uint32_t>64)):
        events = _u16(p + 8 * i + (6 if returned else 4))
        if returned and events == 0:
            continue
        fd = <int32_t>_u32(p + 8 * i)
        events = <uint16_t>convert(&tables.polls, events)
        memcpy(text + 2 + 10 * count, &fd, 8)
        memcpy(text + 10 + 10 * count, &events, 2)
        count += 1
    memcpy(text, &count, 2)
    add(out, text, 2 + 10 * count)


# --- socket options ---

cdef inline void _dyn(Out* out, uint8_t kind, uint64_t value, uint16_t width) noexcept nogil:
    cdef uint8_t text[9]
    text[0] = kind
    memcpy(text + 1, &value, 8)
    add(out, text, 1 + width)


cdef inline bint _is_number(uint32_t option) noexcept nogil:
    """Options of SOL_SOCKET whose values libs knows to be 32-bit numbers."""
    if option <= 8 or 9 <= option <= 12 or 14 <= option <= 16 or 18 <= option <= 19 or 22 <= option <= 25:
        return True
    return option == 27 or 29 <= option <= 49


cdef void _sockopt_value(Out* out, const Record* r, int64_t number) noexcept nogil:
    cdef uint32_t option = <uint32_t>r.head.regs[2]
    cdef const uint8_t* p = r.fetched[number]
    cdef uint32_t n = r.size[number]
    cdef uint8_t text[257]
    if <uint32_t>r.head.regs[1] == SOL_SOCKET:
        if option == 4 and n >= 4:
            _dyn(out, DYN_ERRNO, <uint64_t>-<int64_t><int32_t>_u32(p), 8)
            return
        if (option == 20 or option == 21) and n >= 16:
            _dyn(out, DYN_TIME, _u64(p) * NSEC + _u64(p + 8) * 1000, 8)
            return
        if option == 57 and n >= 8:
            _dyn(out, DYN_U64, _u64(p), 8)
            return
        if _is_number(option) and n >= 4:
            _dyn(out, DYN_U32, _u32(p), 4)
            return
    text[0] = DYN_BYTES
    memcpy(text + 1, p, min(n, <uint32_t>255))
    add(out, text, <uint16_t>(1 + min(n, <uint32_t>255)))


# --- exec ---

cdef bint _by_fd(const Record* r, int64_t number, int64_t* fd, const uint8_t** name, uint32_t* n) noexcept nogil:
    """Take apart /dev/fd/N/name, which is what the kernel makes of execveat with a descriptor."""
    cdef const uint8_t* p = r.fetched[number]
    cdef uint32_t size = _text_length(p, r.size[number])
    cdef uint32_t i = 8
    if size < 9 or memcmp(p, b"/dev/fd/", 8) != 0:
        return False
    fd[0] = 0
    while i < size and c'0' <= p[i] <= c'9' and i < 18:
        fd[0] = 10 * fd[0] + p[i] - c'0'
        i += 1
    if i == 8 or (i < size and p[i] != c'/'):
        return False
    name[0] = p + min(i + 1, size)
    n[0] = size - min(i + 1, size)
    return True


cdef void _exec(Out* out, const Record* r, const Param* p, const Tables* tables) noexcept nogil:
    cdef int64_t fd = AT_FDCWD
    cdef const uint8_t* name = r.fetched[p.a]
    cdef uint32_t n = _text_length(name, r.size[p.a])
    cdef bint by_fd = False
    cdef bint failed = <int64_t>r.head.regs[RESULT] < 0
    if not failed:
        by_fd = _by_fd(r, p.a, &fd, &name, &n)
    if p.special == EXEC_DIR:
        add_int(out, <uint64_t><int64_t><int32_t>r.head.regs[0] if failed else <uint64_t>fd, 8)
    elif p.special == EXEC_NAME:
        _add_text(out, name, n)
    else:
        add_int(out, convert(&tables.execveat, r.head.regs[4]) if failed else (1 if by_fd and n == 0 else 0), 4)


cdef void _exe_flags(Out* out, const Record* r) noexcept nogil:
    """Where the program's file lies, and EXE_WRITABLE as the plain permissions tell it (process_facts: file_mode, file_uid, file_gid;
    uid, gid of the caller)."""
    cdef uint32_t mode = _at32(r, 0, 156) & 0xffff
    cdef uint32_t layer = _at32(r, 0, 156) >> 16
    cdef uint32_t flags = 0
    cdef uint32_t owner = _at32(r, 0, 160)
    cdef uint32_t group = _at32(r, 0, 164)
    cdef uint32_t uid = _at32(r, 0, 120)
    cdef uint32_t gid = _at32(r, 0, 124)
    cdef bint writable = uid == 0 or owner == uid or mode & 2 != 0 or (gid == group and mode & 0o20 != 0)
    if writable and mode:
        flags |= EXE_WRITABLE
    if layer & LAYER_UPPER:
        flags |= EXE_UPPER_LAYER
    if layer & LAYER_LOWER:
        flags |= EXE_LOWER_LAYER
    if layer & LAYER_MEMFD:
        flags |= EXE_FROM_MEMFD
    add_int(out, flags, 4)


cdef void _clone_flags(Out* out, const Record* r, const Tables* tables) noexcept nogil:
    cdef uint64_t flags = _at(r, 0, 32)
    if r.head.nr == NR_FORK:
        flags = 0
    elif r.head.nr == NR_VFORK:
        flags = CLONE_VM | CLONE_VFORK
    flags = convert(&tables.clone_flags, flags)
    if _at32(r, 0, 152) > 0:
        flags |= CHILD_IN_PIDNS
    add_int(out, flags, 4)


cdef void add_special(Out* out, const Record* r, const Param* p, const Tables* tables) noexcept nogil:
    """The next parameter. What needs Python objects (cgroups) is the caller's."""
    cdef uint64_t value
    cdef const uint64_t* regs = r.head.regs
    cdef int special = p.special
    if special == FIRST:
        _first(out, r, p.a)
    elif special == REST:
        _rest(out, r, p.a)
    elif special == TID:
        add_int(out, <uint32_t>r.head.pid_tgid, 8)
    elif special == PID:
        add_int(out, r.head.pid_tgid >> 32, 8)
    elif special == EMPTY:
        _add_text(out, NULL, 0)
    elif special == CLONE_FLAGS:
        _clone_flags(out, r, tables)
    elif special == BOOT:
        value = _at(r, 0, p.a)
        add_int(out, value + <uint64_t>r.epoch_ns if value else 0, 8)
    elif special == EXE_FLAGS:
        _exe_flags(out, r)
    elif special == TIME:
        add_int(out, _at(r, 0, p.a) * NSEC + _at32(r, 0, p.b), 8)
    elif special == PATH:
        _path(out, r, p.a)
    elif special == OPEN_MODE:     # p.a: argument with the mode, p.b: with the flags
        add_int(out, regs[p.a] & 0o7777 if regs[p.b] & O_CREATES else 0, 4)
    elif special == INTERVAL:
        add_int(out, _at(r, p.a, 0) * NSEC + _at(r, p.a, 8) if r.size[p.a] >= 16 else <uint64_t>p.b, 8)
    elif special == POLLS_IN or special == POLLS_OUT:
        _polls(out, r, p.a, special == POLLS_OUT, tables)
    elif special == ADDRESS:
        _address(out, r, p.a)
    elif special == SENT_TO or special == RECEIVED_FROM:
        _tuple(out, r, p.a, p.b, special == RECEIVED_FROM)
    elif special == ACCEPTED:
        _tuple(out, r, -1, p.a, True)
    elif special == QUEUE_PERCENT:
        _queue_percent(out, r, p.a)
    elif special == SOCKOPT_NAME:
        add_int(out, convert(&tables.sockopt, regs[2]) if <uint32_t>regs[1] == SOL_SOCKET else 0, 1)
    elif special == SOCKOPT_VALUE:
        _sockopt_value(out, r, p.a)
    elif EXEC_DIR <= special <= EXEC_FLAGS:
        _exec(out, r, p, tables)
    else:
        _add_rare(out, r, p, tables)


cdef void _add_rare(Out* out, const Record* r, const Param* p, const Tables* tables) noexcept nogil:
    cdef const uint64_t* regs = r.head.regs
    cdef uint64_t command
    cdef int special = p.special
    if special == QUOTA_ID:        # of Q_GETQUOTA, Q_SETQUOTA and their XFS kin
        command = <uint32_t>regs[0] >> 8
        add_int(out, regs[2] if command in (0x800007, 0x800008, 0x5803, 0x5804) else 0, 4)
    elif special == QUOTA_PATH:    # Q_QUOTAON
        if <uint32_t>regs[0] >> 8 == 0x800002:
            _first(out, r, p.a)
        else:
            _add_text(out, NULL, 0)
    elif special == CAPABILITY:    # two halves of 32 bits, 12 bytes apart
        add_int(out, _at32(r, p.a, p.b) | <uint64_t>_at32(r, p.a, p.b + 12) << 32, 8)
    elif special == PRCTL_TEXT:
        if regs[0] == PR_SET_NAME or regs[0] == PR_GET_NAME:
            _first(out, r, p.a)
        else:
            _add_text(out, NULL, 0)
    elif special == PRCTL_NUMBER:
        add_int(out, 0 if regs[0] == PR_SET_NAME or regs[0] == PR_GET_NAME else regs[1], 8)
    elif special == PTRACE_DATA:   # CONT, SINGLESTEP, DETACH, SYSCALL: a signal
        if regs[0] in (7, 9, 17, 24):
            _dyn(out, 1, regs[3], 1)
        else:
            _dyn(out, 0, regs[3], 8)
    elif special == BPF_RESULT:    # MAP_CREATE, PROG_LOAD: a descriptor
        _dyn(out, 0 if regs[0] in (0, 5) and <int64_t>regs[RESULT] >= 0 else 1, regs[RESULT], 8)
    elif special == SECOND:        # of two operations, where there are two
        add_int(out, (_at32(r, p.a, p.b - 2) >> 16 if regs[2] > 1 else 0), p.width)
    elif special == SEMCTL_VALUE:  # SETVAL
        add_int(out, regs[3] if <uint32_t>regs[2] == 16 else 0, 4)
    else:
        add(out, NULL, 0)
