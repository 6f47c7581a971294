"""Compiled filters: a tree of nodes over extractors.

`csyspy.filters.lower` builds it. A field without a value makes every comparison false, `!=` included (libs: userspace/libsinsp/
sinsp_filtercheck.cpp, compare_nocache()); conditions on the event type alone are tables by event id.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset, strlen

from csyspy.engine.event cimport EVENT_COUNT, EVENTS, KINDS, SYSCALL_COUNT, SYSCALL_NAMES, event_kind
from csyspy.engine.match cimport Matcher, double_test, int_test, text_test
from csyspy.engine.state cimport NEED_NOTHING
from csyspy.engine.value cimport VK_BYTES, VK_DOUBLE, VK_INT, VK_IP, VK_LIST, VK_STR, VK_UINT, Extractor, Value

cdef enum:
    _NO = 0
    _YES = 1
    _ASK = 2

NO, YES, ASK = _NO, _YES, _ASK
"""Verdicts of a type table: no event of the type passes, all do, the node behind the table knows."""


cdef class Node:
    """A condition on the current event."""

    cdef int test(self, State state) except -1:
        return 1

    cdef Node gate(self):
        return None


cdef class Constant(Node):
    """Always the same verdict."""

    cdef bint verdict

    def __init__(self, bint verdict):
        self.verdict = verdict

    cdef int test(self, State state) except -1:
        return self.verdict


cdef class And(Node):
    """All children pass."""

    cdef tuple children

    def __init__(self, children: tuple[Node, ...]):
        self.children = children
        self.needs = _needs(children)

    cdef int test(self, State state) except -1:
        cdef Node child
        for child in self.children:
            if not child.test(state):
                return 0
        return 1

    cdef Node gate(self):
        cdef Node child
        for child in self.children:
            if child.gate() is not None:
                return child.gate()
        return None


cdef class Or(Node):
    """One of the children passes."""

    cdef tuple children

    def __init__(self, children: tuple[Node, ...]):
        self.children = children
        self.needs = _needs(children)

    cdef int test(self, State state) except -1:
        cdef Node child
        for child in self.children:
            if child.test(state):
                return 1
        return 0


cdef class Not(Node):
    """The child does not pass."""

    cdef Node child

    def __init__(self, Node child not None):
        self.child = child
        self.needs = child.needs

    cdef int test(self, State state) except -1:
        return not self.child.test(state)


cdef unsigned int _needs(tuple children) except? 0xFFFFFFFF:
    cdef unsigned int needs = NEED_NOTHING
    cdef Node child
    for child in children:
        needs |= child.needs
    return needs


cdef class TypeTable(Node):
    """A verdict (NO, YES, ASK) for every kind of event (event_kind); `behind` is asked where the table does not know.

    Raises ValueError where `behind` is missing though some verdict is ASK.
    """

    cdef uint8_t verdicts[KINDS]
    cdef Node behind

    def __init__(self, verdicts: bytes, Node behind):
        cdef uint32_t i
        if behind is None and ASK in verdicts:
            raise ValueError("a table with open verdicts needs a node behind it")
        memset(self.verdicts, ASK if behind is not None else NO, KINDS)
        for i in range(min(len(verdicts), KINDS)):
            self.verdicts[i] = verdicts[i]
        self.behind = behind
        self.needs = behind.needs if behind is not None else NEED_NOTHING

    cdef int test(self, State state) except -1:
        cdef int verdict = self.verdicts[event_kind(&state.evt)] if state.evt.type < MAX_EVENT_TYPES else _ASK
        if verdict != _ASK:
            return verdict
        if self.behind is None:
            return 0
        return self.behind.test(state)


cdef class Check(Node):
    """The value of a field passes a matcher."""

    cdef Extractor field
    cdef Matcher matcher

    def __init__(self, Extractor field not None, Matcher matcher not None):
        self.field = field
        self.matcher = matcher
        self.needs = field.needs

    cdef int test(self, State state) except -1:
        cdef Value v
        return self.field.get(state, &v) and self.matcher.match(&v)


cdef class Exists(Node):
    """A field has a value."""

    cdef Extractor field

    def __init__(self, Extractor field not None):
        self.field = field
        self.needs = field.needs

    cdef int test(self, State state) except -1:
        cdef Value v
        return self.field.get(state, &v)


cdef bint _compare(int op, const Value* a, const Value* b) noexcept nogil:
    """Two single values of the same type."""
    if a.kind == VK_STR or a.kind == VK_BYTES or a.kind == VK_IP:
        if b.kind != VK_STR and b.kind != VK_BYTES and b.kind != VK_IP:
            return False
        return text_test(op, a.s, a.n, b.s, b.n)
    if a.kind == VK_DOUBLE or b.kind == VK_DOUBLE:
        return double_test(op, a.d if a.kind == VK_DOUBLE else <double>a.i, b.d if b.kind == VK_DOUBLE else <double>b.i)
    return int_test(op, a.i, b.i, a.kind == VK_UINT)


cdef class FieldCheck(Node):
    """Two fields compared with each other: `op` between single values."""

    cdef Extractor left, right
    cdef int op

    def __init__(self, Extractor left not None, int op, Extractor right not None):
        self.left = left
        self.op = op
        self.right = right
        self.needs = left.needs | right.needs

    cdef int test(self, State state) except -1:
        cdef Value a
        cdef Value b
        if not self.left.get(state, &a) or not self.right.get(state, &b):
            return 0
        return _compare(self.op, &a, &b)


cdef class FieldMembers(Node):
    """`every` value of the left field, or at least one, is among those of the right field: `in` and `intersects`."""

    cdef Extractor left, right
    cdef bint every

    def __init__(self, Extractor left not None, bint every, Extractor right not None):
        self.left = left
        self.every = every
        self.right = right
        self.needs = left.needs | right.needs

    cdef int test(self, State state) except -1:
        cdef Value a
        cdef Value b
        cdef const Value* items
        cdef uint32_t i, count
        if not self.left.get(state, &a) or not self.right.get(state, &b):
            return 0
        items = a.items if a.kind == VK_LIST else &a
        count = a.n if a.kind == VK_LIST else 1
        for i in range(count):
            if self._among(&items[i], &b) != self.every:
                return not self.every
        return self.every

    cdef bint _among(self, const Value* v, const Value* others) noexcept:
        cdef uint32_t i
        if others.kind != VK_LIST:
            return _compare(0, v, others)
        for i in range(others.n):
            if _compare(0, v, &others.items[i]):
                return True
        return False


cdef class Program(Node):
    """The root of a filter. `possible` says, by event id, whether an event of that type can pass at all (b"\\0" or b"\\1" each)."""

    def __init__(self, Node root not None, possible: bytes):
        cdef uint32_t i
        self.root = root
        self.needs = root.needs
        memset(self.possible, 1, MAX_EVENT_TYPES)
        for i in range(min(len(possible), MAX_EVENT_TYPES)):
            self.possible[i] = possible[i]

    @property
    def types(self) -> list[int]:
        """Ids of the event table that can pass."""
        return [i for i in range(EVENT_COUNT) if self.possible[i]]

    cdef int test(self, State state) except -1:
        if state.evt.type < MAX_EVENT_TYPES and not self.possible[state.evt.type]:
            return 0
        return self.root.test(state)

    cdef Node gate(self):
        return self.root.gate()


KIND_COUNT = KINDS
"""Kinds are numbered below this."""


def kinds() -> list[int]:
    """Numbers of all kinds of events: event ids, those of generic events left out, then two for each system call (enter, exit)."""
    return [*range(2, EVENT_COUNT), *[MAX_EVENT_TYPES + i for i in range(2 * SYSCALL_COUNT) if SYSCALL_NAMES[i // 2] != NULL]]


def kinds_of_generic(int leave) -> list[int]:
    """The kinds that generic enter events (0) or exit events (1) have."""
    return [MAX_EVENT_TYPES + 2 * i + leave for i in range(SYSCALL_COUNT) if SYSCALL_NAMES[i] != NULL]


def table_of_names(Matcher matcher not None, ask: frozenset[int]) -> bytes:
    """Verdicts by kind of a matcher of event names; ASK for the event ids whose events have names of their own."""
    cdef Value v
    cdef uint32_t i
    cdef const char* name
    out = bytearray(KINDS)
    v.kind = VK_STR
    for i in range(2, MAX_EVENT_TYPES + 2 * SYSCALL_COUNT):
        name = EVENTS[i].name if i < EVENT_COUNT else NULL if i < MAX_EVENT_TYPES else SYSCALL_NAMES[(i - MAX_EVENT_TYPES) // 2]
        if i in ask:
            out[i] = ASK
        elif name != NULL:
            v.s = name
            v.n = <uint32_t>strlen(name)
            out[i] = YES if matcher.match(&v) else NO
    return bytes(out)


def matches_text(Matcher matcher not None, bytes text not None) -> bool:
    """Does a text pass the matcher?"""
    cdef Value v
    v.kind = VK_STR
    v.s = text
    v.n = <uint32_t>len(text)
    return matcher.match(&v) != 0


def matches_number(Matcher matcher not None, number: int) -> bool:
    """Does a number pass the matcher?"""
    cdef Value v
    v.kind = VK_INT
    v.i = <int64_t>number
    return matcher.match(&v) != 0


def passes(Node node not None, State state not None) -> bool:
    """Does the state's current event pass?"""
    return node.test(state) != 0
