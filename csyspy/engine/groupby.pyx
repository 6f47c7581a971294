"""Aggregation of events by the values of fields, without a Python object per event.

A key is encoded as its values one after the other (kind, length, bytes), looked up in an open-addressed table of
hashes, and lives in one arena; the totals are doubles, as chisels have always computed them.
"""

from cpython.ref cimport PyObject
from libc.math cimport NAN
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memcpy, memset

import os

from csyspy.engine.python_value cimport python_value
from csyspy.engine.value cimport (
    VK_BOOL, VK_BYTES, VK_DOUBLE, VK_INT, VK_IP, VK_LIST, VK_NONE, VK_STR, VK_UINT, Extractor, Value, value_u,
)

OPERATIONS = {"sum": OP_SUM, "count": OP_COUNT, "min": OP_MIN, "max": OP_MAX}

cdef enum:
    FIRST_SLOTS = 1024
    MOST_GROUPS = 0x7FFFFFFF
    NO_GROUP = 0xFFFFFFFE
    DEEPEST_LIST = 4

# Keys come out of captures: a start that nobody can foresee keeps prepared ones from piling up in one slot.
cdef uint64_t SEED = int.from_bytes(os.urandom(8), "little") | 1


cdef inline uint64_t _mix(uint64_t h, uint64_t word) noexcept nogil:
    h = (h ^ word) * <uint64_t>0x9E3779B97F4A7C15
    return h ^ (h >> 29)


cdef inline uint64_t _hash(const char* data, size_t n) noexcept nogil:
    cdef uint64_t h = SEED ^ n
    cdef uint64_t word
    while n >= 8:
        memcpy(&word, data, 8)
        h = _mix(h, word)
        data += 8
        n -= 8
    if n:
        word = 0
        memcpy(&word, data, n)
        h = _mix(h, word)
    return _mix(h, h >> 32)


cdef inline bint _number(const Value* v, double* out) noexcept:
    if v.kind == VK_INT or v.kind == VK_BOOL:
        out[0] = <double>v.i
    elif v.kind == VK_UINT:
        out[0] = <double>value_u(v)
    elif v.kind == VK_DOUBLE:
        out[0] = v.d
    else:
        return False
    return True


cdef int _encode(Buffer out, const Value* v, int depth) except -1:
    """Append the value: kind, then its bytes (counted, where they are not eight)."""
    cdef uint32_t k
    out.add_char(<char>v.kind)
    if v.kind == VK_STR or v.kind == VK_BYTES or v.kind == VK_IP:
        out.add(<const char*>&v.n, 4)
        out.add(v.s, v.n)
    elif v.kind == VK_DOUBLE:
        out.add(<const char*>&v.d, 8)
    elif v.kind == VK_LIST:
        out.add(<const char*>&v.n, 4)
        if depth < DEEPEST_LIST:
            for k in range(v.n):
                _encode(out, &v.items[k], depth + 1)
    elif v.kind != VK_NONE:
        out.add(<const char*>&v.i, 8)
    return 0


cdef const char* _decode(const char* data, Value* v) noexcept:
    """The value at `data` (not a list); returns what stands behind it."""
    v.kind = data[0]
    data += 1
    if v.kind == VK_STR or v.kind == VK_BYTES or v.kind == VK_IP:
        memcpy(&v.n, data, 4)
        v.s = data + 4
        return data + 4 + v.n
    if v.kind == VK_DOUBLE:
        memcpy(&v.d, data, 8)
        return data + 8
    if v.kind == VK_NONE:
        return data
    memcpy(&v.i, data, 8)
    return data + 8


cdef tuple _objects(const char* data, uint32_t count, int depth, const char** behind):
    cdef list out = []
    cdef Value v
    cdef uint32_t k, n
    for k in range(count):
        if data[0] == VK_LIST:
            memcpy(&n, data + 1, 4)
            data += 5
            if depth < DEEPEST_LIST:
                out.append(list(_objects(data, n, depth + 1, &data)))
            else:
                out.append([])
        else:
            data = _decode(data, &v)
            out.append(python_value(&v))
    behind[0] = data
    return tuple(out)


