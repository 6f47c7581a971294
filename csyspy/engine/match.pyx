"""What a value is compared with: one object per right side of a filter check, specialised by the type of the value.

Meaning of the operators: libs: userspace/libsinsp/filter_compare.cpp and sinsp_filtercheck.cpp, compare_rhs().
A value of another kind than the matcher compares never passes.
"""

from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from csyspy.engine.glob cimport glob_match
from csyspy.engine.value cimport VK_BOOL, VK_BYTES, VK_DOUBLE, VK_INT, VK_IP, VK_LIST, VK_STR, VK_UINT

cdef extern from "string.h" nogil:
    void* memmem(const void* haystack, size_t haystack_size, const void* needle, size_t needle_size)

OPS = {
    "=": OP_EQ,
    "==": OP_EQ,
    "!=": OP_NE,
    "<": OP_LT,
    "<=": OP_LE,
    ">": OP_GT,
    ">=": OP_GE,
    "contains": OP_CONTAINS,
    "bcontains": OP_CONTAINS,
    "icontains": OP_ICONTAINS,
    "startswith": OP_STARTSWITH,
    "bstartswith": OP_STARTSWITH,
    "endswith": OP_ENDSWITH,
    "glob": OP_GLOB,
    "iglob": OP_IGLOB,
}
"""Operator of the filter language -> Op, for the matchers that take one."""


cdef bint _icontains(const char* a, size_t an, const char* b, size_t bn) noexcept nogil:
    cdef size_t i, k
    if bn > an:
        return False
    for i in range(an - bn + 1):
        k = 0
        while k < bn and _lower(a[i + k]) == _lower(b[k]):
            k += 1
        if k == bn:
            return True
    return False


cdef inline unsigned char _lower(unsigned char c) noexcept nogil:
    return c + 32 if c"A" <= c <= c"Z" else c


cdef bint text_test(int op, const char* a, size_t an, const char* b, size_t bn) noexcept nogil:
    cdef int order
    if op == OP_EQ:
        return an == bn and memcmp(a, b, bn) == 0
    if op == OP_NE:
        return an != bn or memcmp(a, b, bn) != 0
    if op == OP_CONTAINS:
        return memmem(a, an, b, bn) != NULL
    if op == OP_STARTSWITH:
        return an >= bn and memcmp(a, b, bn) == 0
    if op == OP_ENDSWITH:
        return an >= bn and memcmp(a + an - bn, b, bn) == 0
    if op == OP_GLOB:
        return glob_match(b, bn, a, an, False)
    if op == OP_IGLOB:
        return glob_match(b, bn, a, an, True)
    if op == OP_ICONTAINS:
        return _icontains(a, an, b, bn)
    order = memcmp(a, b, an if an < bn else bn)
    if order == 0:
        order = (an > bn) - (an < bn)
    if op == OP_LT:
        return order < 0
    if op == OP_LE:
        return order <= 0
    if op == OP_GT:
        return order > 0
    return order >= 0


cdef bint int_test(int op, int64_t a, int64_t b, bint is_unsigned) noexcept nogil:
    if op == OP_EQ:
        return a == b
    if op == OP_NE:
        return a != b
    if is_unsigned:
        if op == OP_LT:
            return <uint64_t>a < <uint64_t>b
        if op == OP_LE:
            return <uint64_t>a <= <uint64_t>b
        if op == OP_GT:
            return <uint64_t>a > <uint64_t>b
        return <uint64_t>a >= <uint64_t>b
    if op == OP_LT:
        return a < b
    if op == OP_LE:
        return a <= b
    if op == OP_GT:
        return a > b
    return a >= b


cdef bint double_test(int op, double a, double b) noexcept nogil:
    if op == OP_EQ:
        return a == b
    if op == OP_NE:
        return a != b
    if op == OP_LT:
        return a < b
    if op == OP_LE:
        return a <= b
    if op == OP_GT:
        return a > b
    return a >= b


cdef inline bint _is_int(const Value* v) noexcept nogil:
    return v.kind == VK_INT or v.kind == VK_UINT or v.kind == VK_BOOL


