"""Lines of output: what stands behind `-p`, compiled, as text or as JSON.

libs: userspace/libsinsp/eventformatter.cpp.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memset

from csyspy.engine.render_value cimport add_json_string, add_json_value, add_value
from csyspy.engine.state cimport NEED_NOTHING
from csyspy.engine.event cimport PF_DEC
from csyspy.engine.text cimport add_u64, reserve
from csyspy.engine.value cimport Extractor, Value

cdef frozenset _TIMESTAMPS = frozenset({
    "evt.outputtime", "evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s",
})
cdef frozenset _NUMBERS = frozenset({
    "evt.rawtime", "evt.rawtime.s", "evt.rawtime.ns", "evt.reltime", "evt.reltime.s", "evt.reltime.ns", "evt.latency", "evt.latency.s",
    "evt.latency.ns", "evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns", "evt.count",
})


cdef class Formatter:
    """One output format.

    `segments` are the parts of a line from left to right: a str is copied, `(extractor, name, width)` is a value (width 0: as wide
    as it is). `complete`: events that lack a value have no line; otherwise `<NA>` stands for it (`null` in JSON). With `json` a
    line is an object with a key per field, `name` being the key: keys sorted, literals and widths left out.
    """

    def __cinit__(self, list segments, bint complete, bint json=False):
        cdef Extractor field
        cdef Segment* segment
        if json:
            fields = {part[1]: part for part in segments if not isinstance(part, str)}
            segments = [fields[name] for name in sorted(fields)]
        self.kept = []
        self.complete = complete
        self.json = json
        self.needs = NEED_NOTHING
        self.segments = <Segment*>calloc(len(segments) or 1, sizeof(Segment))
        if self.segments == NULL:
            raise MemoryError
        for part in segments:
            segment = &self.segments[self.count]
            if isinstance(part, str):
                self._keep_text(segment, (<str>part).encode("utf-8", "surrogateescape"))
            else:
                field, name, segment.width = part
                segment.field = <void*>field
                self.kept.append(field)
                self.needs |= field.needs
                segment.json_form = JF_TIMESTAMP if name in _TIMESTAMPS else JF_NUMBER if name in _NUMBERS else JF_BY_TYPE
                if json:
                    self._keep_key(segment, name)
            self.count += 1

    def __dealloc__(self):
        free(self.segments)

    cdef int _keep_text(self, Segment* segment, bytes text) except -1:
        self.kept.append(text)
        segment.text = text
        segment.n = <uint32_t>len(text)
        return 0

    cdef int _keep_key(self, Segment* segment, str name) except -1:
        cdef Buffer key = Buffer()
        cdef bytes raw = name.encode()
        add_json_string(key, raw, <size_t>len(raw))
        key.add_char(c":")
        return self._keep_text(segment, bytes(key))

    cdef int add_line(self, State state, Buffer out) except -1:
        return self._add_json(state, out) if self.json else self._add_text(state, out)

    cdef int _add_text(self, State state, Buffer out) except -1:
        cdef size_t start = out.size
        cdef size_t column
        cdef uint32_t i
        cdef Segment* segment
        cdef Extractor field
        cdef Value v
        for i in range(self.count):
            segment = &self.segments[i]
            if segment.field == NULL:
                out.add(segment.text, segment.n)
                continue
            field = <Extractor>segment.field
            column = out.size
            if field.get(state, &v):
                add_value(out, &v, field.type, field.fmt, state.buffer_format)
            elif self.complete:
                out.size = start
                return 0
            else:
                out.add(b"<NA>", 4)
            if segment.width:
                _fit(out, column, segment.width)
        return 1

    cdef int _add_json(self, State state, Buffer out) except -1:
        cdef size_t start = out.size
        cdef uint32_t i
        cdef Segment* segment
        cdef Extractor field
        cdef Value v
        out.add_char(c"{")
        for i in range(self.count):
            segment = &self.segments[i]
            field = <Extractor>segment.field
            if i:
                out.add_char(c",")
            out.add(segment.text, segment.n)
            if segment.json_form == JF_TIMESTAMP:
                add_u64(out, state.evt.ts)
            elif field.get(state, &v):
                add_json_value(out, &v, field.type, PF_DEC if segment.json_form == JF_NUMBER else field.fmt, state.buffer_format)
            elif self.complete:
                out.size = start
                return 0
            else:
                out.add(b"null", 4)
        out.add_char(c"}")
        return 1

    def line(self, State state not None) -> str | None:
        """The line of the state's current event, None where it has none. For callers in Python."""
        cdef Buffer out = Buffer()
        if not self.add_line(state, out):
            return None
        return bytes(out).decode("utf-8", "replace")


cdef int _fit(Buffer out, size_t column, uint32_t width) except -1:
    """Cut what was written since `column` to `width` bytes, or fill it up with blanks."""
    cdef size_t n = out.size - column
    if n < width:
        reserve(out, width - n)
        memset(out.data + out.size, c" ", width - n)
    out.size = column + width
    return 0
