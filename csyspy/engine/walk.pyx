"""The walk over a capture: blocks, events, state, sinks.

Frames and rules from `libs: userspace/libscap/engine/savefile/scap_savefile.c, next_event_from_file`; numbering, leading
state events and merged files from `libs: userspace/libsinsp/sinsp.cpp, next, consume_initialstate_events, restart_capture`.
The inner loop makes no Python object: an event costs its frame, and what somebody asked for.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from csyspy.engine.blocks cimport FRAME, HEADER_SIZE, MAX_PLAIN, TRAILER, BlockReader, is_event_block, is_large_block, load_u16, load_u32
from csyspy.engine.event cimport (
    DF_STATE_ONLY, EF_LARGE_PAYLOAD, EVENT_COUNT, EVENTS, MAX_PARAMS, SYSCALL_COUNT, SYSCALL_NAMES, Event, event_decode,
)
from csyspy.engine.generation cimport GENERATION_EXITS, GENERATION_OPEN, foresee, generation_of
from csyspy.engine.handlers.dispatch cimport apply, find_fd, is_idle, is_plain, pass_denied, pass_over, pass_unseen, settle
from csyspy.engine.program cimport Node, Program
from csyspy.engine.sections cimport (
    BLOCK_EVENT_1, BLOCK_EVENT_2, BLOCK_EVENT_FLAGS_1, BLOCK_EVENT_FLAGS_2, BLOCK_EVENT_FLAGS_LARGE,
    BLOCK_SECTION,
)
from csyspy.engine.state cimport NEED_FD, PRODUCER_NEWEST, PRODUCER_OLD, Sink
from csyspy.engine.threads cimport others_changed

from csyspy.errors import CaptureError
from csyspy.events import EVENT_TABLE

cdef enum:
    EVENT_AT = 10                        # of an event in its block, where the block has no flags
    EVENT_TYPE_AT = 30
    HEADER = 26                          # of an event with a parameter count
    PLAIN_EVENT = 40                     # the shortest block of an event
    EC_INTERNAL = 0x100                  # libs: ppm_event_category
    SCAPEVENT_E = 196                    # internal too; what reads newer captures shows it all the same
    CONTAINER_JSON_E = 272
    CONTAINER_JSON_2_E = 324
    EC_METAEVENT = 0x1000
    PULSE = 16384                        # events between two looks at signals

# Types that come before the first event proper, to bring what happened before (libs: sinsp::is_initialstate_event).
cdef uint8_t LEADING[MAX_EVENT_TYPES]

_LEADING = ("PPME_CONTAINER_E", "PPME_CONTAINER_JSON_E", "PPME_CONTAINER_JSON_2_E", "PPME_USER_ADDED_E", "PPME_USER_DELETED_E",
            "PPME_GROUP_ADDED_E", "PPME_GROUP_DELETED_E", "PPME_ASYNCEVENT_E")


cdef void _read_table() except *:
    for event in EVENT_TABLE["events"]:
        LEADING[<int>event["id"]] = event["enum"] in _LEADING


_read_table()


cdef inline bint _decode(Event* e, const uint8_t* raw, size_t avail, uint16_t evt_type) noexcept nogil:
    """event_decode() for what nearly all events are: those with a parameter count, and lengths of two bytes."""
    cdef uint32_t size = load_u32(raw + 16)
    cdef uint32_t count = load_u32(raw + 22)
    cdef uint32_t room, i
    cdef uint32_t total = 0
    if count > MAX_PARAMS or EVENTS[evt_type].flags & EF_LARGE_PAYLOAD:
        return event_decode(e, raw, avail, False)
    if size < HEADER or size > avail:
        return False
    room = size - HEADER
    if 2 * count > room:
        return False
    e.lens = raw + HEADER
    for i in range(count):
        total += load_u16(e.lens + 2 * i)
        e.ends[i] = total
    if total > room - 2 * count:
        return False
    memcpy(&e.ts, raw, 8)
    memcpy(&e.tid, raw + 8, 8)
    e.type = evt_type
    e.raw = raw
    e.size = size
    e.header = HEADER
    e.limit = raw + size
    e.lensize = 2
    e.data = e.lens + 2 * count
    e.nparams = count
    e.ndecoded = count
    return True


@cython.final
cdef class Walker(BlockReader):
    """Walks `source` (csyspy.capture.open_source) and keeps `state` up, as far as state.needs asks for it.

    `open()` reads what comes before the events, `run()` or `step()` the events, `finish()` tells the sinks that it is over.
    """

    def __cinit__(self, State state not None, source):
        self.state = state
        self.sinks = []
        self.sections = []
        self.undecided = True
        self.eventless = True
        memset(self.wanted, 1, MAX_EVENT_TYPES)

    def open(self) -> None:
        """Read the first file's blocks up to its first event. Raises CaptureError where there is no capture to read."""
        if not self.opened:
            self.opened = True
            self._first_section()

    def run(self, sinks, stop=None) -> None:
        """Walk to the end, or until every sink has had enough, or until `stop()` is true (asked now and then).

        The sinks are finished on every way out. Raises CaptureError where the capture is cut or damaged, once
        everything before that place has been shown.
        """
        self.attach(sinks)
        try:
            self.open()
            while self._walk(PULSE):
                if stop is not None and stop():
                    break
        finally:
            self.finish()

    def attach(self, sinks) -> None:
        """Give `sinks` the events from here on, in place of those before them."""
        self.sinks = list(sinks)
        self._plan()
        self.unannounced = True

    def step(self, uint64_t max_events) -> bool:
        """Walk at most `max_events` events; False at the end. The caller finishes the sinks."""
        cdef uint64_t left = max_events
        self.open()
        while left:
            if not self._walk(min(left, <uint64_t>PULSE)):
                return False
            left -= min(left, <uint64_t>PULSE)
        return True

    def finish(self) -> None:
        """Tell all sinks that no more events come; the second time it does nothing."""
        if self.finished:
            return
        self.finished = True
        failure = None
        for sink in self.all_sinks:
            try:
                (<Sink>sink).finish(self.state)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure

    cdef int _plan(self) except -1:
        """Which event types must be decoded: all, where somebody needs state; else what the filters let through."""
        cdef uint32_t kind
        cdef bint pair_unseen
        self.sparse = self.idle_calls = False
        self.all_sinks = list(self.sinks)
        self.only = self.sinks[0] if len(self.sinks) == 1 else None
        self.only_filter = self.only.filter if self.only is not None else None
        self.gate = <Verdict>self.only_filter.gate() if self.only_filter is not None else None
        for kind in range(MAX_EVENT_TYPES):
            self.plain[kind] = self.gate is not None and is_plain(self.state, <uint16_t>kind, False)
        memset(self.idle, 0, KINDS)
        memset(self.unseen, 0, MAX_EVENT_TYPES)
        if not self.sinks:
            memset(self.wanted, 1 if self.state.needs else 0, MAX_EVENT_TYPES)
            self.sparse = not self.state.needs
            return 0
        for kind in range(MAX_EVENT_TYPES):
            self.wanted[kind] = kind < EVENT_COUNT and self._looks_at(kind)
            self.sparse = self.sparse or (kind < EVENT_COUNT and not self.wanted[kind])
        if self.state.needs:
            for kind in range(0, EVENT_COUNT - 1, 2):
                pair_unseen = not self.wanted[kind] and not self.wanted[kind + 1]
                if pair_unseen:
                    self.idle[kind] = self.idle[kind + 1] = is_idle(self.state, kind) and is_idle(self.state, kind + 1)
                    self.unseen[kind] = is_plain(self.state, kind, True)
                    self.unseen[kind + 1] = is_plain(self.state, kind + 1, True)
            if not self.idle[0] and is_idle(self.state, 0) and is_idle(self.state, 1):
                for kind in range(MAX_EVENT_TYPES, KINDS, 2):
                    pair_unseen = not self._looks_at(kind) and not self._looks_at(kind + 1)
                    self.idle[kind] = self.idle[kind + 1] = pair_unseen
                    self.idle_calls = self.idle_calls or pair_unseen
            memset(self.wanted, 1, MAX_EVENT_TYPES)
            self.sparse = False
        return 0

    cdef bint _looks_at(self, uint32_t kind) except -1:
        """Whether any sink looks at events of this kind: see event_kind."""
        cdef Sink sink
        cdef bint call = kind >= MAX_EVENT_TYPES
        cdef uint32_t evt_type = kind & 1 if call else kind
        for sink in self.sinks:
            if sink.wants_kind(kind) if call else sink.wants_type(<uint16_t>kind):
                if not isinstance(sink.filter, Program) or (<Program>sink.filter).possible[evt_type] != 0:
                    return True
        return False

    # --- sections ---

    cdef int _first_section(self) except -1:
        """The beginning of a file: its header, which says whether lengths can be trusted at all, then its blocks."""
        self.rewind()
        if not self._gather(HEADER_SIZE):
            if self.carried == 0:
                self._damaged("the file is empty")
            if self.carried >= 4 and load_u32(self.carry) != BLOCK_SECTION:
                self._damaged("not a capture file: it does not begin with a section header")
            self._cut(HEADER_SIZE)
        self._check_header(self.carry)
        if not self._skip(load_u32(self.carry + 4) - HEADER_SIZE):
            self._cut(load_u32(self.carry + 4))
        self.next_offset = load_u32(self.carry + 4)
        self._sections()
        return 0

    cdef int _sections(self) except -1:
        """Read blocks up to the first event, and the events that only bring what happened before."""
        cdef SectionLoader loader = SectionLoader(self.state)
        self.sections = []
        self.undecided = True
        self.eventless = True
        while True:
            if not self._next():
                break
            if is_event_block(self.block_type) or self.block_type == BLOCK_SECTION:
                self.held = True
                break
            if load_u32(self.block + self.block_size - TRAILER) != self.block_size:
                self._damaged(f"a block of {self.block_size} bytes ends with another length")
            if self.keep_sections:
                self.sections.append((self.block_type, (<const char*>self.block + FRAME)[:self.block_size - FRAME - TRAILER]))
            try:
                loader.load(self.block_type, self.block + FRAME, self.block_size - FRAME - TRAILER, self.offset)
            except CaptureError as error:
                raise CaptureError(f"{self.source.name}: {error.message}", error.offset) from None
        loader.finish()
        while self._next():
            if not is_event_block(self.block_type) or not self._leads():
                self.held = True
                break
            if self.keep_sections:
                self.sections.append((self.block_type, (<const char*>self.block + FRAME)[:self.block_size - FRAME - TRAILER]))
            self._event(self.state, False)
        if self.undecided and self.held:
            self._decide(foresee(self.block, self.block + self.block_size))
            if self.undecided and self.at != NULL:
                self._decide(foresee(self.at, self.end))
        return 0

    cdef int _decide(self, int generation) except -1:
        """Keep what an event told of the producer."""
        if generation != GENERATION_OPEN:
            self.undecided = False
        if generation == GENERATION_EXITS:
            self.state.exit_only = True
            self.state.producer = PRODUCER_NEWEST
            others_changed()
        return 0

    cdef bint _leads(self) noexcept:
        """Whether the event in hand is one of those that only bring what happened before."""
        cdef uint32_t at = 14 if self._has_flags() else 10
        cdef uint16_t kind
        if self.block_size < at + 22 + TRAILER:
            return False
        kind = load_u16(self.block + at + 20)
        return kind < MAX_EVENT_TYPES and LEADING[kind] != 0

    cdef inline bint _has_flags(self) noexcept:
        return (self.block_type == BLOCK_EVENT_FLAGS_2 or self.block_type == BLOCK_EVENT_FLAGS_1
                or self.block_type == BLOCK_EVENT_FLAGS_LARGE)

    # --- events ---

    cdef int _event(self, State state, bint shown) except -1:
        """Work off the event block in hand: number, `state` (the walker's, lent), and the sinks where it is `shown`."""
        cdef uint32_t kind = self.block_type
        cdef uint32_t at = EVENT_AT
        cdef uint32_t flags = 0
        cdef uint32_t category
        cdef bint v1 = False
        cdef bint sound
        cdef const uint8_t* raw
        cdef uint16_t evt_type
        cdef uint64_t ts
        cdef int64_t tid
        if kind != BLOCK_EVENT_2:
            if self._has_flags():
                at = 14
                if self.block_size >= at + TRAILER:
                    flags = load_u32(self.block + 10)
            v1 = kind == BLOCK_EVENT_1 or kind == BLOCK_EVENT_FLAGS_1 or kind == <uint32_t>0x8010ABCD
        if self.block_size < at + (22 if v1 else 26) + TRAILER:
            self._damaged(f"an event block of {self.block_size} bytes is too short for an event")
        if self.block_size > MAX_PLAIN and not is_large_block(kind):
            self._damaged(f"an event block that says it is {self.block_size} bytes long")
        raw = self.block + at
        evt_type = load_u16(raw + 20)
        if evt_type >= EVENT_COUNT:
            self.skipped += 1
            return 0
        self.eventless = False
        state.events += 1
        state.evt.num += 1
        state.prev_ts = state.evt.ts
        category = EVENTS[evt_type].category
        if not self.wanted[evt_type]:
            memcpy(&state.evt.ts, raw, 8)
            if state.first_ts == 0:
                self._begin(evt_type, shown)
            return 0
        if state.first_ts and not self.undecided:
            if self.idle[evt_type] or (evt_type < 2 and self.idle_calls and kind == BLOCK_EVENT_2
                                       and self._is_idle_call(evt_type, raw, self.block_size - at - TRAILER)):
                memcpy(&ts, raw, 8)
                memcpy(&tid, raw + 8, 8)
                if pass_over(state, evt_type, tid, ts):
                    state.evt.ts = ts
                    return 0
            elif kind == BLOCK_EVENT_2:
                if self.unseen[evt_type]:
                    if pass_unseen(state, evt_type, raw, self.block_size - at - TRAILER):
                        memcpy(&state.evt.ts, raw, 8)
                        return 0
                elif self.plain[evt_type] and self.only is not None:
                    if pass_denied(state, self.gate, evt_type, raw, self.block_size - at - TRAILER):
                        memcpy(&state.evt.ts, raw, 8)
                        return 0
        if v1:
            sound = event_decode(&state.evt, raw, self.block_size - at - TRAILER, True)
        else:
            sound = _decode(&state.evt, raw, self.block_size - at - TRAILER, evt_type)
        if not sound:
            self._damaged(f"an event of type {evt_type} whose lengths do not fit")
        state.evt.cpu = load_u16(self.block + FRAME)
        state.evt.flags = flags
        state.hidden = category & EC_INTERNAL and (evt_type != SCAPEVENT_E or state.producer == PRODUCER_OLD)
        state.state_only = flags & DF_STATE_ONLY
        if state.first_ts == 0:
            self._begin(evt_type, shown)
        if self.undecided:
            self._decide(generation_of(evt_type, state.evt.nparams))
        if not state.needs:
            if shown:
                self._show(state)
            return 0
        apply(state)
        if shown:
            self._show(state)
        settle(state)
        return 0

    cdef inline bint _is_idle_call(self, uint16_t evt_type, const uint8_t* raw, uint32_t size) noexcept:
        """Whether a generic event, undecoded, is of a system call at which nobody looks."""
        cdef uint32_t count = load_u32(raw + 22)
        cdef uint32_t code
        if count == 0 or count > MAX_PARAMS or HEADER + 2 * count + 2 > size or load_u16(raw + HEADER) != 2:
            return False
        code = load_u16(raw + HEADER + 2 * count)
        return 0 < code < SYSCALL_COUNT and SYSCALL_NAMES[code] != NULL and self.idle[MAX_EVENT_TYPES + 2 * code + evt_type] != 0

    cdef void _begin(self, uint16_t evt_type, bint shown) noexcept:
        """Note the times of the first events: for fields the first that is no meta event, for chisels the first of all."""
        if self.state.begin_ts == 0 and shown:
            self.state.begin_ts = self.state.evt.ts
        if self.state.line_ts == 0 and evt_type != CONTAINER_JSON_E and evt_type != CONTAINER_JSON_2_E:
            self.state.line_ts = self.state.evt.ts
        if not EVENTS[evt_type].category & EC_METAEVENT:
            self.state.first_ts = self.state.evt.ts

    cdef inline int _offer(self, State state, Sink sink, Node filter) except -1:
        """Give the event to a sink where it passes; 1 once the sink wants no more."""
        if state.hidden and not sink.wants_hidden or state.state_only and not sink.wants_state_only:
            return 0
        if filter is not None:
            if state.fd_due and filter.needs & NEED_FD:
                find_fd(state)
            if not filter.test(state):
                return 0
        if state.fd_due:
            find_fd(state)
        return sink.event(state)

    cdef inline int _show(self, State state) except -1:
        """Give the event to the sinks; mostly there is one, whose filter says no."""
        if self.only is None:
            return self._show_all(state)
        if self._offer(state, self.only, self.only_filter):
            self.only = None
            self.sinks.clear()
        return 0

    cdef int _show_all(self, State state) except -1:
        cdef Sink sink
        cdef Py_ssize_t i = 0
        while i < len(self.sinks):
            sink = <Sink>self.sinks[i]
            if self._offer(state, sink, <Node>sink.filter):
                self.sinks.pop(i)
            else:
                i += 1
        return 0

    cdef uint64_t _hop(self, uint64_t most) noexcept nogil:
        """Pass over the events in front, up to `most`, that lie whole in the chunk and that nobody looks at; how many it were."""
        cdef const uint8_t* at = self.at
        cdef const uint8_t* last = NULL
        cdef uint64_t n = 0
        cdef uint64_t before = self.state.evt.ts
        cdef uint64_t ts = before
        cdef uint32_t size
        cdef uint16_t evt_type
        while n < most and self.end - at >= PLAIN_EVENT and load_u32(at) == BLOCK_EVENT_2:
            size = load_u32(at + 4)
            if size < PLAIN_EVENT or size > MAX_PLAIN or size > <size_t>(self.end - at):
                break
            evt_type = load_u16(at + EVENT_TYPE_AT)
            if evt_type >= EVENT_COUNT or self.wanted[evt_type]:
                break
            before = ts
            memcpy(&ts, at + EVENT_AT, 8)
            last = at
            at += size
            n += 1
        if n:
            self.offset = self.next_offset + <uint64_t>(last - self.at)
            self.next_offset += <uint64_t>(at - self.at)
            self.at = at
            self.state.events += n
            self.state.evt.num += n
            self.state.prev_ts = before
            self.state.evt.ts = ts
        return n

    cdef int _walk(self, uint64_t most) except -1:
        """Walk up to `most` blocks; 0 at the end, or once every sink has had enough."""
        cdef uint64_t done = 0
        cdef bint had_sinks = len(self.sinks) > 0
        cdef State state = self.state
        if self.ended:
            return 0
        if self.unannounced:
            self.unannounced = False
            self._announce()
        while done < most:
            if self.sparse and self.state.first_ts and not self.held:
                done += self._hop(most - done)
                if done == most:
                    break
            if not self._next():
                if self.eventless:
                    self.ended = True
                    self._damaged("no events in the file")
                if not self.source.next_file():
                    self.ended = True
                    return 0
                self.state.restart(False)
                self.state.evt.num = 0
                self._first_section()
                self._announce()
                continue
            done += 1
            if is_event_block(self.block_type):
                self._event(state, True)
                if had_sinks and not self.sinks:
                    self.ended = True
                    return 0
            elif self.block_type == BLOCK_SECTION:
                if self.block_size < HEADER_SIZE:
                    self._damaged("the section header is too short")
                self._check_header(self.block)
                self.state.restart(True)
                self._sections()
                self._announce()
            else:
                self.ended = True
                self._damaged(f"a block of type {self.block_type:#x} among the events")
        PyErr_CheckSignals()    # no `with nogil: pass` here: who waits for the interpreter would begin to wait anew, and never ask for it
        return 1

    cdef int _announce(self) except -1:
        for sink in self.sinks:
            (<Sink>sink).section(self.state)
        return 0
