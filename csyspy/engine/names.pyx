"""Names of numbers: errors, signals, flags, users, groups.

Facts: libs: userspace/libsinsp/event.cpp (get_param_as_str), sinsp_errno.h and sinsp_signal.h by way of the event table.
"""

from libc.stdlib cimport realloc
from libc.string cimport memcpy

from csyspy.engine.event cimport FlagName
from csyspy.engine.shown cimport REMEMBERED, NamedNumber
from csyspy.engine.state cimport PRODUCER_OLD
from csyspy.engine.text cimport add_text, add_u64

from csyspy.events import EVENT_TABLE

cdef enum:
    MAX_ERRNO = 1024
    MAX_SIGNAL = 128
    MAX_REMEMBERED = 512      # bytes of a flags text worth remembering

cdef const char* _ERRNO[MAX_ERRNO]
cdef const char* _SIGNAL[MAX_SIGNAL]
cdef list _KEPT = []          # owns the names
cdef Buffer _text = Buffer()


cdef void _fill(const char** table, uint32_t room, dict names) except *:
    cdef bytes raw
    for number, name in names.items():
        if int(number) < room:
            raw = name.encode()
            _KEPT.append(raw)
            table[<uint32_t>int(number)] = raw


_fill(_ERRNO, MAX_ERRNO, EVENT_TABLE["errno"])
_fill(_SIGNAL, MAX_SIGNAL, EVENT_TABLE["signals"])


cdef const char* errno_name(int64_t code) noexcept:
    code = -<int64_t><int>code
    return _ERRNO[code] if 0 < code < MAX_ERRNO else NULL


cdef const char* signal_name(uint32_t number) noexcept:
    return _SIGNAL[number] if number < MAX_SIGNAL else NULL


cdef int add_flag_names(Buffer out, const Shown* shown, uint32_t value, bint exact, bint old_order) except -1:
    """Names of the bits of `value` in the order of the table, joined by `|`; with `exact` all names of just that value.

    A name with several bits takes them all; 0 has a name of its own or none. `old_order`: the way of libs 0.9 and of modes,
    where a name that means the whole value ends the search and is written even after some of its bits had names.
    """
    cdef const FlagName* flag = shown.flags
    cdef const FlagName* end = flag + shown.nflags
    cdef uint32_t left = value
    cdef bint matches, first = True
    while flag < end:
        if exact:
            matches = flag.value == value
        elif old_order and flag.value == value:
            matches = True
        elif flag.value == 0:
            matches = value == 0
        else:
            matches = left != 0 and left & flag.value == flag.value
        if matches:
            if not first:
                out.add_char(c"|")
            add_text(out, flag.name)
            first = False
            if not exact:
                left &= ~flag.value
                if flag.value == value:
                    break
        flag += 1
    return 0


cdef int add_flags(Buffer out, const Shown* shown, uint32_t value, bint exact, int producer, bint brief) except -1:
    """`value(NAMES)`; `brief`: the names alone, where there are any. Few values occur, so their texts are remembered."""
    cdef NamedNumber* known = NULL
    cdef size_t start, n
    if shown.named == NULL:
        return add_u64(out, value)
    known = &shown.named[value % REMEMBERED]
    if known.n == 0 or known.value != value:
        _text.size = 0
        add_u64(_text, value)
        start = _text.size
        _text.add_char(c"(")
        add_flag_names(_text, shown, value, exact, producer == PRODUCER_OLD)
        if _text.size == start + 1:
            _text.size = start
        else:
            _text.add_char(c")")
        if not _remember(known, value):
            return _add_named(out, _text.data, _text.size, brief)
    return _add_named(out, known.text, known.n, brief)


cdef int _add_named(Buffer out, const char* text, size_t n, bint brief) except -1:
    cdef size_t names = 0
    if brief and text[n - 1] == c")":
        while text[names] != c"(":
            names += 1
        return out.add(text + names + 1, n - names - 2)
    return out.add(text, n)


cdef bint _remember(NamedNumber* known, uint32_t value) noexcept:
    cdef char* room
    if _text.size > MAX_REMEMBERED:
        return False
    if _text.size > known.room:
        room = <char*>realloc(known.text, _text.size)
        if room == NULL:
            return False
        known.text = room
        known.room = <uint32_t>_text.size
    memcpy(known.text, _text.data, _text.size)
    known.n = <uint32_t>_text.size
    known.value = value
    return True


cdef bytes _name_in(dict names, State state, uint32_t number, int producer):
    """Name of a user or group; in a container one of its own users, or none.

    sysdig 0.29.3 knew the host's only (libs: userspace/libsinsp/user.h, get_user and get_group).
    """
    if producer != PRODUCER_OLD:
        if state.thread is None:
            return None
        if state.thread.container_id:
            return _encoded(names.get((state.thread.container_id, number)))
    return _encoded(names.get(number))


cdef bytes _encoded(object found):
    if found is None:
        return None
    if isinstance(found, tuple):
        found = found[0]
    return (<str>found).encode("utf-8", "surrogateescape")


cdef bytes user_name(State state, uint32_t uid, int producer):
    return _name_in(state.users, state, uid, producer)


cdef bytes group_name(State state, uint32_t gid, int producer):
    return _name_in(state.groups, state, gid, producer)
