"""Transformers: extractors that change what another extractor gives.

Meaning: libs: userspace/libsinsp/sinsp_filter_transformers/, base64.h (decodeWithoutPadding) and
sinsp_filtercheck_multivalue_transformer.cpp.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport PF_DEC, PF_NA, PT_CHARBUF, PT_UINT64
from csyspy.engine.state cimport State
from csyspy.engine.value cimport VK_BYTES, VK_LIST, VK_STR, Extractor, Value, give_uint

cdef enum Change:
    TOLOWER = 0
    TOUPPER = 1
    BASENAME = 2
    B64 = 3

CHANGES = {"tolower": TOLOWER, "toupper": TOUPPER, "basename": BASENAME, "b64": B64}
"""Transformers of one text, by name."""

cdef uint8_t[256] _DIGITS     # value of a base64 digit, 64 for any other byte
cdef int _k
for _k in range(256):
    _DIGITS[_k] = 64
for _k, _digit in enumerate(bytearray(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")):
    _DIGITS[<uint8_t>_digit] = _k


cdef int _decode_base64(const char* text, size_t n, Buffer out) except -1:
    """Append what the base64 `text` says; 0 where it is malformed. Padding may be absent."""
    cdef size_t i
    cdef uint32_t bits = 0
    cdef int count = 0
    cdef uint8_t digit
    cdef size_t stop = n
    if n == 0:
        return 1
    if text[stop - 1] == c"=":
        stop -= 1
        if stop and text[stop - 1] == c"=":
            stop -= 1
    if stop % 4 == 1 or stop == 0:
        return 0
    for i in range(stop):
        digit = _DIGITS[<uint8_t>text[i]]
        if digit == 64:
            return 0
        bits = (bits << 6) | digit
        count += 6
        if count >= 8:
            count -= 8
            out.add_char(<char>((bits >> count) & 0xFF))
    return (bits & ((1 << count) - 1)) == 0


cdef class Changed(Extractor):
    """One text, or every item of a list of texts, changed by a transformer of CHANGES."""

    cdef Extractor source
    cdef int change

    def __init__(self, Extractor source not None, str name):
        self.source = source
        self.change = CHANGES[name]
        self.name = source.name
        self.arg = source.arg
        self.type = source.type
        self.fmt = source.fmt
        self.is_list = source.is_list
        self.needs = source.needs

    cdef int get(self, State state, Value* out) except -1:
        cdef Value v
        cdef uint32_t i
        cdef Buffer text = self.scratch_text()
        if not self.source.get(state, &v):
            return 0
        if v.kind != VK_LIST:
            if v.kind != VK_STR and v.kind != VK_BYTES:
                return 0
            out.kind = v.kind
            if not self._append(&v, out):
                return 0
            if self.change != BASENAME:
                out.s = text.data
            return 1
        self.reserve(v.n)
        for i in range(v.n):
            self.items[i].kind = VK_STR
            self.items[i].i = text.size
            if not self._append(&v.items[i], &self.items[i]):
                return 0
        if self.change != BASENAME:
            for i in range(v.n):
                self.items[i].s = text.data + self.items[i].i
        out.kind = VK_LIST
        out.items = self.items
        out.n = v.n
        return 1

    cdef int _append(self, const Value* v, Value* out) except -1:
        """Change one text; `out.n` is its size, `out.s` set for basename only (the others stand in self.text)."""
        cdef Buffer text = self.text
        cdef size_t start = text.size
        cdef size_t n = v.n
        cdef size_t i
        cdef char c
        cdef const void* nul
        while n and v.s[n - 1] == 0:
            n -= 1
        if self.change == BASENAME:
            i = n
            while i and v.s[i - 1] != c"/":
                i -= 1
            out.s = v.s + i
            out.n = <uint32_t>(n - i)
            return 1
        if self.change == B64:
            if not _decode_base64(v.s, n, text):
                return 0
            if v.kind == VK_STR and text.size > start:
                nul = memchr(text.data + start, 0, text.size - start)
                if nul != NULL:
                    text.size = <const char*>nul - text.data
        else:
            for i in range(n):
                c = v.s[i]
                if self.change == TOLOWER and c"A" <= c <= c"Z":
                    c += 32
                elif self.change == TOUPPER and c"a" <= c <= c"z":
                    c -= 32
                text.add_char(c)
        out.n = <uint32_t>(text.size - start)
        return 1


cdef class NumberOf(Extractor):
    """A number that is made of another field."""

    cdef Extractor source

    def __init__(self, Extractor source not None):
        self.source = source
        self.name = source.name
        self.arg = source.arg
        self.type = PT_UINT64
        self.fmt = PF_DEC
        self.needs = source.needs


cdef class Length(NumberOf):
    """Items of a list, or bytes of a text before its first NUL, or bytes of a buffer."""

    cdef int get(self, State state, Value* out) except -1:
        cdef Value v
        cdef const void* nul
        if not self.source.get(state, &v):
            return 0
        if v.kind == VK_STR and v.n:
            nul = memchr(v.s, 0, v.n)
            if nul != NULL:
                return give_uint(out, <const char*>nul - v.s)
        if v.kind == VK_LIST or v.kind == VK_STR or v.kind == VK_BYTES:
            return give_uint(out, v.n)
        return 0


cdef class Number(NumberOf):
    """A text of digits as the number that it writes; other texts have no value."""

    cdef int get(self, State state, Value* out) except -1:
        cdef Value v
        cdef uint64_t number = 0
        cdef uint32_t k
        if not self.source.get(state, &v) or v.kind != VK_STR or not 0 < v.n < 20:
            return 0
        for k in range(v.n):
            if not c"0" <= v.s[k] <= c"9":
                return 0
            number = 10 * number + <uint64_t>(v.s[k] - c"0")
        return give_uint(out, number)


cdef class Literal(Extractor):
    """Always the same text."""

    def __init__(self, bytes text not None):
        self.held = text
        self.type = PT_CHARBUF
        self.fmt = PF_NA

    cdef int get(self, State state, Value* out) except -1:
        return self.give(self.held, out)


cdef class Combined(Extractor):
    """What several extractors give, made into one value by Python code: these are rare.

    `combine` gets one list of bytes per part and returns bytes, a list of bytes, or None for no value.
    """

    cdef tuple parts
    cdef object combine

    def __init__(self, tuple parts not None, combine: object, bint is_list):
        cdef Extractor part
        self.parts = parts
        self.combine = combine
        self.type = PT_CHARBUF
        self.fmt = PF_NA
        self.is_list = is_list
        for part in parts:
            self.needs |= part.needs

    cdef int get(self, State state, Value* out) except -1:
        cdef Value v
        cdef Extractor part
        cdef uint32_t i
        cdef list taken = []
        for part in self.parts:
            if not part.get(state, &v):
                return 0
            if v.kind == VK_LIST:
                taken.append([v.items[i].s[:v.items[i].n] for i in range(v.n)])
            elif v.kind == VK_STR or v.kind == VK_BYTES:
                taken.append([v.s[:v.n]])
            else:
                return 0
        made = self.combine(*taken)
        if made is None:
            return 0
        if self.is_list:
            return self.give_list(made, out)
        return self.give(made, out)
