"""The event table as each generation of libs shows it.

The table of the newest libs holds for every event; older ones called a few parameters differently or gave them another type
(`in_0_29_3.params_changed` of the event table; libs 0.20: driver/event_table.c). An event is prepared when it is first shown.
"""

from libc.stdlib cimport calloc
from libc.string cimport memcpy, strlen

from csyspy.engine.event cimport (
    EVENTS, FlagName, MAX_EVENT_TYPES, PT_ENUMFLAGS8, PT_ENUMFLAGS16, PT_ENUMFLAGS32, PT_FLAGS8, PT_FLAGS16, PT_FLAGS32, PT_MODE,
)
from csyspy.engine.state cimport PRODUCER_LIBS20, PRODUCER_OLD

from csyspy.events import EVENT_TABLE

cdef ShownEvent* _EVENTS[3][MAX_EVENT_TYPES]     # by Producer and event type; NULL until first shown
cdef list _KEPT = []                             # owns the changed names


cdef dict _changes():
    """(Producer, event id, parameter) -> (name, type code) where an older generation differs."""
    codes = {name: int(code) for code, name in EVENT_TABLE["param_types"].items()}
    changes = {}
    for event in EVENT_TABLE["events"]:
        for index, was in ((event.get("in_0_29_3") or {}).get("params_changed") or {}).items():
            changes[PRODUCER_OLD, event["id"], int(index)] = (was["name"].encode(), codes[was["type"]])
        if event["enum"] == "PPME_SYSCALL_SETPGID_X":
            changes[PRODUCER_LIBS20, event["id"], 0] = (b"res", codes["PID"])
    return changes


cdef dict _CHANGES = _changes()

# event id -> parameters in 0.29.3, which does not show those that younger libs have appended
cdef dict _OLD_COUNTS = {event["id"]: event["in_0_29_3"]["nparams"] for event in EVENT_TABLE["events"] if event.get("in_0_29_3")}


# by Producer: names of flags that its libs did not have yet (libs: driver/flags_table.c)
cdef list _LATER_FLAGS = [
    frozenset({
        b"O_F_CREATED", b"FD_UPPER_LAYER", b"FD_LOWER_LAYER", b"SHUT_UNKNOWN", b"EXE_UPPER_LAYER", b"EXE_FROM_MEMFD", b"EXE_LOWER_LAYER",
        b"CLONE_CHILD_IN_PIDNS",
    }),
    frozenset({b"CLONE_CHILD_IN_PIDNS"}),
    frozenset(),
]

# openat2: the table of 0.29.3 takes the path itself for the directory fd, and so ends up in the working directory
cdef set _WITHOUT_DIRFD = {(PRODUCER_OLD, event["id"], 1) for event in EVENT_TABLE["events"] if event["enum"] == "PPME_SYSCALL_OPENAT2_E"}


cdef const ShownEvent* shown_event(int producer, uint32_t type) except NULL:
    if _EVENTS[producer][type] == NULL:
        _EVENTS[producer][type] = _prepare(producer, type)
    return _EVENTS[producer][type]


cdef ShownEvent* _prepare(int producer, uint32_t type) except NULL:
    cdef ShownEvent* event = <ShownEvent*>calloc(1, sizeof(ShownEvent))
    cdef Shown* shown
    cdef const ParamInfo* info
    cdef uint32_t i
    if event == NULL:
        raise MemoryError
    event.nparams = EVENTS[type].nparams
    event.params = <Shown*>calloc(event.nparams or 1, sizeof(Shown))
    if event.params == NULL:
        raise MemoryError
    for i in range(event.nparams):
        info = &EVENTS[type].params[i]
        shown = &event.params[i]
        shown.info = info
        shown.fmt = info.fmt
        shown.type = info.type
        shown.dirfd = info.dirfd if (producer, type, i) not in _WITHOUT_DIRFD else -1
        change = _CHANGES.get((producer, type, i))
        if change is None:
            _set_prefix(shown, info.name, <uint32_t>strlen(info.name))
        else:
            name, shown.type = change
            _KEPT.append(name)
            _set_prefix(shown, name, <uint32_t>len(name))
        if info.flags != NULL and shown.type in (
            PT_FLAGS8, PT_FLAGS16, PT_FLAGS32, PT_ENUMFLAGS8, PT_ENUMFLAGS16, PT_ENUMFLAGS32, PT_MODE,
        ):
            _set_flags(shown, _LATER_FLAGS[producer])
            shown.named = <NamedNumber*>calloc(REMEMBERED, sizeof(NamedNumber))
            if shown.named == NULL:
                raise MemoryError
    if producer == PRODUCER_OLD:
        event.nparams = min(event.nparams, <uint32_t>_OLD_COUNTS.get(type, event.nparams))
    return event


cdef int _set_flags(Shown* shown, frozenset later) except -1:
    """The table of a flags parameter without the names that came `later`."""
    cdef FlagName* kept
    cdef uint32_t i
    shown.flags = shown.info.flags
    shown.nflags = shown.info.nflags
    for i in range(shown.info.nflags):
        if <bytes>shown.info.flags[i].name in later:
            break
    else:
        return 0
    kept = <FlagName*>calloc(shown.info.nflags, sizeof(FlagName))
    if kept == NULL:
        raise MemoryError
    shown.flags = kept
    shown.nflags = 0
    for i in range(shown.info.nflags):
        if <bytes>shown.info.flags[i].name not in later:
            kept[shown.nflags] = shown.info.flags[i]
            shown.nflags += 1
    return 0


cdef int _set_prefix(Shown* shown, const char* name, uint32_t n) except -1:
    cdef char* prefix = <char*>calloc(n + 2, 1)
    if prefix == NULL:
        raise MemoryError
    memcpy(prefix, name, n)
    prefix[n] = c"="
    shown.prefix = prefix
    shown.prefix_n = n + 1
    return 0
