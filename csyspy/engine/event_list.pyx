"""The rows of a list: one per event, the newest so many (libs: userspace/libsinsp/table.cpp, TT_LIST)."""

from collections import deque

from libc.stdint cimport uint64_t

from csyspy.engine.python_value cimport python_value
from csyspy.engine.state cimport Sink, State
from csyspy.engine.value cimport Extractor, Value

from csyspy.engine.view_table import REQUIRED


cdef class EventList(Sink):
    """The values of `fields`, (Extractor, default) each, of the events that pass.

    Where the default is REQUIRED, events that lack the value make no row. At most `capacity` rows are kept, the oldest go.
    """

    cdef list fields
    cdef list defaults
    cdef object newest
    cdef object numbers
    cdef readonly uint64_t total
    """Rows made so far, those that have gone included."""

    def __init__(self, fields, filter=None, capacity=None):
        self.fields = [field for field, _ in fields]
        self.defaults = [default for _, default in fields]
        self.newest = deque(maxlen=capacity)
        self.numbers = deque(maxlen=capacity)
        self.filter = filter
        for field in self.fields:
            self.needs |= (<Extractor?>field).needs
        if filter is not None:
            self.needs |= filter.needs

    def clear(self):
        """Forget all rows."""
        self.newest.clear()
        self.numbers.clear()
        self.total = 0

    def table(self):
        """(numbers of the events, columns), oldest first."""
        rows = list(self.newest)
        return list(self.numbers), [list(column) for column in zip(*rows)] or [[] for _ in self.fields]

    cdef int event(self, State state) except -1:
        cdef Value v
        cdef Py_ssize_t k
        cdef list row = []
        for k in range(len(self.fields)):
            if (<Extractor>self.fields[k]).get(state, &v):
                row.append(python_value(&v))
            elif self.defaults[k] is REQUIRED:
                return 0
            else:
                row.append(self.defaults[k])
        self.newest.append(tuple(row))
        self.numbers.append(state.evt.num)
        self.total += 1
        return 0
