"""The event table as C arrays, and the decoding of one event header.

Sources: `libs: driver/event_table.c`, `driver/flags_table.c`, `driver/dynamic_params_table.c` by way of
`csyspy/events/events.json`; header layouts in `libs: driver/ppm_events_public.h`.
"""

from libc.stdlib cimport calloc
from libc.string cimport memcpy

from csyspy.events import EVENT_TABLE

cdef enum:
    MAX_NATIVE = 1024

cdef uint16_t _OF_NATIVE[MAX_NATIVE]      # system call number of x86-64 -> ppm_sc code, 0 where there is none

cdef uint8_t _NO_BYTES[8]    # what an event without any points to

cdef list _KEPT = []         # owns the bytes that the C tables point into
cdef dict _FLAG_TABLES = {}  # name -> (address, count)


cdef const char* _text(str text):
    cdef bytes raw = text.encode()
    _KEPT.append(raw)
    return raw


cdef void _fill_flags(ParamInfo* out, str table, dict tables) except *:
    cdef FlagName* names
    cdef Py_ssize_t i
    if table not in _FLAG_TABLES:
        rows = tables[table]
        names = <FlagName*>calloc(len(rows) or 1, sizeof(FlagName))
        if names == NULL:
            raise MemoryError
        for i, row in enumerate(rows):
            names[i].name = _text(row["name"])
            names[i].value = row["value"] & 0xFFFFFFFF
        _FLAG_TABLES[table] = (<size_t>names, len(rows))
    address, count = _FLAG_TABLES[table]
    out.flags = <const FlagName*><size_t>address
    out.nflags = count


cdef void _fill_param(ParamInfo* out, dict param, dict types, dict formats, dict data, dict variants) except *:
    out.name = _text(param.get("name", ""))
    out.type = types[param["type"]]
    out.fmt = formats[param["fmt"]]
    out.dirfd = param.get("dirfd_param", -1)
    if "table" in param and param["table"] in data["tables"]:
        _fill_flags(out, param["table"], data["tables"])
    if "dyn" in param:
        address, count = variants[param["dyn"]]
        out.variants = <const ParamInfo*><size_t>address
        out.nvariants = count


cdef ParamInfo* _params(list rows, dict types, dict formats, dict data, dict variants) except NULL:
    cdef ParamInfo* out = <ParamInfo*>calloc(len(rows) or 1, sizeof(ParamInfo))
    cdef Py_ssize_t i
    if out == NULL:
        raise MemoryError
    for i, row in enumerate(rows):
        _fill_param(&out[i], row, types, formats, data, variants)
    return out


cdef void _load(dict data) except *:
    global EVENTS, EVENT_COUNT, SYSCALL_NAMES, SYSCALL_COUNT
    types = {name: int(code) for code, name in data["param_types"].items()}
    formats = {name: int(code) for code, name in data["print_formats"].items()}
    variants = {}
    for name, rows in data["dynamic_params"].items():
        variants[name] = (<size_t>_params(rows, types, formats, data, variants), len(rows))
    EVENTS = <EventInfo*>calloc(MAX_EVENT_TYPES, sizeof(EventInfo))
    if EVENTS == NULL:
        raise MemoryError
    EVENT_COUNT = len(data["events"])
    cdef EventInfo* info
    for event in data["events"]:
        info = &EVENTS[<int>event["id"]]
        info.name = _text(event["name"])
        info.flags = event["flags_value"]
        info.category = event["category_value"]
        info.nparams = len(event["params"])
        info.params = _params(event["params"], types, formats, data, variants)
    names = {int(code): name for code, name in data["ppm_sc"].items()}
    SYSCALL_COUNT = max(names) + 1
    if SYSCALL_COUNT > MAX_SYSCALLS:
        raise ValueError("more system calls than there are kinds for")
    SYSCALL_NAMES = <const char**>calloc(SYSCALL_COUNT, sizeof(char*))
    if SYSCALL_NAMES == NULL:
        raise MemoryError
    for code, name in names.items():
        SYSCALL_NAMES[<int>code] = _text(name)


    for row in data["syscalls_x86_64"]:
        if row["nr"] < MAX_NATIVE:
            _OF_NATIVE[<uint32_t>row["nr"]] = row["ppm_sc"]


_load(EVENT_TABLE)


