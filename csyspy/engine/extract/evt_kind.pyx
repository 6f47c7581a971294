"""What an event is: type, direction, category, source, and the yes-or-no fields about it.

libs: userspace/libsinsp/sinsp_filtercheck_event.cpp, sinsp_filtercheck_gen_event.cpp; event.cpp, get_category.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, strlen

from csyspy.engine.event cimport (
    EF_READS_FROM_FD, EF_WAITS, EF_WRITES_TO_FD, EVENT_COUNT, EVENTS, MAX_EVENT_TYPES, MAX_SYSCALLS, SYSCALL_NAMES, Event, event_param,
    is_enter, param_i64, param_u64, syscall_code,
)
from csyspy.engine.extract.category cimport *
from csyspy.engine.fds cimport *
from csyspy.engine.state cimport NEED_FD, NEED_NOTHING, NEED_THREAD, PRODUCER_NEWEST, PRODUCER_OLD, State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_STR, Extractor, Value, give_bool, give_int, give_uint, register

from csyspy.events import EVENT_TABLE

cdef const char* _OLD_NAMES[MAX_SYSCALLS]   # by ppm_sc code, where sysdig 0.29.3 had another name
cdef list _KEPT = [(int(code), name.encode()) for code, name in EVENT_TABLE["ppm_sc_0_29_3"].items()]
for _code, _name in _KEPT:
    _OLD_NAMES[<uint32_t>_code] = _name

cdef uint32_t ASYNCEVENT = event_id("ASYNCEVENT_E")
cdef uint32_t PROCINFO = event_id("PROCINFO_E")
cdef bint IS_EXEC[MAX_EVENT_TYPES]        # ends of execve and execveat
for _event in EVENT_TABLE["events"]:
    IS_EXEC[<uint32_t>_event["id"]] = _event["dir"] == "<" and _event["name"] in ("execve", "execveat")


cdef inline int _give(Value* out, const char* text) noexcept:
    out.kind = VK_STR
    out.s = text
    out.n = <uint32_t>strlen(text)
    return 1


cdef int give_param_text(Event* e, uint32_t index, Value* out) noexcept:
    """Parameter `index` up to its NUL; no value where the event does not carry it."""
    cdef const uint8_t* p
    cdef uint32_t n, size = 0
    if not event_param(e, index, &p, &n):
        return 0
    while size < n and p[size]:
        size += 1
    out.kind = VK_STR
    out.s = <const char*>p
    out.n = size
    return 1


cdef const char* event_name(Event* e, int producer) noexcept:
    """Name of the system call or other event; generic events carry theirs as a code.

    In captures of its time they are called as sysdig 0.29.3 called them; newer libs look up codes that the producer did not know.
    """
    cdef uint32_t code
    if e.type > 1:
        return EVENTS[e.type].name
    code = syscall_code(e, producer != PRODUCER_OLD or e.by_number)
    if producer == PRODUCER_OLD and _OLD_NAMES[code] != NULL:
        return _OLD_NAMES[code]
    return SYSCALL_NAMES[code]


cdef int _type(State state, Extractor self, Value* out) except -1:
    """The argument `libs` asks for the name that the newest libs have, which filters go by."""
    if state.evt.type == ASYNCEVENT:
        return give_param_text(&state.evt, 1, out)
    return _give(out, event_name(&state.evt, state.producer if len(self.key) == 0 else PRODUCER_NEWEST))


cdef int _syscall_type(State state, Extractor self, Value* out) except -1:
    if not EVENTS[state.evt.type].category & EC_SYSCALL:
        return 0
    return _give(out, event_name(&state.evt, state.producer))


cdef int _type_is(State state, Extractor self, Value* out) except -1:
    """1 for enter and exit of the named event (the first pair of that name), or for the one of that number."""
    cdef uint32_t i
    if self.scratch[0] == 0:
        self.scratch[0] = self.scratch[1] = MAX_EVENT_TYPES + 1
        if self.index >= 0:
            self.scratch[0] = self.index + 1
        else:
            for i in range(EVENT_COUNT):
                if self.key == <bytes>EVENTS[i].name:
                    self.scratch[0] = i + 1
                    self.scratch[1] = i + 2
                    break
    return give_uint(out, state.evt.type + 1 == self.scratch[0] or state.evt.type + 1 == self.scratch[1])


cdef int _dir(State state, Extractor self, Value* out) except -1:
    return _give(out, b">" if is_enter(&state.evt) else b"<")


cdef int _cpu(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.evt.cpu)


cdef const char* _io_category(State state) noexcept:
    """I/O is classed by what the fd is."""
    cdef int type
    if state.fd is None:
        return b"unknown"
    type = state.fd.type
    if type == FD_FILE or type == FD_FILE_V2 or type == FD_DIRECTORY:
        return b"file"
    if FD_IPV4_SOCK <= type <= FD_IPV6_SERVSOCK:
        return b"net"
    if (
        type == FD_FIFO or type == FD_UNIX_SOCK or type == FD_EVENT or type == FD_SIGNALFD or type == FD_INOTIFY
        or type == FD_USERFAULTFD
    ):
        return b"ipc"
    return b"unknown"


cdef const char* _CATEGORIES[13]
_CATEGORIES[:] = [
    b"unknown", b"other", b"file", b"net", b"IPC", b"memory", b"process", b"sleep", b"system", b"signal", b"user", b"time", b"processing",
]


cdef int _category(State state, Extractor self, Value* out) except -1:
    cdef uint32_t category = category_of(state.evt.type)
    if category <= EC_PROCESSING:
        return _give(out, _CATEGORIES[category])
    if category & EC_IO_BASE:
        return _give(out, _io_category(state))
    if category == EC_WAIT:
        return _give(out, b"wait")
    if category == EC_SCHEDULER:
        return _give(out, b"scheduler")
    return _give(out, b"internal" if category == EC_INTERNAL else b"unknown")


cdef int _is_io(State state, Extractor self, Value* out) except -1:
    return give_bool(out, EVENTS[state.evt.type].flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD))


cdef int _is_io_read(State state, Extractor self, Value* out) except -1:
    return give_bool(out, EVENTS[state.evt.type].flags & EF_READS_FROM_FD)


cdef int _is_io_write(State state, Extractor self, Value* out) except -1:
    return give_bool(out, EVENTS[state.evt.type].flags & EF_WRITES_TO_FD)


cdef int _io_dir(State state, Extractor self, Value* out) except -1:
    cdef uint32_t flags = EVENTS[state.evt.type].flags
    if flags & EF_WRITES_TO_FD:
        return _give(out, b"write")
    return _give(out, b"read") if flags & EF_READS_FROM_FD else 0


cdef int _is_wait(State state, Extractor self, Value* out) except -1:
    return give_bool(out, EVENTS[state.evt.type].flags & EF_WAITS)


cdef int _source(State state, Extractor self, Value* out) except -1:
    """`syscall`, or none: events of plugins need the plugin, to tell theirs."""
    return 0 if EVENTS[state.evt.type].category & EC_PLUGIN else _give(out, b"syscall")


cdef int _is_async(State state, Extractor self, Value* out) except -1:
    return give_bool(out, EVENTS[state.evt.type].category & EC_METAEVENT)


cdef int _async_type(State state, Extractor self, Value* out) except -1:
    if not EVENTS[state.evt.type].category & EC_METAEVENT:
        return 0
    return _type(state, self, out)


cdef int _hostname(State state, Extractor self, Value* out) except -1:
    name = state.machine.get("hostname")
    if name is None:
        return 0
    return self.give(name if isinstance(name, bytes) else (<str>name).encode("utf-8", "surrogateescape"), out)


cdef int _plugin(State state, Extractor self, Value* out) except -1:
    """evt.pluginname and evt.plugininfo: only the plugin could tell, and none is ever loaded."""
    return 0


cdef int _around(State state, Extractor self, Value* out) except -1:
    """The time of the event: a filter compares it with the argument (filters: evt.around)."""
    return give_uint(out, state.evt.ts)


cdef int _count(State state, Extractor self, Value* out) except -1:
    return give_uint(out, 1)


cdef int _counter(State state, Extractor self, Value* out) except -1:
    """How often the field has been looked at, this time included."""
    self.scratch[0] += 1
    return give_uint(out, <uint64_t>self.scratch[0])


cdef int _count_exit(State state, Extractor self, Value* out) except -1:
    return 0 if is_enter(&state.evt) else give_uint(out, 1)


cdef int _count_threadinfo(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.type == PROCINFO)


cdef int _count_procinfo(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.type == PROCINFO and state.thread is not None and state.thread.is_main())


cdef int _count_drift(State state, Extractor self, Value* out) except -1:
    """A new program in a container whose file lies in the layer above its image's: it was put there since."""
    cdef ThreadInfo thread = state.thread
    if thread is None or not thread.container_id or is_enter(&state.evt) or not IS_EXEC[state.evt.type]:
        return give_uint(out, 0)
    return give_uint(out, param_i64(&state.evt, 0, -1) == 0 and thread.exe_upper_layer)


