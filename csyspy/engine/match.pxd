"""What a value is compared with: one object per right side of a filter check."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from csyspy.engine.value cimport Value

cdef enum Op:
    OP_EQ = 0
    OP_NE = 1
    OP_LT = 2
    OP_LE = 3
    OP_GT = 4
    OP_GE = 5
    OP_CONTAINS = 6
    OP_ICONTAINS = 7
    OP_STARTSWITH = 8
    OP_ENDSWITH = 9
    OP_GLOB = 10
    OP_IGLOB = 11

cdef bint text_test(int op, const char* a, size_t an, const char* b, size_t bn) noexcept nogil
# a is the value of the field, b what it is compared with

cdef bint int_test(int op, int64_t a, int64_t b, bint is_unsigned) noexcept nogil

cdef bint double_test(int op, double a, double b) noexcept nogil


cdef class Matcher:
    cdef int match(self, const Value* v) except -1    # 1 the value passes, 0 it does not
