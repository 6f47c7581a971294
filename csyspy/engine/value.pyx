"""The registry of extractors, and what every extractor shares.

A family module (`extract/*.pyx`) registers one C function per field name; `extractor()` binds a name and an
argument to it. Types come from the field catalogue, which hands them in: the engine does not know it.
"""

from libc.stdlib cimport free, realloc

cdef dict _REGISTRY = {}   # field name -> (address of the function, Need bits)


cdef void register(str name, ExtractFn fn, uint32_t needs) except *:
    _REGISTRY[name] = (<size_t><void*>fn, needs)


def available() -> frozenset:
    """Names of all fields that the engine can extract."""
    return frozenset(_REGISTRY)


def needs_of(str name) -> int:
    """The Need bits of a field. Raises KeyError for a field that no family registered."""
    return _REGISTRY[name][1]


def extractor(str name, str arg, int type, int fmt, bint is_list) -> Extractor:
    """The compiled form of field `name` with argument `arg` (None without one).

    `type` is a ParamType, `fmt` a PrintFormat. Raises KeyError for a field that no family registered.
    """
    address, needs = _REGISTRY[name]
    cdef Extractor self = Extractor.__new__(Extractor)
    self.name = name
    self.arg = arg
    self.key = arg.encode() if arg is not None else b""
    self.index = int(arg) if arg is not None and arg.isascii() and arg.isdigit() else -1
    self.type = type
    self.fmt = fmt
    self.is_list = is_list
    self.needs = needs
    self.fn = <ExtractFn><void*><size_t>address
    return self


cdef class Extractor:
    def __cinit__(self):
        self.index = -1

    def __dealloc__(self):
        free(self.items)

    cdef int get(self, State state, Value* out) except -1:
        return self.fn(state, self, out)

    cdef int reserve(self, uint32_t n) except -1:
        """Make room for `n` list items."""
        cdef Value* grown
        if n > self.room:
            grown = <Value*>realloc(self.items, n * sizeof(Value))
            if grown == NULL:
                raise MemoryError
            self.items = grown
            self.room = n
        return 0

    cdef Buffer scratch_text(self):
        if self.text is None:
            self.text = Buffer()
            self.text.grow(64)
        self.text.size = 0
        return self.text

    cdef int give_text(self, Value* out) except -1:
        out.kind = VK_STR
        out.s = self.text.data
        out.n = <uint32_t>self.text.size
        return 1

    cdef int give(self, bytes text, Value* out) except -1:
        if text is None:
            return 0
        self.held = text
        out.kind = VK_STR
        out.s = text
        out.n = <uint32_t>len(text)
        return 1

    cdef int give_list(self, list texts, Value* out) except -1:
        cdef Py_ssize_t i
        cdef bytes text
        self.held_items = texts
        self.reserve(<uint32_t>len(texts))
        for i in range(len(texts)):
            text = texts[i]
            self.items[i].kind = VK_STR
            self.items[i].s = text
            self.items[i].n = <uint32_t>len(text)
        out.kind = VK_LIST
        out.items = self.items
        out.n = <uint32_t>len(texts)
        return 1


cdef object _python(const Value* v):
    if v.kind == VK_INT:
        return v.i
    if v.kind == VK_UINT:
        return <uint64_t>v.i
    if v.kind == VK_BOOL:
        return v.i != 0
    if v.kind == VK_DOUBLE:
        return v.d
    if v.kind == VK_LIST:
        return [_python(&v.items[k]) for k in range(v.n)]
    return v.s[:v.n]


def value_of(Extractor field, State state) -> object:
    """The field's value on the current event as a Python object (text and addresses as bytes); None where it has none."""
    cdef Value v
    if not field.get(state, &v):
        return None
    return _python(&v)
