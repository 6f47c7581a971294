"""Sinks that also want to be told when a period of the events' time is over."""

cdef uint64_t LONGEST_GAP = 86_400   # periods: a jump in time beyond it is no row of quiet periods, but a damaged clock


cdef class IntervalSink(Sink):
    """A sink with a clock that runs on the time of the events, not on the machine's.

    The clock has to see every event, also one that the filter refuses. So a sink with a period has its filter in
    `inner` and none in `filter`.
    """

    def every(self, uint64_t period_ns, on_period, bint precise=False):
        """Call `on_period(ts_ns, delta_ns)` when a period is over.

        Periods begin at multiples of `period_ns` since the epoch; several that pass between two events are one call,
        with the time of the event that ended them and the ns since the previous call (0 at the first). With `precise`
        they begin at the first event, and each one is a call with its own start and length
        (libs: userspace/chisel/chisel.cpp, do_timeout).
        """
        if period_ns == 0:
            raise ValueError("a period lasts at least one nanosecond")
        self.period_ns = period_ns
        self.on_period = on_period
        self.precise = precise
        self.started = False
        self.last_ts = 0

    def lengthen(self, uint64_t period_ns):
        """Let the periods after the one that ends be so long: for `on_period`, where they are precise."""
        if period_ns == 0:
            raise ValueError("a period lasts at least one nanosecond")
        self.period_ns = period_ns

    cdef int tick(self, State state) except -1:
        cdef uint64_t ts = state.evt.ts
        cdef uint64_t sample = ts - ts % self.period_ns
        cdef uint64_t delta
        if not self.started:
            self.started = True
            self.sample = ts if self.precise else sample
            return 0
        if self.precise:
            if ts > self.sample and (ts - self.sample) / self.period_ns > LONGEST_GAP:
                self.sample = ts - self.period_ns
            while ts >= self.sample and ts - self.sample >= self.period_ns:
                delta = self.period_ns    # which the callback may change
                self.on_period(self.sample, delta)
                self.sample += delta
            return 0
        if sample == self.sample:    # time may run backwards between CPUs: that ends a period, too
            return 0
        delta = 0
        if self.last_ts != 0:
            if ts == self.last_ts:
                return 0
            delta = ts - self.last_ts
        self.on_period(ts, <int64_t>delta)
        self.sample = sample
        self.last_ts = ts
        return 0
