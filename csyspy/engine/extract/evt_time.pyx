"""evt.num and the times of an event: clock, since the start, latency, since the event before.

libs: userspace/libsinsp/sinsp_filtercheck_gen_event.cpp, sinsp_filtercheck_event.cpp.
"""

from libc.math cimport log10
from libc.stdint cimport uint32_t, uint64_t

from csyspy.engine.clock cimport NS_PER_S, add_clock, add_human, add_iso8601, add_seconds
from csyspy.engine.event cimport EF_WAITS, EVENTS, is_enter, param_i64
from csyspy.engine.extract.category cimport EC_INTERNAL, EC_IO_READ, EC_IO_WRITE, category_of
from csyspy.engine.state cimport NEED_LATENCY, NEED_NOTHING, NEED_THREAD, PRODUCER_NEWEST, PRODUCER_OLD, State
from csyspy.engine.text cimport add_u64
from csyspy.engine.value cimport Extractor, Value, give_uint, register

cdef enum:
    QUANTA = 70           # columns of evt.latency.quantized (libs: sinsp::DEFAULT_QUANTIZATION_INTERVAL)


cdef int _num(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.num)


cdef int _time(State state, Extractor self, Value* out) except -1:
    add_clock(self.scratch_text(), state.evt.ts, False, True)
    return self.give_text(out)


cdef int _time_s(State state, Extractor self, Value* out) except -1:
    add_clock(self.scratch_text(), state.evt.ts, False, False)
    return self.give_text(out)


cdef int _iso8601(State state, Extractor self, Value* out) except -1:
    add_iso8601(self.scratch_text(), state.evt.ts)
    return self.give_text(out)


cdef int _datetime(State state, Extractor self, Value* out) except -1:
    add_clock(self.scratch_text(), state.evt.ts, True, True)
    return self.give_text(out)


cdef int _datetime_s(State state, Extractor self, Value* out) except -1:
    add_clock(self.scratch_text(), state.evt.ts, True, False)
    return self.give_text(out)


cdef int _rawtime(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.ts)


