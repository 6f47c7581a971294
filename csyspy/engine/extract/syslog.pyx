"""Messages to the system log: what a process writes to /dev/log, `<priority>message`.

libs: userspace/libsinsp/sinsp_syslog.cpp, parsers.cpp (parse_rw_exit), sinsp_filtercheck_syslog.cpp.
"""

from libc.stdint cimport int8_t, uint8_t

from csyspy.engine.event cimport EF_WRITES_TO_FD, EVENTS, event_param, is_enter, param_i64
from csyspy.engine.extract.params cimport param_indexes
from csyspy.engine.state cimport NEED_FD, NEED_THREAD
from csyspy.engine.text cimport add_text
from csyspy.engine.value cimport VK_STR, Extractor, Value, give_bool, give_uint, register

cdef enum:
    MAX_DIGITS = 9         # of the priority

cdef int8_t* _DATA = param_indexes(b"data")

cdef const char* _SEVERITIES[8]
_SEVERITIES[:] = [b"emerg", b"alert", b"crit", b"err", b"warn", b"notice", b"info", b"debug"]

cdef const char* _FACILITIES[24]
_FACILITIES[:] = [
    b"kern", b"user", b"mail", b"daemon", b"auth", b"syslog", b"lpr", b"news", b"uucp", b"clock", b"authpriv", b"ftp", b"ntp",
    b"logaudit", b"logalert", b"cron", b"local0", b"local1", b"local2", b"local3", b"local4", b"local5", b"local6", b"local7",
]


cdef bint writes_syslog(State state) noexcept:
    """The event writes to an fd of the system log."""
    return EVENTS[state.evt.type].flags & EF_WRITES_TO_FD and state.fd is not None and b"/dev/log" in state.fd.name


cdef bint read_syslog(State state, SyslogLine* line) except -1:
    """The message of the current event; False where it has none that is well-formed."""
    cdef const uint8_t* p
    cdef uint32_t n, i = 1
    cdef uint32_t priority = 0
    if state.fd is None or not EVENTS[state.evt.type].flags & EF_WRITES_TO_FD or is_enter(&state.evt):
        return False
    if not writes_syslog(state) or param_i64(&state.evt, 0, -1) < 0:
        return False
    if _DATA[state.evt.type] < 0 or not event_param(&state.evt, <uint32_t>_DATA[state.evt.type], &p, &n):
        return False
    while i < n and c"0" <= p[i] <= c"9" and i <= MAX_DIGITS:
        priority = priority * 10 + (p[i] - c"0")
        i += 1
    if i == 1 or i >= n or p[i] != c">":
        return False
    line.severity = priority & 7
    line.facility = priority >> 3
    line.message = <const char*>p + i + 1
    line.n = 0
    while i + 1 + line.n < n and line.message[line.n]:
        line.n += 1
    return True


cdef const char* _severity(uint32_t severity) noexcept:
    return _SEVERITIES[severity]


cdef const char* _facility(uint32_t facility) noexcept:
    if facility >= 24:
        return b"<NA>"
    return _FACILITIES[facility]


cdef int add_syslog_info(Buffer out, const SyslogLine* line) except -1:
    """What evt.info shows instead of the parameters."""
    add_text(out, b"syslog sev=")
    add_text(out, _severity(line.severity))
    add_text(out, b" msg=")
    return out.add(line.message, line.n)


cdef int _give(Value* out, const char* text, uint32_t n) noexcept:
    out.kind = VK_STR
    out.s = text
    out.n = n
    return 1


cdef int _give_text(Extractor self, Value* out, const char* text) except -1:
    add_text(self.scratch_text(), text)
    return self.give_text(out)


cdef int _message(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    return _give(out, line.message, line.n) if read_syslog(state, &line) else 0


cdef int _facility_number(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    return give_uint(out, line.facility) if read_syslog(state, &line) else 0


cdef int _facility_name(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    return _give_text(self, out, _facility(line.facility)) if read_syslog(state, &line) else 0


cdef int _severity_number(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    return give_uint(out, line.severity) if read_syslog(state, &line) else 0


cdef int _severity_name(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    return _give_text(self, out, _severity(line.severity)) if read_syslog(state, &line) else 0


cdef int _is_syslog(State state, Extractor self, Value* out) except -1:
    return give_bool(out, writes_syslog(state))


register("syslog.message", _message, NEED_THREAD | NEED_FD)
register("syslog.facility", _facility_number, NEED_THREAD | NEED_FD)
register("syslog.facility.str", _facility_name, NEED_THREAD | NEED_FD)
register("syslog.severity", _severity_number, NEED_THREAD | NEED_FD)
register("syslog.severity.str", _severity_name, NEED_THREAD | NEED_FD)
register("evt.is_syslog", _is_syslog, NEED_THREAD | NEED_FD)
