"""Aggregation of events by the values of fields, without a Python object per event."""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.interval cimport IntervalSink
from csyspy.engine.state cimport State

cdef enum Operation:
    OP_SUM = 0
    OP_COUNT = 1
    OP_MIN = 2
    OP_MAX = 3

cdef struct Group:
    uint64_t hash
    size_t key        # offset of the encoded key in the arena
    uint32_t size     # its bytes

cdef struct Column:
    PyObject* field   # Extractor, NULL where the operation needs none
    int operation
    double scale


cdef class GroupBy(IntervalSink):
    cdef readonly list keys
    cdef list fields              # owns what the columns point to
    cdef PyObject** key_fields
    cdef uint32_t nkeys
    cdef Column* columns
    cdef uint32_t ncolumns
    cdef bint positive
    cdef bint keep_missing
    cdef Buffer scratch           # the key of the current event
    cdef Buffer arena             # the keys of all groups
    cdef double* found            # the column values of the current event
    cdef Group* groups
    cdef double* totals           # ngroups rows of ncolumns
    cdef uint32_t ngroups
    cdef public uint32_t most     # groups; events of more are left out
    cdef readonly uint64_t refused    # events left out so
    cdef uint32_t room
    cdef uint32_t* slots          # open addressing: group number + 1, 0 is free
    cdef uint64_t mask

    cdef list first_keys(self)
    cdef int event(self, State state) except -1
    cdef int64_t add(self, State state, bint* fresh) except -2
    cdef bint values(self, State state) except -1
    cdef bint key(self, State state) except -1
    cdef uint32_t find(self, uint64_t hash, bint* fresh) except? 0xFFFFFFFF
    cdef int grow_groups(self) except -1
    cdef int grow_slots(self) except -1