cdef inline bint _is_text(const Value* v) noexcept nogil:
    return v.kind == VK_STR or v.kind == VK_BYTES


cdef class Matcher:
    """A condition on one value."""

    cdef int match(self, const Value* v) except -1:
        return 0


cdef class IntMatcher(Matcher):
    """`op` with a number (or a boolean as 0 or 1); `is_unsigned` where the field's type has no sign."""

    cdef int op
    cdef int64_t number
    cdef bint is_unsigned

    def __init__(self, int op, number: int, bint is_unsigned):
        self.op = op
        self.number = <int64_t><uint64_t>(int(number) & 0xFFFFFFFFFFFFFFFF)
        self.is_unsigned = is_unsigned

    cdef int match(self, const Value* v) except -1:
        return _is_int(v) and int_test(self.op, v.i, self.number, self.is_unsigned)


cdef class DoubleMatcher(Matcher):
    """`op` with a real number."""

    cdef int op
    cdef double number

    def __init__(self, int op, double number):
        self.op = op
        self.number = number

    cdef int match(self, const Value* v) except -1:
        if v.kind == VK_DOUBLE:
            return double_test(self.op, v.d, self.number)
        return _is_int(v) and double_test(self.op, <double>v.i, self.number)


cdef class TextMatcher(Matcher):
    """`op` with text or bytes."""

    cdef int op
    cdef bytes held
    cdef const char* text
    cdef size_t size

    def __init__(self, int op, bytes text not None):
        self.op = op
        self.held = text
        self.text = text
        self.size = len(text)

    cdef int match(self, const Value* v) except -1:
        return _is_text(v) and text_test(self.op, v.s, v.n, self.text, self.size)


cdef class TextSet(Matcher):
    """Membership in a set of texts, by hash."""

    cdef list held
    cdef const char** texts
    cdef size_t* sizes
    cdef int32_t* slots       # open addressing: index + 1 into texts, 0 free
    cdef uint32_t mask
    cdef size_t shortest, longest

    def __init__(self, texts: list[bytes]):
        cdef uint32_t count, i, slot
        cdef bytes text
        self.held = list(dict.fromkeys(texts))
        count = len(self.held)
        self.mask = 8
        while self.mask < 2 * count:
            self.mask *= 2
        self.texts = <const char**>calloc(count or 1, sizeof(char*))
        self.sizes = <size_t*>calloc(count or 1, sizeof(size_t))
        self.slots = <int32_t*>calloc(self.mask, sizeof(int32_t))
        if self.texts == NULL or self.sizes == NULL or self.slots == NULL:
            raise MemoryError
        self.mask -= 1
        self.shortest = min(map(len, self.held), default=1)
        self.longest = max(map(len, self.held), default=0)
        for i in range(count):
            text = self.held[i]
            self.texts[i] = text
            self.sizes[i] = len(text)
            slot = self._hash(self.texts[i], self.sizes[i]) & self.mask
            while self.slots[slot]:
                slot = (slot + 1) & self.mask
            self.slots[slot] = i + 1

    def __dealloc__(self):
        free(self.texts)
        free(self.sizes)
        free(self.slots)

    cdef uint32_t _hash(self, const char* text, size_t n) noexcept nogil:
        """FNV-1a; the texts of one filter are few, so the low bits serve."""
        cdef uint32_t h = 2166136261u
        cdef size_t i
        for i in range(n):
            h = (h ^ <uint8_t>text[i]) * 16777619u
        return h

    cdef int match(self, const Value* v) except -1:
        cdef uint32_t slot
        cdef int32_t i
        if not _is_text(v) or v.n < self.shortest or v.n > self.longest:
            return 0
        slot = self._hash(v.s, v.n) & self.mask
        while self.slots[slot]:
            i = self.slots[slot] - 1
            if self.sizes[i] == v.n and memcmp(self.texts[i], v.s, v.n) == 0:
                return 1
            slot = (slot + 1) & self.mask
        return 0