register("evt.type", _type, NEED_NOTHING)
register("syscall.type", _syscall_type, NEED_NOTHING)
register("evt.type.is", _type_is, NEED_NOTHING)
register("evt.dir", _dir, NEED_NOTHING)
register("evt.cpu", _cpu, NEED_NOTHING)
register("evt.category", _category, NEED_THREAD | NEED_FD)
register("evt.is_io", _is_io, NEED_NOTHING)
register("evt.is_io_read", _is_io_read, NEED_NOTHING)
register("evt.is_io_write", _is_io_write, NEED_NOTHING)
register("evt.io_dir", _io_dir, NEED_NOTHING)
register("evt.is_wait", _is_wait, NEED_NOTHING)
register("evt.source", _source, NEED_NOTHING)
register("evt.is_async", _is_async, NEED_NOTHING)
register("evt.asynctype", _async_type, NEED_NOTHING)
register("evt.hostname", _hostname, NEED_NOTHING)
register("evt.pluginname", _plugin, NEED_NOTHING)
register("evt.plugininfo", _plugin, NEED_NOTHING)
register("evt.around", _around, NEED_NOTHING)
register("evt.count", _count, NEED_NOTHING)
register("evt.count.exit", _count_exit, NEED_NOTHING)
register("evt.count.threadinfo", _count_threadinfo, NEED_NOTHING)
register("evt.count.procinfo", _count_procinfo, NEED_THREAD)
register("evt.count.drift", _count_drift, NEED_THREAD)
register("util.cnt", _counter, NEED_NOTHING)
