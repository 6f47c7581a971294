"""The parameters of an event: evt.args, evt.info, evt.arg, evt.rawarg, evt.buffer.

evt.args and evt.arg have the values of libs 0.20 on every capture that has enter events, and those of the newest libs where there are
exit events only. evt.info is the text of a line: on captures of its time it is laid out as sysdig 0.29.3 does (a blank behind every
parameter, binary data cut). libs: userspace/libsinsp/sinsp_filtercheck_event.cpp.
"""

from libc.stdint cimport int8_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcmp

from csyspy.engine.event cimport *
from csyspy.engine.extract.params cimport param_indexes
from csyspy.engine.extract.syslog cimport SyslogLine, add_syslog_info, read_syslog
from csyspy.engine.render cimport add_args, add_param
from csyspy.engine.shown cimport ShownEvent, shown_event
from csyspy.engine.state cimport NEED_ENTER, NEED_FD, NEED_NOTHING, NEED_THREAD, PRODUCER_LIBS20, PRODUCER_NEWEST, PRODUCER_OLD, State
from csyspy.engine.value cimport VK_BYTES, VK_INT, VK_IP, VK_STR, VK_UINT, Extractor, Value, register

cdef inline int _manner(State state) noexcept:
    """In whose manner values are shown."""
    return PRODUCER_NEWEST if state.producer == PRODUCER_NEWEST else PRODUCER_LIBS20


cdef int _index(State state, Extractor self) except -2:
    """Which parameter of the current event the argument means; -1 for none."""
    cdef int64_t index
    if self.index >= 0:
        index = self.index
    else:
        if self.scratch[0] == 0:
            self.scratch[0] = <int64_t><size_t>param_indexes(self.key)
        index = (<int8_t*><size_t>self.scratch[0])[state.evt.type]
    return <int>index if 0 <= index < state.evt.nparams and index < EVENTS[state.evt.type].nparams else -1


cdef int _args(State state, Extractor self, Value* out) except -1:
    add_args(self.scratch_text(), state, _manner(state), 0)
    return self.give_text(out)


cdef int _info(State state, Extractor self, Value* out) except -1:
    cdef SyslogLine line
    self.scratch_text()
    if state.producer != PRODUCER_NEWEST and read_syslog(state, &line):
        add_syslog_info(self.text, &line)
    else:
        add_args(self.text, state, state.producer, state.max_output_len if state.producer == PRODUCER_OLD else 0)
    return self.give_text(out)


cdef int _arg(State state, Extractor self, Value* out) except -1:
    cdef int index = _index(state, self)
    if index < 0:
        return 0
    add_param(
        self.scratch_text(), state, &shown_event(_manner(state), state.evt.type).params[index], <uint32_t>index, _manner(state), 0, True
    )
    return self.give_text(out)


cdef int _rawarg(State state, Extractor self, Value* out) except -1:
    """The bytes of a parameter with the type that it has in this event; `self.type` and `self.fmt` follow it."""
    cdef int index = _index(state, self)
    cdef const ParamInfo* info
    cdef const uint8_t* p
    cdef uint32_t n
    if index < 0 or not event_param(&state.evt, <uint32_t>index, &p, &n):
        return 0
    info = &EVENTS[state.evt.type].params[index]
    self.type = info.type
    self.fmt = info.fmt
    return raw_value(info.type, p, n, &state.evt, <uint32_t>index, out)


cdef int raw_value(int type, const uint8_t* p, uint32_t n, Event* e, uint32_t index, Value* out) noexcept:
    cdef uint32_t size = 0
    if (
        type == PT_INT8 or type == PT_INT16 or type == PT_INT32 or type == PT_INT64 or type == PT_FD or type == PT_PID
        or type == PT_ERRNO or type == PT_FD32 or type == PT_PID32
    ):
        out.kind = VK_INT
        out.i = param_i64(e, index, 0)
        return n != 0
    if type == PT_CHARBUF or type == PT_FSPATH or type == PT_FSRELPATH:
        while size < n and p[size]:
            size += 1
        out.kind = VK_STR
        out.s = <const char*>p
        out.n = size
        if n == 0 or (n == 7 and memcmp(p, b"(NULL)", 7) == 0):
            out.s = b"<NA>"
            out.n = 4
        return 1
    if (
        type == PT_BYTEBUF or type == PT_SOCKADDR or type == PT_SOCKTUPLE or type == PT_FDLIST or type == PT_DYN
        or type == PT_CHARBUFARRAY or type == PT_CHARBUF_PAIR_ARRAY
    ):
        out.kind = VK_BYTES
        out.s = <const char*>p
        out.n = n
        return 1
    out.kind = VK_UINT
    out.i = <int64_t>param_u64(e, index, 0)
    return n != 0


cdef int _buffer(State state, Extractor self, Value* out) except -1:
    """The data that was read or written."""
    cdef int8_t index
    cdef const uint8_t* p
    cdef uint32_t n
    if self.scratch[0] == 0:
        self.scratch[0] = <int64_t><size_t>param_indexes(b"data")
    index = (<int8_t*><size_t>self.scratch[0])[state.evt.type]
    if index < 0 or not event_param(&state.evt, <uint32_t>index, &p, &n):
        return 0
    out.kind = VK_BYTES
    out.s = <const char*>p
    out.n = n
    return 1


register("evt.args", _args, NEED_THREAD | NEED_FD | NEED_ENTER)
register("evt.info", _info, NEED_THREAD | NEED_FD)
register("evt.arg", _arg, NEED_THREAD | NEED_FD | NEED_ENTER)
register("evt.rawarg", _rawarg, NEED_NOTHING | NEED_ENTER | NEED_THREAD)
register("evt.buffer", _buffer, NEED_NOTHING)
