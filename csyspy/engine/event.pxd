"""One event of the scap encoding, decoded where it lies; and the event table as C arrays."""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    MAX_PARAMS = 64      # no event type has more than 32 parameters; surplus ones of a newer producer are kept up to here
    MAX_EVENT_TYPES = 512
    MAX_SYSCALLS = 512
    KINDS = MAX_EVENT_TYPES + 2 * MAX_SYSCALLS    # event types, then generic events by system call: see event_kind

cdef enum EventFlag:     # libs: driver/ppm_events_public.h, enum ppm_event_flags
    EF_CREATES_FD = 1
    EF_DESTROYS_FD = 2
    EF_USES_FD = 4
    EF_READS_FROM_FD = 8
    EF_WRITES_TO_FD = 16
    EF_MODIFIES_STATE = 32
    EF_UNUSED = 64
    EF_WAITS = 128
    EF_SKIPPARSERESET = 256
    EF_OLD_VERSION = 512
    EF_DROP_SIMPLE_CONS = 1024
    EF_LARGE_PAYLOAD = 2048
    EF_CONVERTER_MANAGED = 4096

cdef enum DumpFlag:      # of an EVF block
    DF_STATE_ONLY = 1
    DF_TRACER = 2
    DF_LARGE = 4

cdef enum ParamType:     # libs: driver/ppm_events_public.h, enum ppm_param_type
    PT_NONE = 0
    PT_INT8 = 1
    PT_INT16 = 2
    PT_INT32 = 3
    PT_INT64 = 4
    PT_UINT8 = 5
    PT_UINT16 = 6
    PT_UINT32 = 7
    PT_UINT64 = 8
    PT_CHARBUF = 9
    PT_BYTEBUF = 10
    PT_ERRNO = 11
    PT_SOCKADDR = 12
    PT_SOCKTUPLE = 13
    PT_FD = 14
    PT_PID = 15
    PT_FDLIST = 16
    PT_FSPATH = 17
    PT_SYSCALLID = 18
    PT_SIGTYPE = 19
    PT_RELTIME = 20
    PT_ABSTIME = 21
    PT_PORT = 22
    PT_L4PROTO = 23
    PT_SOCKFAMILY = 24
    PT_BOOL = 25
    PT_IPV4ADDR = 26
    PT_DYN = 27
    PT_FLAGS8 = 28
    PT_FLAGS16 = 29
    PT_FLAGS32 = 30
    PT_UID = 31
    PT_GID = 32
    PT_DOUBLE = 33
    PT_SIGSET = 34
    PT_CHARBUFARRAY = 35
    PT_CHARBUF_PAIR_ARRAY = 36
    PT_IPV4NET = 37
    PT_IPV6ADDR = 38
    PT_IPV6NET = 39
    PT_IPADDR = 40
    PT_IPNET = 41
    PT_MODE = 42
    PT_FSRELPATH = 43
    PT_ENUMFLAGS8 = 44
    PT_ENUMFLAGS16 = 45
    PT_ENUMFLAGS32 = 46
    PT_FD32 = 47
    PT_PID32 = 48

cdef enum PrintFormat:
    PF_NA = 0
    PF_DEC = 1
    PF_HEX = 2
    PF_10_PADDED_DEC = 3
    PF_ID = 4
    PF_DIR = 5
    PF_OCT = 6

cdef struct FlagName:
    const char* name
    uint32_t value

cdef struct ParamInfo:
    const char* name
    uint8_t type          # ParamType
    uint8_t fmt           # PrintFormat
    int8_t dirfd          # index of the parameter that holds the directory fd of an FSRELPATH, else -1
    const FlagName* flags # table of a FLAGS/ENUMFLAGS/MODE parameter, in the order of the table, or NULL
    uint32_t nflags
    const ParamInfo* variants   # of a DYN parameter: the types by index, else NULL
    uint32_t nvariants

cdef struct EventInfo:
    const char* name      # `openat`; for generic events `syscall`
    uint32_t flags        # EventFlag bits
    uint32_t category     # low bits: category; high bits: source (libs: ppm_event_category)
    uint32_t nparams
    ParamInfo* params

