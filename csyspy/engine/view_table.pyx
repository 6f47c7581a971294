"""The table of a view: totals per key, and the values that name a row (libs: userspace/libsinsp/table.cpp)."""

from libc.stdint cimport int64_t
from libc.string cimport memcmp, memset

from csyspy.engine.event cimport Event
from csyspy.engine.groupby cimport GroupBy
from csyspy.engine.program cimport Node
from csyspy.engine.python_value cimport python_value
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_STR, Extractor, Value

from csyspy.events import EVENT_TABLE

cdef unsigned char NOTHING[8]
# An event that never happens: no field of an event's own has a value on it (libs: sinsp_table::process_proctable).
cdef int NO_EVENT = next(event["id"] for event in EVENT_TABLE["events"] if event["enum"] == "PPME_SCAPEVENT_X")


cdef class ViewTable(GroupBy):
    """Rows of a view, one per value of `key`.

    `required`: Extractors without whose value an event does not count; their first value stays. `firsts`: likewise the
    first value stays, but it may be missing (None). `texts`: (Extractor, whether the last value stays) each; otherwise
    the first that is not empty does. `columns` as GroupBy takes them.
    """

    cdef list required
    cdef list firsts
    cdef list text_fields
    cdef list follow              # per text: whether the last value stays
    cdef list kept                # per row: list of the first values
    cdef list texts               # per row: list of bytes, or None

    def __init__(self, key, required, firsts, texts, columns, filter=None):
        GroupBy.__init__(self, [key], columns, filter)
        self.wants_hidden = True
        self.required = list(required)
        self.firsts = list(firsts)
        self.text_fields = [field for field, _ in texts]
        self.follow = [follow for _, follow in texts]
        self.kept = []
        self.texts = []
        for field in self.required + self.firsts + self.text_fields:
            self.needs |= (<Extractor?>field).needs

    def clear(self):
        """Forget all rows."""
        GroupBy.clear(self)
        self.kept = []
        self.texts = []

    cdef int event(self, State state) except -1:
        cdef Value v
        cdef bint fresh
        cdef int64_t row
        cdef Extractor field
        cdef list texts
        cdef bytes text
        cdef Py_ssize_t k
        for field in self.required:
            if not field.get(state, &v):
                return 0
        row = self.add(state, &fresh)
        if row < 0:
            return 0
        if fresh:
            self.kept.append([_value(field, state) for field in self.required + self.firsts])
            self.texts.append([None] * len(self.text_fields))
        texts = <list>self.texts[row]
        for k in range(len(self.text_fields)):
            text = <bytes>texts[k]
            if text and not self.follow[k]:
                continue
            field = <Extractor>self.text_fields[k]
            if not field.get(state, &v) or v.kind != VK_STR:
                continue
            if text is None or len(text) != v.n or memcmp(<const char*>text, v.s, v.n) != 0:
                texts[k] = v.s[:v.n]
        return 0

    def add_threads(self, State state):
        """Let every thread that passes the filter count as if it had made an event that moves nothing: idle ones have a row, too.

        For between two events.
        """
        cdef ThreadInfo thread
        cdef Node node = self.filter
        cdef Event kept = state.evt
        kept_state = (state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden)
        try:
            _pretend(state)
            for thread in state.threads.all():
                state.evt.tid = thread.tid
                state.thread = thread
                if node is None or node.test(state):
                    self.event(state)
        finally:
            state.evt = kept
            state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden = kept_state

    def rows(self):
        """[(key, first values, texts as str or None, column totals)] in the order in which the rows came up."""
        cdef list out = []
        for (key, totals), firsts, texts in zip(GroupBy.rows(self), self.kept, self.texts, strict=True):
            decoded = tuple([None if text is None else (<bytes>text).decode("utf-8", "surrogateescape") for text in texts])
            out.append((key[0], tuple(firsts), decoded, totals))
        return out


cdef object _value(Extractor field, State state):
    cdef Value v
    return python_value(&v) if field.get(state, &v) else None


cdef void _pretend(State state) noexcept:
    """Make the current event one without any parameter."""
    cdef Event* e = &state.evt
    memset(NOTHING, 0, sizeof(NOTHING))
    e.raw = e.lens = e.data = e.limit = NOTHING
    e.type = NO_EVENT
    e.size = e.header = 0
    e.nparams = e.ndecoded = 0
    e.lensize = 2
    e.num = 0
    state.fd = None
    state.fd_num = -1
    state.fd_name_changed = None
    state.hidden = False
