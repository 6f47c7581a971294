"""Events back into blocks: what a capture writer needs of the engine.

Which events are written, and how, from `libs: userspace/libsinsp/event.cpp, sinsp_evt::get_dump_flags` and
`userspace/libscap/scap_savefile.c, scap_dump`.
"""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from csyspy.engine.event cimport (
    DF_STATE_ONLY, EF_LARGE_PAYLOAD, EF_MODIFIES_STATE, EVENTS, MAX_EVENT_TYPES, Event, EventInfo, event_decode, param_i64, param_u64,
)
from csyspy.engine.fds cimport FdInfo
from csyspy.engine.program cimport Program
from csyspy.engine.state cimport NEED_ALL
from csyspy.engine.sections cimport BLOCK_EVENT_2, BLOCK_EVENT_FLAGS_2, BLOCK_EVENT_FLAGS_LARGE, BLOCK_EVENT_LARGE
from csyspy.engine.threads cimport CL_CLONE_VFORK

from csyspy.events import EVENT_TABLE

cdef enum:
    FLUSH = 1 << 18      # bytes of blocks that go to the target at once
    HEADER = 26
    OLD_HEADER = 22
    EC_INTERNAL = 0x100  # libs: ppm_event_category
    SCAPEVENT_X = 197    # an event that stands for none: a filter is asked about a thread alone …
    READ_X = 7           # … or about one of its fds

cdef uint8_t FLAGS_OF_CLONE[MAX_EVENT_TYPES]    # which parameter has them, of the events that end clone and its kin; else 0
for _event in EVENT_TABLE["events"]:
    if _event["dir"] == "<" and _event["name"] in ("clone", "clone3", "fork", "vfork"):
        FLAGS_OF_CLONE[<int>_event["id"]] = [param["name"] for param in _event["params"]].index("flags")


cdef inline bint is_vforked(Event* e) noexcept:
    """Whether a child tells that it was made, whose parent waits until it runs another program."""
    cdef uint8_t place = FLAGS_OF_CLONE[e.type]
    return place and param_i64(e, 0, -1) == 0 and param_u64(e, place, 0) & CL_CLONE_VFORK != 0