cdef uint32_t syscall_code(Event* e, bint look_up) noexcept nogil:
    cdef uint64_t code = param_u64(e, 0, 0)
    cdef uint64_t native
    if code == 0 and e.nparams > 1 and look_up:
        native = param_u64(e, 1, 0)
        code = _OF_NATIVE[native] if native < MAX_NATIVE else 0
    return <uint32_t>code if code < SYSCALL_COUNT and SYSCALL_NAMES[code] != NULL else 0


cdef void _event_offsets(Event* e, uint32_t upto) noexcept nogil:
    """Sum the lengths up to parameter `upto`; event_decode has checked that the whole sum stays inside the event."""
    cdef uint32_t i = e.ndecoded
    cdef uint32_t end = e.ends[i - 1] if i else 0
    cdef uint16_t n2
    cdef uint32_t n4
    while i <= upto:
        if e.lensize == 2:
            memcpy(&n2, e.lens + 2 * i, 2)
            end += n2
        else:
            memcpy(&n4, e.lens + 4 * i, 4)
            end += n4
        e.ends[i] = end
        i += 1
    e.ndecoded = i


cdef bint event_decode(Event* e, const uint8_t* raw, size_t avail, bint v1) noexcept nogil:
    """Decode the header at `raw`, of which `avail` bytes may be read, and check every length behind it.

    Returns False where the event is not sound: shorter than its header, longer than what is there, or with
    parameters that pass its end. Fills everything but cpu, flags and num. A v1 event has no count of its own:
    it has as many parameters as its lengths add up to its end, at most the table's number
    (libs: userspace/libscap/engine/savefile/scap_savefile.c, v1 to v2 upgrade).
    """
    cdef uint32_t header = 22 if v1 else 26
    cdef uint32_t size, count, i, n
    cdef uint64_t total
    cdef size_t room
    if avail < header:
        return False
    memcpy(&e.ts, raw, 8)
    memcpy(&e.tid, raw + 8, 8)
    memcpy(&size, raw + 16, 4)
    memcpy(&e.type, raw + 20, 2)
    if v1 and (e.type == 280 or e.type == 286) and size > 3:
        size -= 3    # old producers counted three bytes too many in notification and infra events
    if size < header or size > avail:
        return False
    e.raw = raw
    e.size = size
    e.header = header
    e.limit = raw + size
    e.lens = raw + header
    e.lensize = 2
    if e.type < EVENT_COUNT and EVENTS[e.type].flags & EF_LARGE_PAYLOAD:
        e.lensize = 4
    e.ndecoded = 0
    room = size - header
    if not v1:
        memcpy(&count, raw + 22, 4)
        if <uint64_t>count * e.lensize > room:
            return False
        total = 0
        for i in range(count):
            if e.lensize == 2:
                total += _u16(e.lens + 2 * i)
            else:
                total += _u32(e.lens + 4 * i)
        if total > room - count * e.lensize:
            return False
        e.data = e.lens + count * e.lensize
        e.nparams = count if count <= MAX_PARAMS else MAX_PARAMS
        return True
    count = EVENTS[e.type].nparams if e.type < EVENT_COUNT else 0
    while True:
        if count * e.lensize <= room:
            total = count * e.lensize
            for i in range(count):
                total += _u16(e.lens + 2 * i) if e.lensize == 2 else _u32(e.lens + 4 * i)
            if total == room:
                break
            if total < room and e.type < EVENT_COUNT:
                return False
        if count == 0:
            break
        count -= 1
    e.nparams = count
    e.data = e.lens + count * e.lensize
    return True


cdef void make_empty(Event* e, uint16_t evt_type) noexcept nogil:
    """Make it one of that type without header and parameters, that no source numbered; its time and thread stay."""
    e.raw = e.lens = e.data = e.limit = _NO_BYTES
    e.type = evt_type
    e.size = e.header = 0
    e.nparams = e.ndecoded = 0
    e.lensize = 2
    e.cpu = 0
    e.num = 0


cdef inline uint32_t _u16(const uint8_t* p) noexcept nogil:
    cdef uint16_t n
    memcpy(&n, p, 2)
    return n


cdef inline uint32_t _u32(const uint8_t* p) noexcept nogil:
    cdef uint32_t n
    memcpy(&n, p, 4)
    return n
