"""How an event went: return value, failure, bytes moved, error counts, how a file was opened.

libs: userspace/libsinsp/sinsp_filtercheck_event.cpp; event.h, has_return_value and get_syscall_return_value.
"""

from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.event cimport EVENTS, event_param, is_enter, param_i64, param_u64
from csyspy.engine.extract.category cimport *
from csyspy.engine.fds cimport FD_DIRECTORY, FD_FILE, FD_FILE_V2, FD_IPV4_SOCK, FD_IPV6_SERVSOCK, FD_UNIX_SOCK
from csyspy.engine.names cimport errno_name
from csyspy.engine.render cimport add_param
from csyspy.engine.shown cimport shown_event
from csyspy.engine.state cimport NEED_FD, NEED_NOTHING, NEED_THREAD, PRODUCER_LIBS20, PRODUCER_NEWEST, State
from csyspy.engine.text cimport add_text
from csyspy.engine.value cimport Extractor, Value, give_bool, give_int, give_uint, register

cdef enum OpenFlag:          # libs: driver/ppm_events_public.h, PPM_O_*
    O_RDONLY = 1 << 0
    O_WRONLY = 1 << 1
    O_CREAT = 1 << 2
    O_TMPFILE = 1 << 13
    O_F_CREATED = 1 << 14

cdef enum:
    EXEC_BITS = 0o111

cdef EventSet FILE_OPENS     # their failure is an error of files, though they leave no fd
name_events(FILE_OPENS, ("OPEN_X", "CREAT_X", "OPENAT_X", "OPENAT_2_X", "OPENAT2_X", "OPEN_BY_HANDLE_AT_X"))
cdef EventSet NET_OPENS
name_events(NET_OPENS, ("ACCEPT_X", "ACCEPT_5_X", "ACCEPT4_X", "ACCEPT4_5_X", "ACCEPT4_6_X", "CONNECT_X"))

cdef uint32_t OPEN_X = event_id("OPEN_X")
cdef uint32_t OPENAT_E = event_id("OPENAT_E")
cdef uint32_t OPENAT_2_X = event_id("OPENAT_2_X")
cdef uint32_t OPENAT2_X = event_id("OPENAT2_X")
cdef uint32_t OPEN_BY_HANDLE_AT_X = event_id("OPEN_BY_HANDLE_AT_X")
cdef uint32_t CREAT_X = event_id("CREAT_X")


cdef inline bint has_result(State state) noexcept:
    """The event has a return value: the first parameter of every exit event of a system call that is not generic."""
    return state.evt.type > 1 and not is_enter(&state.evt) and state.evt.nparams > 0 and EVENTS[state.evt.type].category & EC_SYSCALL


cdef inline int64_t result_of(State state) noexcept:
    return param_i64(&state.evt, 0, 0)


cdef int _rawres(State state, Extractor self, Value* out) except -1:
    return give_int(out, result_of(state)) if has_result(state) else 0


cdef int _res(State state, Extractor self, Value* out) except -1:
    """`SUCCESS`, or the name of the error."""
    cdef int era
    if not has_result(state):
        return 0
    self.scratch_text()
    if result_of(state) >= 0:
        add_text(self.text, b"SUCCESS")
    else:
        era = PRODUCER_NEWEST if state.producer == PRODUCER_NEWEST else PRODUCER_LIBS20
        add_param(self.text, state, &shown_event(era, state.evt.type).params[0], 0, era, 0, True)
    return self.give_text(out)


cdef int _failed(State state, Extractor self, Value* out) except -1:
    return give_bool(out, result_of(state) < 0) if has_result(state) else 0


cdef int _count_error(State state, Extractor self, Value* out) except -1:
    return give_uint(out, result_of(state) < 0) if has_result(state) else 0


cdef inline bint _on_file(State state) noexcept:
    if state.fd is not None:
        return state.fd.is_file() or state.fd.type == FD_DIRECTORY
    return FILE_OPENS[state.evt.type]


cdef inline bint _on_net(State state) noexcept:
    if state.fd is not None:
        return FD_IPV4_SOCK <= state.fd.type <= FD_IPV6_SERVSOCK or state.fd.type == FD_UNIX_SOCK
    return NET_OPENS[state.evt.type]


cdef int _count_error_file(State state, Extractor self, Value* out) except -1:
    return _count_error(state, self, out) if _on_file(state) else 0


cdef int _count_error_net(State state, Extractor self, Value* out) except -1:
    return _count_error(state, self, out) if _on_net(state) else 0


cdef int _count_error_memory(State state, Extractor self, Value* out) except -1:
    return _count_error(state, self, out) if category_of(state.evt.type) == EC_MEMORY else 0


cdef int _count_error_other(State state, Extractor self, Value* out) except -1:
    if _on_file(state) or _on_net(state) or (state.fd is None and category_of(state.evt.type) == EC_MEMORY):
        return 0
    return _count_error(state, self, out)


cdef int _count_open(State state, Extractor self, Value* out) except -1:
    """csysdig counts open(2) alone, which hardly any program calls today."""
    return give_uint(out, FILE_OPENS[state.evt.type])


cdef enum _Fd:             # what evt.buflen.* asks of the fd
    ANY_FD = 0
    FILE_FD = 1
    NET_FD = 2