cdef class GroupBy(IntervalSink):
    """Totals of columns per combination of key values.

    `keys`: Extractors. `columns`: (Extractor or None, one of OPERATIONS, factor) each; `count` needs no Extractor, and a
    value that is missing or no number adds nothing. An event that lacks a key is left out, unless `keep_missing`
    makes the lack a key of its own (None). With `positive`, an event whose first column is missing, zero or negative
    is left out, too: so a failed call never lowers a total of bytes (chisels' table_generator).
    """

    def __init__(self, keys, columns, filter=None, bint positive=False, bint keep_missing=False):
        cdef uint32_t k
        self.keys = list(keys)
        self.fields = []
        self.filter = filter
        self.most = MOST_GROUPS
        self.positive = positive
        self.keep_missing = keep_missing
        self.nkeys = <uint32_t>len(self.keys)
        self.ncolumns = <uint32_t>len(columns)
        if self.ncolumns == 0:
            raise ValueError("a group needs a column")
        self.key_fields = <PyObject**>calloc(self.nkeys or 1, sizeof(PyObject*))
        self.columns = <Column*>calloc(self.ncolumns, sizeof(Column))
        self.found = <double*>calloc(self.ncolumns, sizeof(double))
        if self.key_fields == NULL or self.columns == NULL or self.found == NULL:
            raise MemoryError
        for k, key in enumerate(self.keys):
            self.needs |= (<Extractor?>key).needs
            self.key_fields[k] = <PyObject*>key
        for k, (field, operation, scale) in enumerate(columns):
            self.columns[k].operation = OPERATIONS[operation]
            self.columns[k].scale = scale
            if field is None and operation != "count":
                raise ValueError(f"{operation} needs a field")
            if field is not None:
                self.needs |= (<Extractor?>field).needs
                self.fields.append(field)
                self.columns[k].field = <PyObject*>field
        if filter is not None:
            self.needs |= filter.needs
        self.scratch = Buffer()
        self.arena = Buffer()
        self.mask = FIRST_SLOTS - 1
        self.slots = <uint32_t*>calloc(FIRST_SLOTS, sizeof(uint32_t))
        if self.slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.key_fields)
        free(self.columns)
        free(self.found)
        free(self.groups)
        free(self.totals)
        free(self.slots)

    def __len__(self):
        return self.ngroups

    def clear(self):
        """Forget all groups."""
        self.ngroups = 0
        self.arena.size = 0
        memset(self.slots, 0, (self.mask + 1) * sizeof(uint32_t))

    def rows(self):
        """[(key values, column totals)], two tuples each, in the order in which the groups came up."""
        cdef uint32_t g, c
        cdef const char* behind
        cdef list out = []
        for g in range(self.ngroups):
            key = _objects(self.arena.data + self.groups[g].key, self.nkeys, 0, &behind)
            out.append((key, tuple([self.totals[<size_t>g * self.ncolumns + c] for c in range(self.ncolumns)])))
        return out

    cdef list first_keys(self):
        """The first key value of every group, in the order in which the groups came up."""
        cdef uint32_t g
        cdef const char* behind
        return [_objects(self.arena.data + self.groups[g].key, 1, 0, &behind)[0] for g in range(self.ngroups)]

    cdef int event(self, State state) except -1:
        cdef bint fresh
        if (self.period_ns or self.inner is not None) and not self.admit(state):
            return 0
        self.add(state, &fresh)
        return 0

    cdef int64_t add(self, State state, bint* fresh) except -2:
        """Add the event to its group, whose number it returns; -1 where the event does not count."""
        cdef uint32_t g, c
        cdef double* row
        if self.positive:     # most events of a table of bytes have none: they need no key
            if not self.values(state) or not self.key(state):
                return -1
        elif not self.key(state) or not self.values(state):     # CPU times add up over the events that ask for them
            return -1
        g = self.find(_hash(self.scratch.data, self.scratch.size), fresh)
        if g == NO_GROUP:
            return -1
        row = self.totals + <size_t>g * self.ncolumns
        for c in range(self.ncolumns):
            if self.columns[c].operation <= OP_COUNT:
                row[c] += self.found[c]
            elif self.found[c] == self.found[c]:     # not NaN, which stands for no value
                if row[c] != row[c] or (self.found[c] < row[c]) == (self.columns[c].operation == OP_MIN):
                    row[c] = self.found[c]
        return g

    cdef bint values(self, State state) except -1:
        """The event's column values into `found`; False where the event does not count."""
        cdef Value v
        cdef double number
        cdef uint32_t c
        cdef Column* column
        cdef bint has
        for c in range(self.ncolumns):
            column = &self.columns[c]
            if column.field == NULL:
                self.found[c] = 1
                continue
            has = (<Extractor>column.field).get(state, &v) and _number(&v, &number)
            if self.positive and c == 0 and not (has and number > 0):
                return False
            if column.operation == OP_COUNT:
                self.found[c] = 1 if has else 0
            elif column.operation == OP_SUM:
                self.found[c] = number * column.scale if has else 0
            else:
                self.found[c] = number * column.scale if has else NAN
        return True

    cdef bint key(self, State state) except -1:
        """The event's key into `scratch`; False where a value is missing."""
        cdef Value v
        cdef uint32_t k
        self.scratch.size = 0
        for k in range(self.nkeys):
            if (<Extractor>self.key_fields[k]).get(state, &v):
                if v.kind == VK_STR and self.scratch.room - self.scratch.size >= <size_t>v.n + 5:
                    self.scratch.data[self.scratch.size] = VK_STR
                    memcpy(self.scratch.data + self.scratch.size + 1, &v.n, 4)
                    memcpy(self.scratch.data + self.scratch.size + 5, v.s, v.n)
                    self.scratch.size += v.n + 5
                else:
                    _encode(self.scratch, &v, 0)
            elif self.keep_missing:
                self.scratch.add_char(VK_NONE)
            else:
                return False
        return True

    cdef uint32_t find(self, uint64_t hash, bint* fresh) except? 0xFFFFFFFF:
        """The number of the group whose key is in `scratch`; a new one starts at zero (NaN for min and max).

        NO_GROUP where it would be one too many.
        """
        cdef uint64_t slot = hash & self.mask
        cdef uint32_t g, c
        cdef Group* group
        while True:
            g = self.slots[slot]
            if g == 0:
                break
            group = &self.groups[g - 1]
            if (group.hash == hash and group.size == self.scratch.size
                    and memcmp(self.arena.data + group.key, self.scratch.data, group.size) == 0):
                fresh[0] = False
                return g - 1
            slot = (slot + 1) & self.mask
        if self.ngroups >= self.most:
            self.refused += 1
            return NO_GROUP
        if self.ngroups == self.room:
            self.grow_groups()
        g = self.ngroups
        group = &self.groups[g]
        group.hash = hash
        group.key = self.arena.size
        group.size = <uint32_t>self.scratch.size
        self.arena.add(self.scratch.data, self.scratch.size)
        for c in range(self.ncolumns):
            self.totals[<size_t>g * self.ncolumns + c] = NAN if self.columns[c].operation > OP_COUNT else 0
        self.ngroups = g + 1
        self.slots[slot] = g + 1
        if <uint64_t>self.ngroups * 2 > self.mask:
            self.grow_slots()
        fresh[0] = True
        return g

    cdef int grow_groups(self) except -1:
        cdef uint32_t room = self.room * 2 if self.room else 256
        cdef void* grown
        grown = realloc(self.groups, room * sizeof(Group))
        if grown == NULL:
            raise MemoryError
        self.groups = <Group*>grown
        grown = realloc(self.totals, <size_t>room * self.ncolumns * sizeof(double))
        if grown == NULL:
            raise MemoryError
        self.totals = <double*>grown
        self.room = room
        return 0

    cdef int grow_slots(self) except -1:
        cdef uint64_t mask = self.mask * 2 + 1
        cdef uint32_t* slots = <uint32_t*>calloc(mask + 1, sizeof(uint32_t))
        cdef uint64_t slot
        cdef uint32_t g
        if slots == NULL:
            raise MemoryError
        for g in range(self.ngroups):
            slot = self.groups[g].hash & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = g + 1
        free(self.slots)
        self.slots = slots
        self.mask = mask
        return 0
