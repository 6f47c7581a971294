"""One field value without a Python object, and the extractors that make it."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.state cimport State

cdef enum ValueKind:
    VK_NONE = 0
    VK_INT = 1       # .i
    VK_UINT = 2      # .i as unsigned (value_u)
    VK_BOOL = 3      # .i is 0 or 1
    VK_DOUBLE = 4    # .d
    VK_STR = 5       # .s, .n: text without NUL
    VK_BYTES = 6     # .s, .n: raw
    VK_IP = 7        # .s, .n: 4 or 16 bytes in network order
    VK_LIST = 8      # .items, .n

cdef struct Value:
    int kind
    uint32_t n
    int64_t i        # also read as unsigned through value_u()
    double d
    const char* s    # belongs to the event, the thread, the fd or the extractor: valid until its next get()
    const Value* items

ctypedef int (*ExtractFn)(State state, Extractor self, Value* out) except -1
# returns 1 and fills `out` where the field has a value on the current event, else 0


cdef class Extractor:
    """A field with its argument, compiled: get() gives its value on the state's current event."""
    cdef readonly str name        # `evt.arg`
    cdef readonly str arg         # `name` of evt.arg.name, `2` of proc.aname[2]; None
    cdef readonly int64_t index   # the argument as a number; -1 where it is not one
    cdef readonly bytes key       # the argument as bytes; b"" where there is none
    cdef public int type          # ParamType of the value (of the items, where is_list)
    cdef public int fmt           # PrintFormat
    cdef public bint is_list
    cdef public uint32_t needs    # Need bits
    cdef ExtractFn fn
    cdef bytes held               # keeps text alive that get() made
    cdef list held_items          # likewise for lists
    cdef Buffer text              # where get() builds text; None until scratch_text() makes it
    cdef Value* items             # room for list values; grown by reserve()
    cdef uint32_t room
    cdef int64_t scratch[4]

    cdef int get(self, State state, Value* out) except -1
    cdef int reserve(self, uint32_t n) except -1
    cdef Buffer scratch_text(self)                              # self.text, emptied
    cdef int give_text(self, Value* out) except -1              # out = what is in self.text
    cdef int give(self, bytes text, Value* out) except -1        # out = text (None: returns 0), kept alive in self.held
    cdef int give_list(self, list texts, Value* out) except -1


cdef inline int give_int(Value* out, int64_t i) noexcept:
    out.kind = VK_INT
    out.i = i
    return 1


cdef inline int give_uint(Value* out, uint64_t u) noexcept:
    out.kind = VK_UINT
    out.i = <int64_t>u
    return 1


cdef inline int give_bool(Value* out, bint b) noexcept:
    out.kind = VK_BOOL
    out.i = 1 if b else 0
    return 1


cdef inline uint64_t value_u(const Value* v) noexcept:
    return <uint64_t>v.i


cdef void register(str name, ExtractFn fn, uint32_t needs) except *