cdef struct Event:
    const uint8_t* raw    # the event header in the batch; valid until the next event
    uint32_t size         # bytes of header + lengths + data
    uint32_t header       # bytes of the header: 26, or 22 in v1 blocks
    uint64_t ts           # ns since the epoch
    int64_t tid
    uint16_t type
    uint16_t cpu
    uint32_t flags        # DumpFlag bits
    uint32_t nparams      # the event's own count
    uint32_t lensize      # bytes of one length: 2 or 4
    const uint8_t* lens
    const uint8_t* data
    const uint8_t* limit  # first byte behind the event
    bint by_number        # generic events without a code are named by the number of the call
    uint64_t num          # evt.num: 1 is the first event of the source, hidden ones counted
    uint32_t ndecoded     # parameters whose end offset is known
    uint32_t ends[MAX_PARAMS]   # end offset of parameter i, from data

cdef EventInfo* EVENTS          # by event id; entries past EVENT_COUNT have no name
cdef uint32_t EVENT_COUNT
cdef const char** SYSCALL_NAMES # by ppm_sc code, NULL where there is none
cdef uint32_t SYSCALL_COUNT

cdef uint32_t syscall_code(Event* e, bint look_up) noexcept nogil
# Of a generic event, its ppm_sc code, one that has a name; with `look_up` by the native number where the producer knew no code.

cdef bint event_decode(Event* e, const uint8_t* raw, size_t avail, bint v1) noexcept nogil
cdef void _event_offsets(Event* e, uint32_t upto) noexcept nogil
cdef void make_empty(Event* e, uint16_t evt_type) noexcept nogil


cdef inline bint is_enter(const Event* e) noexcept nogil:
    return (e.type & 1) == 0


cdef inline bint event_param(Event* e, uint32_t i, const uint8_t** p, uint32_t* n) noexcept nogil:
    """Bytes of parameter `i`; False where the event does not carry it. Bounds are checked once, at decoding."""
    if i >= e.nparams:
        return False
    if i >= e.ndecoded:
        _event_offsets(e, i)
    cdef uint32_t start = e.ends[i - 1] if i else 0
    p[0] = e.data + start
    n[0] = e.ends[i] - start
    return True


cdef inline int64_t param_i64(Event* e, uint32_t i, int64_t missing) noexcept nogil:
    """Parameter `i` as a signed integer of whatever width the event gives it; `missing` where it is absent or empty."""
    cdef const uint8_t* p
    cdef uint32_t n
    if not event_param(e, i, &p, &n):
        return missing
    if n == 8:
        return (<const int64_t*>p)[0]
    if n == 4:
        return (<const int32_t*>p)[0]
    if n == 2:
        return (<const int16_t*>p)[0]
    if n == 1:
        return (<const int8_t*>p)[0]
    return missing


cdef inline uint64_t param_u64(Event* e, uint32_t i, uint64_t missing) noexcept nogil:
    """Parameter `i` as an unsigned integer of whatever width the event gives it."""
    cdef const uint8_t* p
    cdef uint32_t n
    if not event_param(e, i, &p, &n):
        return missing
    if n == 8:
        return (<const uint64_t*>p)[0]
    if n == 4:
        return (<const uint32_t*>p)[0]
    if n == 2:
        return (<const uint16_t*>p)[0]
    if n == 1:
        return p[0]
    return missing


cdef inline bytes param_str(Event* e, uint32_t i):
    """Parameter `i` as text without its closing NUL; None where it is absent, empty or `(NULL)`."""
    cdef const uint8_t* p
    cdef uint32_t n, k
    if not event_param(e, i, &p, &n) or n == 0:
        return None
    k = 0
    while k < n and p[k]:
        k += 1
    if n == 7 and k == 6 and (<const char*>p)[:6] == b"(NULL)":
        return None
    return (<const char*>p)[:k]


cdef inline uint32_t event_kind(Event* e) noexcept nogil:
    """The event's type; generic events, whose name is that of a system call, have a kind for each call and direction."""
    return e.type if e.type > 1 else MAX_EVENT_TYPES + 2 * syscall_code(e, True) + e.type