cdef int _rawtime_s(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.ts // NS_PER_S)


cdef int _rawtime_ns(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.ts % NS_PER_S)


cdef int _reltime(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.evt.ts - state.first_ts)


cdef int _reltime_s(State state, Extractor self, Value* out) except -1:
    return give_uint(out, (state.evt.ts - state.first_ts) // NS_PER_S)


cdef int _reltime_ns(State state, Extractor self, Value* out) except -1:
    return give_uint(out, (state.evt.ts - state.first_ts) % NS_PER_S)


cdef inline bint _latency_of(State state, uint64_t* ns) noexcept:
    """Between enter and exit; 0 on enter events, where no thread is known, and always where there are exit events only.

    False on events of the internal class.
    """
    ns[0] = 0
    if state.thread is not None and not state.lent_thread and state.producer != PRODUCER_NEWEST:
        if EVENTS[state.evt.type].category & EC_INTERNAL:
            return False
        ns[0] = state.thread.latency
    return True


cdef int _latency(State state, Extractor self, Value* out) except -1:
    cdef uint64_t ns
    return give_uint(out, ns) if _latency_of(state, &ns) else 0


cdef int _latency_s(State state, Extractor self, Value* out) except -1:
    cdef uint64_t ns
    return give_uint(out, ns // NS_PER_S) if _latency_of(state, &ns) else 0


cdef int _latency_ns(State state, Extractor self, Value* out) except -1:
    cdef uint64_t ns
    return give_uint(out, ns % NS_PER_S) if _latency_of(state, &ns) else 0


cdef int _latency_human(State state, Extractor self, Value* out) except -1:
    cdef uint64_t ns
    if not _latency_of(state, &ns):
        return 0
    # Without a thread libs say again what they said last, which is nothing at first.
    if state.thread is not None or state.producer == PRODUCER_NEWEST:
        add_human(self.scratch_text(), ns)
    elif self.text is None:
        self.scratch_text()
    return self.give_text(out)


cdef int _latency_quantized(State state, Extractor self, Value* out) except -1:
    """1 + the decimal logarithm of the latency, in steps from 0 to QUANTA for 1 ns to 100 s."""
    cdef uint64_t ns
    cdef double magnitude
    if state.producer == PRODUCER_NEWEST:
        return give_uint(out, 0)
    if not _latency_of(state, &ns) or ns == 0:
        return 0
    magnitude = log10(<double>ns)
    if magnitude > 11:
        magnitude = 11
    return give_uint(out, <uint64_t>(magnitude * QUANTA / 11) + 1)


cdef int _latency_io(State state, Extractor self, Value* out) except -1:
    """Of a read or a write that came back with something, where its begin is known."""
    cdef uint64_t ns
    cdef uint32_t category = category_of(state.evt.type)
    if (category != EC_IO_READ and category != EC_IO_WRITE) or is_enter(&state.evt):
        return 0
    if not state.evt.nparams or param_i64(&state.evt, 0, 0) < 0 or not _latency_of(state, &ns) or not ns:
        return 0
    return give_uint(out, ns)


cdef int _wait_latency(State state, Extractor self, Value* out) except -1:
    if state.producer == PRODUCER_NEWEST:
        return give_uint(out, 0)
    if not EVENTS[state.evt.type].flags & EF_WAITS or is_enter(&state.evt):
        return 0
    return give_uint(out, state.thread.latency if state.thread is not None else 0)


cdef inline uint64_t _since_last(State state, Extractor self) noexcept:
    """Since the event that this extractor saw before: the last one shown, where it stands in a format."""
    cdef uint64_t delta = state.evt.ts - <uint64_t>self.scratch[0] if self.scratch[0] else 0
    self.scratch[0] = <long long>state.evt.ts
    return delta


cdef int _delta(State state, Extractor self, Value* out) except -1:
    return give_uint(out, _since_last(state, self))


cdef int _delta_s(State state, Extractor self, Value* out) except -1:
    return give_uint(out, _since_last(state, self) // NS_PER_S)


cdef int _delta_ns(State state, Extractor self, Value* out) except -1:
    return give_uint(out, _since_last(state, self) % NS_PER_S)


cdef int _outputtime(State state, Extractor self, Value* out) except -1:
    """The time column, as `-t` wants it."""
    self.scratch_text()
    if state.time_mode == c"a":
        add_seconds(self.text, state.evt.ts)
    elif state.time_mode == c"r":
        add_seconds(self.text, state.evt.ts - (state.line_ts if state.producer == PRODUCER_OLD else state.first_ts))
    elif state.time_mode == c"d":
        add_seconds(self.text, state.thread.latency if state.thread is not None and not state.lent_thread else 0)
    elif state.time_mode == c"D":
        add_seconds(self.text, _since_last(state, self))
    else:
        add_clock(self.text, state.evt.ts, False, True)
    return self.give_text(out)


register("evt.num", _num, NEED_NOTHING)
register("evt.time", _time, NEED_NOTHING)
register("evt.time.s", _time_s, NEED_NOTHING)
register("evt.time.iso8601", _iso8601, NEED_NOTHING)
register("evt.datetime", _datetime, NEED_NOTHING)
register("evt.datetime.s", _datetime_s, NEED_NOTHING)
register("evt.rawtime", _rawtime, NEED_NOTHING)
register("evt.rawtime.s", _rawtime_s, NEED_NOTHING)
register("evt.rawtime.ns", _rawtime_ns, NEED_NOTHING)
register("evt.reltime", _reltime, NEED_NOTHING)
register("evt.reltime.s", _reltime_s, NEED_NOTHING)
register("evt.reltime.ns", _reltime_ns, NEED_NOTHING)
register("evt.latency", _latency, NEED_THREAD | NEED_LATENCY)
register("evt.latency.s", _latency_s, NEED_THREAD | NEED_LATENCY)
register("evt.latency.ns", _latency_ns, NEED_THREAD | NEED_LATENCY)
register("evt.latency.human", _latency_human, NEED_THREAD | NEED_LATENCY)
register("evt.latency.quantized", _latency_quantized, NEED_THREAD | NEED_LATENCY)
register("evt.latency.io", _latency_io, NEED_THREAD | NEED_LATENCY)
register("evt.wait_latency", _wait_latency, NEED_THREAD | NEED_LATENCY)
register("evt.deltatime", _delta, NEED_NOTHING)
register("evt.deltatime.s", _delta_s, NEED_NOTHING)
register("evt.deltatime.ns", _delta_ns, NEED_NOTHING)
register("evt.outputtime", _outputtime, NEED_NOTHING)    # but for what State.configure says
