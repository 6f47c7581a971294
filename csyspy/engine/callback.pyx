"""Events for Python code: a sink that calls it, and the view of the current event that it gets."""

from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport uint64_t
from libc.string cimport strlen

from csyspy.engine.event cimport EVENT_COUNT, EVENTS, SYSCALL_COUNT, SYSCALL_NAMES, is_enter, param_u64
from csyspy.engine.interval cimport IntervalSink
from csyspy.engine.python_value cimport python_value
from csyspy.engine.state cimport State
from csyspy.engine.value cimport Extractor, Value


cdef str _text(const char* name):
    return PyUnicode_DecodeUTF8(name, strlen(name), "surrogateescape")


cdef class EventView:
    """The current event as Python code sees it; valid only inside the callback that it was given to.

    `view["label"]` is the value of the field that was declared under that label: int, float, bool, str (also for
    addresses), bytes for raw buffers, a list, or None where the event has no such value. Times are ns.
    """

    cdef State state
    cdef readonly dict fields         # label -> Extractor

    def __init__(self, fields):
        self.fields = dict(fields)

    def __getitem__(self, str label):
        return self.value(self.fields[label])

    def value(self, Extractor field):
        """The value of a compiled field on this event; None where it has none."""
        cdef Value v
        if self.state is None or not field.get(self.state, &v):
            return None
        return python_value(&v)

    @property
    def num(self) -> int:
        """Number of the event (evt.num)."""
        return self.state.evt.num

    @property
    def ts(self) -> int:
        """Time of the event, ns since the epoch."""
        return self.state.evt.ts

    @property
    def cpu(self) -> int:
        """Number of the CPU on which the event was seen."""
        return self.state.evt.cpu

    @property
    def tid(self) -> int:
        """The thread that made the event."""
        return self.state.evt.tid

    @property
    def enter(self) -> bool:
        """Whether the event is the enter side of a call."""
        return is_enter(&self.state.evt)

    @property
    def type(self) -> str:
        """Name of the event; of a generic event, the name of its system call."""
        cdef uint64_t code
        cdef unsigned int kind = self.state.evt.type
        if kind >= EVENT_COUNT:
            return "<NA>"
        if kind < 2:
            code = param_u64(&self.state.evt, 0, SYSCALL_COUNT)
            if code < SYSCALL_COUNT and SYSCALL_NAMES[code] != NULL:
                return _text(SYSCALL_NAMES[code])
        return _text(EVENTS[kind].name)


cdef class CallbackSink(IntervalSink):
    """Calls `callback(view)` for every event that passes.

    An exception out of it ends the walk; `on_error(exception)`, where there is one, may raise another instead.
    """

    cdef readonly EventView view
    cdef object callback
    cdef object on_error

    def __init__(self, EventView view, callback, filter=None, on_error=None):
        self.view = view
        self.callback = callback
        self.on_error = on_error
        self.filter = filter
        for field in view.fields.values():
            self.needs |= (<Extractor?>field).needs
        if filter is not None:
            self.needs |= filter.needs

    cdef int tick(self, State state) except -1:
        self.view.state = state
        return IntervalSink.tick(self, state)

    cdef int event(self, State state) except -1:
        self.view.state = state
        if (self.period_ns or self.inner is not None) and not self.admit(state):
            return 0
        try:
            self.callback(self.view)
        except Exception as error:
            if self.on_error is not None:
                self.on_error(error)
            raise
        return 0
