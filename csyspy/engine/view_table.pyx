"""The table of a view: totals per key, the values that name a row, and rows of one group made one (libs: userspace/libsinsp/table.cpp)."""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.math cimport NAN
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcmp, memcpy, memset

from csyspy.engine.event cimport Event, make_empty
from csyspy.engine.groupby cimport GroupBy
from csyspy.engine.histogram cimport Histograms
from csyspy.engine.program cimport Node
from csyspy.engine.python_value cimport python_value
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_STR, VK_UINT, Extractor, Value, value_u

from csyspy.events import EVENT_TABLE

# An event that never happens: no field of an event's own has a value on it (libs: sinsp_table::process_proctable).
cdef int NO_EVENT = next(event["id"] for event in EVENT_TABLE["events"] if event["enum"] == "PPME_SCAPEVENT_X")
cdef uint64_t NS_PER_S = 1_000_000_000

MOST_ROWS = 1_000_000
"""Rows before group-by; events that would make more are left out, and counted in `refused`."""

cdef enum:
    KEEP = 0      # the first value, or the first text that is not empty
    FOLLOW = 1    # the newest text
    SUM = 2
    AVG = 3
    MIN = 4
    MAX = 5
    RATE = 6      # a sum per second
    QUANTILES = 7 # csyspy.engine.histogram.QUANTILES, of whole numbers

REQUIRED = object()
"""In place of a default: without the value the event does not count."""
OPERATIONS = {"keep": KEEP, "follow": FOLLOW, "sum": SUM, "avg": AVG, "min": MIN, "max": MAX, "rate": RATE, "quantiles": QUANTILES}
"""What becomes of a column's values, by name."""
_TOTALS = {SUM: ("sum",), AVG: ("sum", "count"), MIN: ("min",), MAX: ("max",), RATE: ("sum",)}

cdef struct Shape:
    int operation
    int merged        # the operation over rows of one group
    bint whole        # numbers come out as int
    bint unknown      # a number that no event had is None, not 0
    uint32_t at       # the first of its totals; for KEEP and FOLLOW its place among the objects of a row, for QUANTILES its histograms