cdef int _moved(State state, uint32_t category, int fd_kind, Value* out) noexcept:
    """Bytes that an I/O event moved: of all kinds (category 0) or only read or written; on fds of one kind."""
    cdef uint32_t own = category_of(state.evt.type)
    if state.fd is None or not own & EC_IO_BASE or (category and own != category):
        return 0
    if fd_kind == FILE_FD and not state.fd.is_file():
        return 0
    if fd_kind == NET_FD and not FD_IPV4_SOCK <= state.fd.type <= FD_IPV6_SERVSOCK:
        return 0
    if is_enter(&state.evt) or not has_result(state) or result_of(state) < 0:
        return 0
    return give_uint(out, <unsigned long long>result_of(state))


cdef int _buflen(State state, Extractor self, Value* out) except -1:
    return _moved(state, 0, ANY_FD, out)


cdef int _buflen_in(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_READ, ANY_FD, out)


cdef int _buflen_out(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_WRITE, ANY_FD, out)


cdef int _buflen_file(State state, Extractor self, Value* out) except -1:
    return _moved(state, 0, FILE_FD, out)


cdef int _buflen_file_in(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_READ, FILE_FD, out)


cdef int _buflen_file_out(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_WRITE, FILE_FD, out)


cdef int _buflen_net(State state, Extractor self, Value* out) except -1:
    return _moved(state, 0, NET_FD, out)


cdef int _buflen_net_in(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_READ, NET_FD, out)


cdef int _buflen_net_out(State state, Extractor self, Value* out) except -1:
    return _moved(state, EC_IO_WRITE, NET_FD, out)


cdef bint _open_flags(State state, uint32_t* flags, uint32_t* mode) noexcept:
    """Flags and permission bits of an open; False on other events. Which parameters they are depends on the event."""
    cdef uint32_t type = state.evt.type
    cdef uint32_t at
    if type == OPENAT_2_X or type == OPENAT2_X:
        at = 3
    elif type == OPEN_X or type == OPENAT_E or type == OPEN_BY_HANDLE_AT_X:
        at = 2
    else:
        return False
    flags[0] = <uint32_t>param_u64(&state.evt, at, 0)
    mode[0] = 0 if type == OPEN_BY_HANDLE_AT_X else <uint32_t>param_u64(&state.evt, at + 1, 0)
    return True


cdef int _open_read(State state, Extractor self, Value* out) except -1:
    cdef uint32_t flags, mode
    return give_bool(out, _open_flags(state, &flags, &mode) and flags & O_RDONLY)


cdef int _open_write(State state, Extractor self, Value* out) except -1:
    cdef uint32_t flags, mode
    return give_bool(out, _open_flags(state, &flags, &mode) and flags & O_WRONLY)


cdef int _open_create(State state, Extractor self, Value* out) except -1:
    cdef uint32_t flags, mode
    if not _open_flags(state, &flags, &mode):
        return give_bool(out, False)
    return give_bool(out, flags & O_F_CREATED or (flags & O_TMPFILE and has_result(state) and result_of(state) >= 0))


cdef int _open_exec(State state, Extractor self, Value* out) except -1:
    """A file is made with permission to execute it."""
    cdef uint32_t flags, mode
    if state.evt.type == CREAT_X:
        return give_bool(out, param_u64(&state.evt, 2, 0) & EXEC_BITS)
    return give_bool(out, _open_flags(state, &flags, &mode) and flags & (O_TMPFILE | O_CREAT) and mode & EXEC_BITS)


register("evt.rawres", _rawres, NEED_NOTHING)
register("evt.res", _res, NEED_THREAD | NEED_FD)
register("evt.failed", _failed, NEED_NOTHING)
register("evt.count.open", _count_open, NEED_NOTHING)
register("evt.count.error", _count_error, NEED_NOTHING)
register("evt.count.error.file", _count_error_file, NEED_THREAD | NEED_FD)
register("evt.count.error.net", _count_error_net, NEED_THREAD | NEED_FD)
register("evt.count.error.memory", _count_error_memory, NEED_NOTHING)
register("evt.count.error.other", _count_error_other, NEED_THREAD | NEED_FD)
register("evt.buflen", _buflen, NEED_THREAD | NEED_FD)
register("evt.buflen.in", _buflen_in, NEED_THREAD | NEED_FD)
register("evt.buflen.out", _buflen_out, NEED_THREAD | NEED_FD)
register("evt.buflen.file", _buflen_file, NEED_THREAD | NEED_FD)
register("evt.buflen.file.in", _buflen_file_in, NEED_THREAD | NEED_FD)
register("evt.buflen.file.out", _buflen_file_out, NEED_THREAD | NEED_FD)
register("evt.buflen.net", _buflen_net, NEED_THREAD | NEED_FD)
register("evt.buflen.net.in", _buflen_net_in, NEED_THREAD | NEED_FD)
register("evt.buflen.net.out", _buflen_net_out, NEED_THREAD | NEED_FD)
register("evt.is_open_read", _open_read, NEED_NOTHING)
register("evt.is_open_write", _open_write, NEED_NOTHING)
register("evt.is_open_create", _open_create, NEED_NOTHING)
register("evt.is_open_exec", _open_exec, NEED_NOTHING)
