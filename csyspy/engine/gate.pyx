"""What stands between the walk and several sinks: counting, limits, and the event counts of -S.

`Gate` is the body of sysdig's event loop (`sysdig: userspace/sysdig/sysdig.cpp`, do_inspect): events that pass its
filter are counted, hidden ones too, until the limit; then each sink gets them if they pass its own filter.
"""

from libc.stdlib cimport calloc, free

from csyspy.engine.event cimport MAX_EVENT_TYPES, param_u64
from csyspy.engine.interval cimport IntervalSink
from csyspy.engine.program cimport Node


cdef class Gate(Sink):
    """Gives the events that pass its filter to `sinks`, at most `limit` of them and for at most `duration_ns` (0: no limit)."""

    def __init__(self, list sinks, uint64_t limit=0, uint64_t duration_ns=0, object filter=None):
        self._sinks = sinks
        self.limit = limit
        self.duration_ns = duration_ns
        self.wants_hidden = True
        self.needs = 0 if filter is None else (<Node?>filter).needs
        self._clocked = [sink for sink in sinks if isinstance(sink, IntervalSink) and (<IntervalSink>sink).period_ns]
        if self._clocked:
            self._passing = filter
        else:
            self.filter = filter
        cdef Sink sink
        for sink in sinks:
            self.needs |= sink.needs
            if sink.filter is not None:
                self.needs |= (<Node?>sink.filter).needs

    cdef int event(self, State state) except -1:
        cdef Sink sink
        cdef Py_ssize_t i = 0
        if self._passing is not None and not self._passing.test(state):
            for sink in self._clocked:
                (<IntervalSink>sink).tick(state)
            return 0
        if self.duration_ns:
            if self._start_ns == 0:
                self._start_ns = state.evt.ts
            elif state.evt.ts >= self._start_ns + self.duration_ns:
                return 1
        self.count += 1
        while i < len(self._sinks):
            sink = <Sink>self._sinks[i]
            i += 1
            if state.hidden and not sink.wants_hidden:
                continue
            if sink.filter is not None and not (<Node>sink.filter).test(state):
                continue
            if sink.event(state):
                i -= 1
                del self._sinks[i]
                sink.finish(state)
        return self.limit != 0 and self.count >= self.limit

    cdef int section(self, State state) except -1:
        cdef Sink sink
        for sink in self._sinks:
            sink.section(state)
        return 0

    cdef int finish(self, State state) except -1:
        cdef Sink sink
        for sink in self._sinks:
            sink.finish(state)
        return 0


cdef class Tally(Sink):
    """Counts events by type; `calls()` gives the counts."""

    def __cinit__(self):
        self._by_type = <uint64_t*>calloc(MAX_EVENT_TYPES, sizeof(uint64_t))
        if self._by_type == NULL:
            raise MemoryError
        self._generic = {}

    def __init__(self):
        self.wants_hidden = True

    def __dealloc__(self):
        free(self._by_type)

    cdef int event(self, State state) except -1:
        cdef uint64_t code
        if state.evt.type > 1:
            if state.evt.type < MAX_EVENT_TYPES:
                self._by_type[state.evt.type] += 1
            return 0
        code = param_u64(&state.evt, 0, 0)
        key = (code, state.evt.type)
        self._generic[key] = self._generic.get(key, 0) + 1
        return 0

    def calls(self) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
        """Calls by event id, and calls by (syscall code, 0 enter or 1 exit) of events that have no id of their own."""
        return {i: self._by_type[i] for i in range(MAX_EVENT_TYPES) if self._by_type[i]}, dict(self._generic)