cdef class ViewTable(GroupBy):
    """Rows of a view, one per value of `key`, or of `group` where there is one.

    `key`: (Extractor, default); `group`, which names what a row belongs to: likewise, or None. `columns`: (Extractor, default,
    operation, operation over the rows of a group, whether numbers come out as int) each, operations by their names in
    OPERATIONS; quantiles of a group are those of all its numbers, whatever the operation over its rows. Where the default is REQUIRED,
    events that lack the value do not count.
    """

    cdef Shape* shapes
    cdef uint32_t nshapes
    cdef list required            # Extractors without whose value an event does not count
    cdef list object_fields       # Extractors of the columns that keep or follow, then of the group
    cdef list defaults            # per object field
    cdef list follows             # per object field: whether the newest text stays
    cdef list objects             # per row one for each object field
    cdef uint32_t stride          # how many these are
    cdef uint8_t* open_texts      # per row: how many of the kept texts are still empty
    cdef uint32_t open_room
    cdef bint grouped
    cdef object key_default       # of rows whose events lack the key
    cdef bint has_follows
    cdef list measured            # Extractors of the columns of quantiles
    cdef list histograms          # and their Histograms

    def __init__(self, key, columns, group=None, filter=None):
        cdef uint32_t k = 0
        cdef uint32_t at = 0
        totals = []
        self.required = []
        self.object_fields, self.defaults, self.follows, self.objects = [], [], [], []
        self.measured, self.histograms = [], []
        self.grouped = group is not None
        self.nshapes = <uint32_t>len(columns)
        self.shapes = <Shape*>PyMem_Malloc(max(self.nshapes, 1) * sizeof(Shape))
        if self.shapes == NULL:
            raise MemoryError
        for k, (field, default, operation, merged, whole) in enumerate(columns):
            if default is REQUIRED:
                self._require(field)
            self.shapes[k].operation = OPERATIONS[operation]
            self.shapes[k].merged = OPERATIONS[merged]
            self.shapes[k].whole = whole
            self.shapes[k].unknown = default is None
            if self.shapes[k].operation <= FOLLOW:
                self.shapes[k].at = <uint32_t>len(self.object_fields)
                self._keep(field, default, self.shapes[k].operation == FOLLOW)
            elif self.shapes[k].operation == QUANTILES:
                self.shapes[k].at = <uint32_t>len(self.histograms)
                self.measured.append(field)
                self.histograms.append(Histograms())
            else:
                self.shapes[k].at = <uint32_t>len(totals)
                totals += [(field, name, 1.0) for name in _TOTALS[self.shapes[k].operation]]
        if group is not None:
            if group[1] is REQUIRED:
                self._require(group[0])
            self._keep(group[0], group[1], False)
        self.key_default = key[1]
        GroupBy.__init__(self, [key[0]], totals or [(None, "count", 1.0)], filter, keep_missing=key[1] is not REQUIRED)
        self.wants_hidden = True
        self.most = MOST_ROWS
        self.stride = <uint32_t>len(self.object_fields)
        for field in self.required + self.object_fields + self.measured:
            self.needs |= (<Extractor?>field).needs

    def __dealloc__(self):
        PyMem_Free(self.shapes)
        free(self.open_texts)

    def _require(self, Extractor field not None):
        """Ask for the field once, in however many columns it is."""
        if not any(field.name == known.name and field.arg == known.arg for known in self.required):
            self.required.append(field)

    def _keep(self, field, default, follow):
        self.object_fields.append(field)
        self.defaults.append(default)
        self.follows.append(follow)
        self.has_follows = self.has_follows or follow

    def clear(self):
        """Forget all rows."""
        cdef Histograms own
        GroupBy.clear(self)
        self.objects = []
        for own in self.histograms:
            own.clear()

    cdef int event(self, State state) except -1:
        cdef Value v
        cdef bint fresh
        cdef int64_t row
        cdef Extractor field
        for field in self.required:
            if not field.get(state, &v):
                return 0
        row = self.add(state, &fresh)
        if row < 0:
            return 0
        if self.measured:
            self.measure(state, <uint32_t>row)
        if self.stride == 0:
            return 0
        if fresh:
            self.begin_row(state, <uint32_t>row)
        elif self.open_texts[row]:
            self.fill_row(state, <uint32_t>row)
        if self.has_follows and not fresh:
            self.follow_row(state, <uint32_t>row)
        return 0

    cdef int measure(self, State state, uint32_t row) except -1:
        """Put the event's numbers among those that quantiles are taken of; nothing is no number there."""
        cdef Value v
        cdef Py_ssize_t k
        for k in range(len(self.measured)):
            if (<Extractor>self.measured[k]).get(state, &v) and v.kind == VK_UINT and v.i:
                (<Histograms>self.histograms[k]).add(row, value_u(&v))
        return 0

    cdef int begin_row(self, State state, uint32_t row) except -1:
        """The objects of a new row."""
        cdef Value v
        cdef Extractor field
        cdef Py_ssize_t k
        cdef uint8_t* grown
        if row >= self.open_room:
            grown = <uint8_t*>realloc(self.open_texts, self.room)
            if grown == NULL:
                raise MemoryError
            self.open_texts = grown
            self.open_room = self.room
        self.open_texts[row] = 0
        for k in range(self.stride):
            field = <Extractor>self.object_fields[k]
            if not field.get(state, &v):
                value = self.defaults[k]
            elif self.follows[k]:
                value = v.s[:v.n] if v.kind == VK_STR else self.defaults[k]
            else:
                value = python_value(&v)
            if (value is None or value == "") and not self.follows[k] and self.open_texts[row] < 255:
                self.open_texts[row] += 1
            self.objects.append(value)
        return 0

    cdef int fill_row(self, State state, uint32_t row) except -1:
        """Look again for the texts that were empty so far: a container's name may come late."""
        cdef Value v
        cdef Py_ssize_t k
        cdef Py_ssize_t at = <Py_ssize_t>row * self.stride
        for k in range(self.stride):
            if self.follows[k] or self.objects[at + k]:
                continue
            if (<Extractor>self.object_fields[k]).get(state, &v) and v.kind == VK_STR and v.n:
                self.objects[at + k] = python_value(&v)
                self.open_texts[row] -= 1
        return 0

    cdef int follow_row(self, State state, uint32_t row) except -1:
        cdef Value v
        cdef Py_ssize_t k
        cdef Py_ssize_t at = <Py_ssize_t>row * self.stride
        for k in range(self.stride):
            if not self.follows[k] or not (<Extractor>self.object_fields[k]).get(state, &v) or v.kind != VK_STR:
                continue
            text = self.objects[at + k]
            if not isinstance(text, bytes) or len(<bytes>text) != v.n or memcmp(<const char*><bytes>text, v.s, v.n) != 0:
                self.objects[at + k] = v.s[:v.n]
        return 0

    def table(self, State state, double span_s, bint threads=True):
        """(keys, columns): what the rows come to so far, each column as long as keys; for between two events.

        Rates are taken over `span_s` seconds. With `threads` every thread that passes the filter counts as if it had
        made an event that moves nothing, so that idle ones have a row, too; that leaves no trace in the table.
        """
        if not threads:
            return self.merge(span_s)
        cdef uint32_t ngroups = self.ngroups
        cdef size_t arena = self.arena.size
        cdef Py_ssize_t nobjects = len(self.objects)
        cdef bytes totals = (<const char*>self.totals)[:<size_t>ngroups * self.ncolumns * sizeof(double)] if ngroups else b""
        cdef bytes slots = (<const char*>self.slots)[:(self.mask + 1) * sizeof(uint32_t)]
        try:
            self.add_threads(state)
            return self.merge(span_s)
        finally:
            self.ngroups = ngroups
            self.arena.size = arena
            del self.objects[nobjects:]
            if ngroups:
                memcpy(self.totals, <const char*>totals, len(totals))
            memset(self.slots, 0, (self.mask + 1) * sizeof(uint32_t))
            if <size_t>len(slots) == (self.mask + 1) * sizeof(uint32_t):
                memcpy(self.slots, <const char*>slots, len(slots))
            else:
                self.rehash()

    cdef int rehash(self) except -1:
        """Find a slot for every group; all are free."""
        cdef uint32_t g
        cdef uint64_t slot
        for g in range(self.ngroups):
            slot = self.groups[g].hash & self.mask
            while self.slots[slot]:
                slot = (slot + 1) & self.mask
            self.slots[slot] = g + 1
        return 0

    cdef int add_threads(self, State state) except -1:
        """An event that never happens, for every thread that passes the filter."""
        cdef ThreadInfo thread
        cdef Node node = self.filter
        cdef Event kept = state.evt
        kept_state = (state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden, state.evt_container, state.fd_due)
        try:
            _pretend(state)
            for thread in state.threads.all():
                state.evt.tid = thread.tid
                state.thread = thread
                if node is None or node.test(state):
                    self.event(state)
        finally:
            state.evt = kept
            state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden, state.evt_container, state.fd_due = kept_state
        return 0

    cdef tuple merge(self, double span_s):
        """The rows, those of one group made one."""
        cdef uint32_t g, c, slot
        cdef uint32_t nrows = self.ngroups
        cdef list keys = [self.key_default if key is None else key for key in self.first_keys()]
        cdef list leaders = None      # row that speaks for the group where only one value can stay
        cdef uint32_t* group_of = NULL
        cdef Py_ssize_t at = self.stride - 1
        cdef dict slots
        if self.grouped:
            leaders, slots = [], {}
            group_of = <uint32_t*>PyMem_Malloc(max(nrows, 1) * sizeof(uint32_t))
            if group_of == NULL:
                raise MemoryError
        try:
            if self.grouped:
                for g in range(nrows):
                    name = self.objects[<Py_ssize_t>g * self.stride + at]
                    found = slots.get(name)
                    if found is None:
                        slots[name] = found = len(leaders)
                        leaders.append(g)
                    elif keys[g] == name:
                        leaders[found] = g
                    group_of[g] = <uint32_t>found
                keys = list(slots)
            columns = [self.column(&self.shapes[c], span_s, leaders, group_of, <uint32_t>len(keys)) for c in range(self.nshapes)]
        finally:
            PyMem_Free(group_of)
        return keys, columns

    cdef list column(self, Shape* shape, double span_s, list leaders, uint32_t* group_of, uint32_t nkeys):
        cdef Py_ssize_t k, row
        cdef list out = []
        cdef double* sums
        cdef double* weights
        if shape.operation <= FOLLOW:
            default = self.defaults[shape.at]
            for k in range(nkeys):
                row = leaders[k] if leaders is not None else k
                value = self.objects[row * self.stride + shape.at]
                if isinstance(value, bytes) and shape.operation == FOLLOW:
                    value = PyUnicode_DecodeUTF8(<const char*><bytes>value, len(<bytes>value), "surrogateescape")
                out.append(default if value is None else value)
            return out
        if shape.operation == QUANTILES:
            return self.quantiles(self.histograms[shape.at], group_of, nkeys)
        sums = <double*>PyMem_Malloc(max(nkeys, 1) * 2 * sizeof(double))
        if sums == NULL:
            raise MemoryError
        weights = sums + nkeys
        try:
            if leaders is None:
                for k in range(nkeys):
                    sums[k] = self.number(shape, <uint32_t>k, &weights[k])
            else:
                self.merge_numbers(shape, leaders, group_of, nkeys, sums, weights)
            for k in range(nkeys):
                if shape.operation == RATE or shape.merged == RATE:
                    sums[k] = sums[k] / span_s if span_s > 0 else 0
                if sums[k] != sums[k]:
                    out.append(None if shape.unknown else 0)
                elif shape.whole:
                    out.append(<int64_t>sums[k])
                else:
                    out.append(sums[k])
        finally:
            PyMem_Free(sums)
        return out

    cdef list quantiles(self, Histograms own, uint32_t* group_of, uint32_t nkeys):
        cdef uint32_t k
        cdef Histograms of_groups
        if group_of != NULL:
            of_groups = Histograms()
            for k in range(self.ngroups):
                of_groups.add_all(group_of[k], own, k)
            own = of_groups
        return [own.quantiles(k) for k in range(nkeys)]

    cdef double number(self, Shape* shape, uint32_t row, double* weight) noexcept:
        """A row's number in a column, NAN where no event had one; `weight`: how many values it is the average of."""
        cdef double* totals = self.totals + <size_t>row * self.ncolumns + shape.at
        weight[0] = 1
        if shape.operation == AVG:
            weight[0] = totals[1]
            return totals[0] / totals[1] if totals[1] else NAN
        return totals[0]

    cdef int merge_numbers(self, Shape* shape, list leaders, uint32_t* group_of, uint32_t nkeys, double* sums, double* weights) except -1:
        cdef uint32_t g, k
        cdef double found, weight
        for k in range(nkeys):
            sums[k] = NAN
            weights[k] = 0
            if shape.merged == KEEP:
                sums[k] = self.number(shape, <uint32_t>leaders[k], &weight)
        if shape.merged == KEEP:
            return 0
        for g in range(self.ngroups):
            found = self.number(shape, g, &weight)
            if found != found:
                continue
            k = group_of[g]
            if sums[k] != sums[k]:
                sums[k] = found * weight if shape.merged == AVG else found
            elif shape.merged == MIN:
                sums[k] = min(sums[k], found)
            elif shape.merged == MAX:
                sums[k] = max(sums[k], found)
            else:
                sums[k] += found * weight if shape.merged == AVG else found
            weights[k] += weight
        if shape.merged == AVG:
            for k in range(nkeys):
                if weights[k]:
                    sums[k] /= weights[k]
        return 0


cdef void _pretend(State state) noexcept:
    """Make the current event one without any parameter, at the end of the second before."""
    cdef Event* e = &state.evt
    make_empty(e, NO_EVENT)
    if e.ts:
        e.ts -= e.ts % NS_PER_S + 1
    state.fd = None
    state.fd_num = -1
    state.fd_due = False
    state.fd_name_changed = None
    state.evt_container = None
    state.hidden = False