cdef class AnyOf(Matcher):
    """`least` to `most` of the given matchers pass: `in` over numbers and nets, and the modifiers oneof, anyof, allof."""

    cdef list matchers
    cdef Py_ssize_t least, most

    def __init__(self, matchers: list[Matcher], Py_ssize_t least, Py_ssize_t most):
        self.matchers = matchers
        self.least = least
        self.most = most

    cdef int match(self, const Value* v) except -1:
        cdef Py_ssize_t passed = 0
        cdef Matcher m
        for m in self.matchers:
            if m.match(v):
                passed += 1
                if passed >= self.least and self.most == len(self.matchers):
                    return 1
                if passed > self.most:
                    return 0
        return self.least <= passed


cdef class EachItem(Matcher):
    """A list value: `every` of its items passes, or at least one."""

    cdef Matcher item
    cdef bint every

    def __init__(self, Matcher item not None, bint every):
        self.item = item
        self.every = every

    cdef int match(self, const Value* v) except -1:
        cdef uint32_t i
        if v.kind != VK_LIST:
            return self.item.match(v)
        for i in range(v.n):
            if self.item.match(&v.items[i]) != self.every:
                return not self.every
        return self.every


cdef class AddressMatcher(Matcher):
    """An IP address (`bits` None) or a net, 4 or 16 bytes; `negated` for `!=`. The other family never equals."""

    cdef uint8_t address[16]
    cdef uint8_t mask[16]
    cdef uint32_t size
    cdef bint negated

    def __init__(self, bytes address not None, bits: int | None, bint negated):
        cdef uint32_t i
        cdef int left
        if len(address) not in (4, 16):
            raise ValueError("an address has 4 or 16 bytes")
        self.size = len(address)
        memcpy(self.address, <const char*>address, self.size)
        left = 8 * self.size if bits is None else bits
        for i in range(self.size):
            self.mask[i] = 0xFF if left >= 8 else (0xFF << (8 - left)) & 0xFF if left > 0 else 0
            self.address[i] &= self.mask[i]
            left -= 8
        self.negated = negated

    cdef int match(self, const Value* v) except -1:
        cdef uint32_t i
        if v.kind != VK_IP:
            return 0
        if v.n != self.size:
            return self.negated
        for i in range(self.size):
            if (<uint8_t>v.s[i] & self.mask[i]) != self.address[i]:
                return self.negated
        return not self.negated


cdef class PathMatcher(Matcher):
    """`pmatch`: the value is one of the paths or lies below it, by whole components; components may be shell patterns."""

    cdef list paths      # of lists of (component: bytes, is a pattern)

    def __init__(self, paths: list[bytes]):
        self.paths = [
            [(part, any(c in b"?*[" for c in part)) for part in path.split(b"/") if part]
            for path in paths
        ]

    cdef int match(self, const Value* v) except -1:
        if v.kind != VK_STR:
            return 0
        for parts in self.paths:
            if self._below(parts, v.s, v.n):
                return 1
        return 0

    cdef bint _below(self, list parts, const char* path, size_t n) except -1:
        cdef size_t at = 0
        cdef size_t start
        cdef bytes part
        for part, pattern in parts:
            while at < n and path[at] == c"/":
                at += 1
            start = at
            while at < n and path[at] != c"/":
                at += 1
            if at == start:
                return False
            if pattern:
                if not glob_match(part, len(part), path + start, at - start, False):
                    return False
            elif not text_test(OP_EQ, path + start, at - start, part, len(part)):
                return False
        return True


cdef class RegexMatcher(Matcher):
    """A compiled regular expression that the whole text must match; bytes that are no UTF-8 count as U+FFFD."""

    cdef object fullmatch

    def __init__(self, pattern: object):
        self.fullmatch = pattern.fullmatch

    cdef int match(self, const Value* v) except -1:
        if not _is_text(v):
            return 0
        return self.fullmatch((<bytes>v.s[:v.n]).decode("utf-8", "replace")) is not None


cdef class Never(Matcher):
    """Nothing passes."""


cdef class Anything(Matcher):
    """Every value passes."""

    cdef int match(self, const Value* v) except -1:
        return 1