cdef class Dump(Sink):
    """`target` gets `begin(state)` where a file starts, `write(memoryview)` with whole blocks, and `close()`.

    With `rotates` it is asked `full(events, size, ts)` before each event, and `next(state)` begins another file where that
    is true. With `whole_state` the lists of a file may be made anew, which needs all of it.
    With `state_events` those stay that came for the state's sake alone, and so does the first event of a child whose parent waits (vfork):
    the parent's comes when the child may have run another program, and a reader who had not seen the child before would take it for the
    parent's likeness.
    `most` ends the walk after so many events that passed the filter, `duration_ns` so long after the first; 0 never does.
    """

    def __init__(self, target, Node keep=None, *, bint fat=False, bint rotates=False, bint whole_state=False,
                 bint state_events=False, uint64_t most=0, uint64_t duration_ns=0):
        self.target = target
        self.keep = keep
        self.fat = fat
        self.rotates = rotates
        self.state_events = state_events
        self.most = most
        self.duration_ns = duration_ns
        self.blocks = Buffer()
        self.wants_hidden = True
        self.wants_state_only = True
        self.needs = NEED_ALL if whole_state else keep.needs if keep is not None else 0

    cdef bint wants_type(self, uint16_t evt_type) except -1:
        cdef const EventInfo* info = &EVENTS[evt_type]
        if info.category & EC_INTERNAL or (self.fat and info.flags & EF_MODIFIES_STATE) or (self.state_events and FLAGS_OF_CLONE[evt_type]):
            return True
        return not isinstance(self.keep, Program) or (<Program>self.keep).possible[evt_type]

    cdef int section(self, State state) except -1:
        self._flush()
        self.target.begin(state)
        return 0

    cdef int event(self, State state) except -1:
        cdef uint32_t flags = 0
        cdef bint passed = not state.state_only and (self.keep is None or self.keep.test(state))
        if passed and self.duration_ns:
            if self.start_ns == 0:
                self.start_ns = state.evt.ts
            elif state.evt.ts >= self.start_ns + self.duration_ns:
                return 1
        if not passed:
            if (self.fat and EVENTS[state.evt.type].flags & EF_MODIFIES_STATE
                    or self.state_events and (state.state_only or is_vforked(&state.evt))):
                flags = DF_STATE_ONLY
            elif not state.hidden:
                return 0
        if self.rotates and self.target.full(self.written, self.size, state.evt.ts):
            self._flush()
            self.target.next(state)
            self.written = 0
            self.size = 0
        self._block(state, flags)
        if passed:
            self.count += 1
            if self.count == self.most:
                return 1
        return 0

    cdef int finish(self, State state) except -1:
        try:
            self._flush()
        finally:
            self.target.close()
        return 0

    cdef int _block(self, State state, uint32_t flags) except -1:
        """Append the current event; one without a parameter count gets it."""
        cdef bint large = EVENTS[state.evt.type].flags & EF_LARGE_PAYLOAD
        cdef uint32_t length = state.evt.size + (HEADER - state.evt.header)
        cdef uint32_t at = 14 if flags else 10
        cdef uint32_t total = (at + length + 4 + 3) & ~<uint32_t>3
        cdef uint32_t kind
        cdef char* out
        if flags:
            kind = BLOCK_EVENT_FLAGS_LARGE if large else BLOCK_EVENT_FLAGS_2
        else:
            kind = BLOCK_EVENT_LARGE if large else BLOCK_EVENT_2
        if self.blocks.room - self.blocks.size < total:
            self.blocks.grow(total)
        out = self.blocks.data + self.blocks.size
        memcpy(out, &kind, 4)
        memcpy(out + 4, &total, 4)
        memcpy(out + 8, &state.evt.cpu, 2)
        if flags:
            memcpy(out + 10, &flags, 4)
        if state.evt.header == OLD_HEADER:
            memcpy(out + at, state.evt.raw, 16)
            memcpy(out + at + 16, &length, 4)
            memcpy(out + at + 20, &state.evt.type, 2)
            memcpy(out + at + 22, &state.evt.nparams, 4)
            memcpy(out + at + HEADER, state.evt.raw + OLD_HEADER, state.evt.size - OLD_HEADER)
        else:
            memcpy(out + at, state.evt.raw, length)
        memset(out + at + length, 0, total - 4 - at - length)
        memcpy(out + total - 4, &total, 4)
        self.blocks.size += total
        self.size += total
        self.written += 1
        if self.blocks.size >= FLUSH:
            self._flush()
        return 0

    def flush(self) -> None:
        """Give the target what waits."""
        self._flush()

    cdef int _flush(self) except -1:
        if self.blocks.size:
            try:
                self.target.write(bytes(self.blocks))
            finally:
                self.blocks.size = 0
        return 0


def descriptors(ThreadInfo thread not None) -> list:
    """The file descriptors that stand under this very thread, as FdInfo sorted by number."""
    return thread.own_fds.items() if thread.own_fds is not None else []


def passing(State state not None, Node keep not None) -> list:
    """Threads that the filter `keep` lets through, with their fds: [(ThreadInfo, [FdInfo])].

    A thread passes with all it has, or because of those of its fds that pass
    (libs: sinsp::on_new_entry_from_proc, m_filtered_out). The current event of `state` is lost.
    """
    cdef uint8_t header[HEADER]
    cdef uint16_t alone = SCAPEVENT_X
    cdef uint16_t with_fd = READ_X
    cdef uint32_t size = HEADER
    cdef uint64_t num = state.evt.num
    cdef uint64_t ts = state.evt.ts
    cdef ThreadInfo thread
    cdef FdInfo info
    cdef list out = []
    memset(header, 0, HEADER)
    memcpy(header + 16, &size, 4)
    for thread in state.threads.all():
        memcpy(header + 8, &thread.tid, 8)
        memcpy(header + 20, &alone, 2)
        event_decode(&state.evt, header, HEADER, False)
        state.thread = thread
        state.fd = None
        state.fd_num = -1
        if keep.test(state):
            out.append((thread, descriptors(thread)))
            continue
        memcpy(header + 20, &with_fd, 2)
        event_decode(&state.evt, header, HEADER, False)
        kept = []
        for info in descriptors(thread):
            state.fd = info
            state.fd_num = info.fd
            if keep.test(state):
                kept.append(info)
        if kept:
            out.append((thread, kept))
    state.thread = None
    state.fd = None
    state.fd_num = -1
    state.evt.num = num
    state.evt.ts = ts
    return out
