"""Records of the ring -> event blocks of captures: an enter and an exit event for each system call, no Python object for any.

An enter event that the kernel side did not send is made of the same record as the exit event and has its time. Types, widths and order of
parameters: csyspy/events/events.json; where they come from: csyspy.capture.live.call_table.
"""

from cpython.buffer cimport PyBUF_READ
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memchr, memcpy

from csyspy.capture.live.event_out cimport STATE_ONLY, Out, add, add_int, begin_event, end_event, make_room
from csyspy.capture.live.inherited cimport Told, retell
from csyspy.capture.live.record cimport (
    ARGUMENT, ARGUMENT_INT, CALL_ENTER, CALL_EXIT, CGROUPS, CONSTANT, FETCHED_BYTES, FETCHED_INT, FETCHED_NAME, FETCHED_TEXT, INHERITED,
    MAX_FETCHED, RESULT, SPECIAL, TASK_EXIT, Head, Param, Record,
)
from csyspy.capture.live.ring cimport RingReader
from csyspy.capture.live.special cimport Rules, Tables, add_special, convert
from csyspy.capture.live.task_events cimport add_task_event

from csyspy.capture.live.call_table import CALLS
from csyspy.capture.live.native import conversions
from csyspy.capture.live.params import SPECIALS, parse_params
from csyspy.events import EVENT_TABLE

cdef enum:
    MAX_CALLS = 512
    MAX_PARAMS = 32
    BATCH = 1 << 12          # records that are put in order of time together
    CHUNK = 1 << 20          # bytes of blocks that are given out at once, or a little more
    DEVICE = 1               # conversions that are no tables
    MODE = 2
    FIRST_TABLE = 3
    CHILD_HAS_NO_ENTER = 1   # of Layout.flags
    TELLS_OF_PROCESS = 2
    NO_ENTER = 4             # the event was made after enter events had been given up
    OLD_EVENTS = 336         # event ids that sysdig 0.29.3 knows; it passes over the others
    OLD_CODES = 329          # ppm_sc codes that sysdig 0.29.3 knows; it would read beyond its table. Newer ones go by the call's number
    GENERIC_E = 0
    GENERIC_X = 1
    DROP_E = 148
    DROP_X = 149
    PROCINFO = 234
    NR_EXIT = 60
    NR_EXIT_GROUP = 231

cdef int64_t NOBODY = -1
cdef char* NO_TEXT = b"(NULL)"     # what captures hold for a string that could not be read; sysdig 0.29.3 takes an empty one for garbage
cdef uint8_t CGROUPS_TEXT = SPECIALS.index("cgroups")

cdef struct Layout:          # of the events of a system call
    uint16_t enter
    uint16_t exit
    uint16_t ppm_sc
    uint8_t n_enter
    uint8_t n_exit
    uint8_t flags
    bint known
    Param* params            # of the enter event, then of the exit event

cdef struct Entry:
    uint64_t ts_ns
    const uint8_t* record
    uint32_t size


cdef class Encoder:
    """Turns records into blocks. `epoch_ns` is the time of the boot in ns since the epoch.

    Where the calls have to be `known_to_sysdig`, those that 0.29.3 has no event for are generic ones, without their arguments.
    """

    cdef Layout layouts[MAX_CALLS]
    cdef Rules rules[64]
    cdef Tables tables
    cdef Out out
    cdef Entry* batch
    cdef readonly int64_t epoch_ns
    cdef bint enters         # the kernel side sends enter events of their own
    cdef readonly uint64_t encoded
    cdef readonly uint64_t malformed
    cdef readonly uint64_t last_ts_ns
    cdef readonly set ended      # threads, while this is asked for (note_ends)
    cdef bint notes_ends
    cdef dict cgroups
    cdef object fill
    cdef bint fills
    cdef tuple filled            # what the record in hand has from `fill`
    cdef object interrupt        # came while Python ran for a record, where nothing can be raised

    def __cinit__(self, int64_t epoch_ns, bint enters=False, bint known_to_sysdig=False):
        self.epoch_ns = epoch_ns
        self.enters = enters
        self.batch = <Entry*>malloc(BATCH * sizeof(Entry))
        if self.batch == NULL or not make_room(&self.out):
            raise MemoryError
        self.cgroups = {}
        self.ended = set()
        numbers = self._read_conversions()
        self._read_calls(numbers, known_to_sysdig)

    def __dealloc__(self):
        cdef int i
        for i in range(MAX_CALLS):
            free(self.layouts[i].params)
        for i in range(64):
            free(self.rules[i].rule)
        free(self.batch)
        free(self.out.buffer)

    # --- tables ---

    def _read_conversions(self):
        """Conversion name -> number; the tables are filled."""
        cdef Rules* rules
        numbers = {"device": DEVICE, "mode": MODE}
        for number, (name, conversion) in enumerate(conversions().items(), FIRST_TABLE):
            numbers[name] = number
            rules = &self.rules[number]
            rules.n = len(conversion.rules)
            rules.otherwise = conversion.otherwise
            rules.first_only = conversion.first_only
            rules.rule = <uint64_t*>malloc(24 * max(rules.n, 1))
            if rules.rule == NULL:
                raise MemoryError
            for i, rule in enumerate(conversion.rules):
                rules.rule[3 * i], rules.rule[3 * i + 1], rules.rule[3 * i + 2] = rule
        self.tables.clone_flags = self.rules[<int>numbers["clone_flags"]]
        self.tables.polls = self.rules[<int>numbers["polls"]]
        self.tables.sockopt = self.rules[<int>numbers["sockopt"]]
        self.tables.execveat = self.rules[<int>numbers["execveat"]]
        self.tables.ptrace = self.rules[<int>numbers["ptrace"]]
        return numbers

    def _read_calls(self, numbers, bint known_to_sysdig):
        cdef Layout* layout
        by_id = {event["id"]: event for event in EVENT_TABLE["events"]}
        by_enum = {event["enum"]: event["id"] for event in EVENT_TABLE["events"]}
        for row in EVENT_TABLE["syscalls_x86_64"]:
            nr, call = row["nr"], CALLS.get(row["name"])
            if nr >= MAX_CALLS:
                continue
            layout = &self.layouts[<int>nr]
            layout.ppm_sc = row["ppm_sc"] if row["ppm_sc"] < OLD_CODES else 0
            if call is None or row["exit"] == GENERIC_X:
                continue
            layout.enter, layout.exit = row["enter"], row["exit"]
            if call.event:
                layout.enter, layout.exit = by_enum[call.event + "_E"], by_enum[call.event + "_X"]
            if known_to_sysdig and layout.enter >= OLD_EVENTS:
                continue
            enter = parse_params(call.enter, by_id[layout.enter], numbers)
            leave = parse_params(call.exit, by_id[layout.exit], numbers)
            layout.n_enter, layout.n_exit = len(enter), len(leave)
            layout.params = <Param*>calloc(len(enter) + len(leave) + 1, sizeof(Param))
            if layout.params == NULL:
                raise MemoryError
            for i, param in enumerate(enter + leave):
                _copy(&layout.params[i], param)
            if row["name"] in ("clone", "fork", "vfork", "clone3"):
                layout.flags |= CHILD_HAS_NO_ENTER
            if call.fetch.startswith("process"):
                layout.flags |= TELLS_OF_PROCESS
            if "UNUSED" in by_id[layout.enter]["flags"]:
                layout.flags |= NO_ENTER
            layout.known = True

    # --- records ---

    def drain(self, RingReader ring not None):
        """Encode what the ring holds, up to about CHUNK bytes of blocks; False once it is empty. Raises KeyboardInterrupt."""
        cdef bint more
        with nogil:
            more = self._drain(ring)
        if self.interrupt is not None:
            interrupt, self.interrupt = self.interrupt, None
            raise interrupt
        return more

    cdef bint _drain(self, RingReader ring) noexcept nogil:
        cdef uint32_t n, i
        cdef uint32_t size
        cdef const uint8_t* record
        while self.out.used < CHUNK:
            n = 0
            while n < BATCH:
                record = ring.next(&size)
                if record == NULL:
                    break
                if size < sizeof(Head):
                    self.malformed += 1
                    continue
                memcpy(&self.batch[n].ts_ns, record, 8)
                self.batch[n].record = record
                self.batch[n].size = size
                n += 1
            self._sort(n)
            for i in range(n):
                self._encode(self.batch[i].record, self.batch[i].size)
            ring.release()
            if n < BATCH:
                return False
        return True

    cdef void _sort(self, uint32_t n) noexcept nogil:
        """By time. CPUs write into the one ring nearly in order, so that an insertion rarely goes far."""
        cdef Entry entry
        cdef uint32_t i, k
        for i in range(1, n):
            if self.batch[i].ts_ns >= self.batch[i - 1].ts_ns:
                continue
            entry = self.batch[i]
            k = i
            while k and self.batch[k - 1].ts_ns > entry.ts_ns and i - k < 4096:
                self.batch[k] = self.batch[k - 1]
                k -= 1
            self.batch[k] = entry

    cdef void _encode(self, const uint8_t* record, uint32_t size) noexcept nogil:
        cdef Record r
        cdef const uint8_t* p = record + sizeof(Head)
        cdef const uint8_t* end = record + size
        cdef int i
        r.head = <const Head*>record
        r.epoch_ns = self.epoch_ns
        for i in range(MAX_FETCHED):
            r.fetched[i] = p
            r.size[i] = r.head.size[i]
            if r.size[i] > <size_t>(end - p):
                self.malformed += 1
                return
            p += r.size[i]
        self.encoded += 1
        self.last_ts_ns = r.head.ts_ns + <uint64_t>self.epoch_ns
        if r.head.kind == CALL_EXIT or (r.head.kind == CALL_ENTER and (self.enters or _never_returns(r.head.nr))):
            if self.fills:
                self._fill(&r)
            self._call(&r)
        elif r.head.kind == CGROUPS:
            self._take_cgroups(&r)
        elif r.head.kind == INHERITED:
            self._inherited(&r)
        elif r.head.kind == CALL_ENTER:
            self._take_beginning(&r)
        elif r.size[0] >= 64:
            self._other(&r)

    def fill_by(self, fill):
        """Let `fill` (csyspy.capture.live.proc_facts) complete what was fetched of processes; `fill.begins` is told of programs
        before they run."""
        self.fill = fill
        self.fills = True

    def note_ends(self, bint wanted):
        """Whether to keep in `ended` which threads ended; those of before are forgotten."""
        self.notes_ends = wanted
        self.ended = set()

    def name_cgroups(self, uint64_t key, bytes text):
        """What records with this key show as cgroups."""
        self.cgroups[key] = text

    cdef void _take_beginning(self, const Record* r) noexcept with gil:
        try:
            if self.fills:
                self.fill.begins(<uint32_t>r.head.pid_tgid, _copied(r))
        except KeyboardInterrupt as error:
            self.interrupt = error

    cdef void _fill(self, Record* r) noexcept with gil:
        cdef uint64_t nr = r.head.nr
        cdef bytes part
        cdef int i
        if nr >= MAX_CALLS or not self.layouts[nr].flags & TELLS_OF_PROCESS or <int64_t>r.head.regs[RESULT] < 0:
            return
        try:
            self.filled = self.fill(<uint32_t>r.head.pid_tgid, <int64_t>r.head.regs[RESULT], _copied(r))
        except KeyboardInterrupt as error:
            self.interrupt = error
            return
        for i in range(MAX_FETCHED):
            part = self.filled[i]
            r.fetched[i] = <const uint8_t*>PyBytes_AS_STRING(part)
            r.size[i] = <uint32_t>PyBytes_GET_SIZE(part)

    cdef void _call(self, const Record* r) noexcept nogil:
        cdef uint64_t nr = r.head.nr
        cdef Layout* layout
        cdef uint64_t ts = r.head.ts_ns + <uint64_t>self.epoch_ns
        cdef int64_t tid = <int64_t><uint32_t>r.head.pid_tgid
        if nr >= MAX_CALLS:
            self.malformed += 1
            return
        layout = &self.layouts[nr]
        if not layout.known:
            if r.head.kind == CALL_ENTER or not self.enters:
                self._generic(r, GENERIC_E, layout.ppm_sc)
            if r.head.kind == CALL_EXIT:
                self._generic(r, GENERIC_X, layout.ppm_sc)
            return
        if r.head.kind == CALL_ENTER or not (self.enters or layout.flags & CHILD_HAS_NO_ENTER and r.head.regs[RESULT] == 0):
            if not layout.flags & NO_ENTER:
                if not begin_event(&self.out, ts, tid, r.head.cpu, layout.enter, layout.n_enter):
                    return
                self._params(r, layout.params, layout.n_enter)
                end_event(&self.out)
        if r.head.kind == CALL_EXIT:
            if not begin_event(&self.out, ts, tid, r.head.cpu, layout.exit, layout.n_exit):
                return
            self._params(r, layout.params + layout.n_enter, layout.n_exit)
            end_event(&self.out)

    cdef void _inherited(self, const Record* r) noexcept nogil:
        """Events of calls that nobody saw, for the tables of whoever reads."""
        cdef Told told
        cdef bint enters = self.enters
        cdef int i
        retell(r, &told)
        self.enters = False      # their begin was not seen either
        self.out.flags = STATE_ONLY
        for i in range(told.count):
            self._call(&told.record[i])
        self.out.flags = 0
        self.enters = enters

    cdef void _generic(self, const Record* r, uint16_t event, uint16_t ppm_sc) noexcept nogil:
        cdef int64_t tid = <int64_t><uint32_t>r.head.pid_tgid
        if begin_event(&self.out, r.head.ts_ns + <uint64_t>self.epoch_ns, tid, r.head.cpu, event, 2):
            add_int(&self.out, ppm_sc, 2)
            add_int(&self.out, r.head.nr, 2)
            end_event(&self.out)

    cdef void _params(self, const Record* r, const Param* params, int n) noexcept nogil:
        cdef const Param* p
        cdef int i
        cdef uint64_t value
        cdef uint32_t size
        cdef uint8_t dynamic[9]
        for i in range(n):
            p = &params[i]
            if p.source == ARGUMENT:
                value = r.head.regs[p.index]
            elif p.source == ARGUMENT_INT:
                value = <uint64_t><int64_t><int32_t>r.head.regs[p.index]
            elif p.source == CONSTANT:
                value = <uint64_t>p.a
            elif p.source == FETCHED_INT:
                value = _fetched(r, p)
            else:
                self._bytes(r, p)
                continue
            if p.conversion == DEVICE:   # the kernel's 12:20 bits -> those of stat(2)
                value = value & 0xFF | (value >> 20) << 8 | (value & 0xFFF00) << 12
            elif p.conversion == MODE:
                value &= 0o7777
            elif p.conversion:
                value = convert(&self.rules[p.conversion], value)
            if p.dyn >= 0:
                dynamic[0] = <uint8_t>p.dyn
                memcpy(dynamic + 1, &value, 8)
                add(&self.out, dynamic, 9)
            else:
                add_int(&self.out, value, p.width)

    cdef void _bytes(self, const Record* r, const Param* p) noexcept nogil:
        cdef uint32_t size
        cdef const uint8_t* text
        if p.source == SPECIAL:
            if p.special == CGROUPS_TEXT:
                self._add_cgroups(r)
            else:
                add_special(&self.out, r, p, &self.tables)
            return
        size = r.size[p.index]
        text = r.fetched[p.index] + p.a
        if size < p.a:
            size = 0
        else:
            size -= <uint32_t>p.a
        if p.source == FETCHED_BYTES:
            add(&self.out, text, <uint16_t>size)
        elif p.source == FETCHED_NAME:
            size = 16 if size >= 16 else size
            if memchr(text, 0, size) != NULL:
                size = <uint32_t>(<const uint8_t*>memchr(text, 0, size) - text) + 1
            add(&self.out, text, <uint16_t>size)
        elif size == 0:
            add(&self.out, <const char*>NO_TEXT, 7)
        else:
            add(&self.out, text, <uint16_t>size)

    cdef void _other(self, const Record* r) noexcept nogil:
        if r.head.kind == TASK_EXIT and self.notes_ends:
            self._note_end(<int64_t><uint32_t>r.head.pid_tgid)
        if not add_task_event(&self.out, r):
            self.malformed += 1

    cdef void _note_end(self, int64_t tid) noexcept with gil:
        self.ended.add(tid)

    # --- what the kernel side does not send ---

    def procinfo(self, uint64_t ts, rows):
        """One procinfo event for each (tid, user, system): CPU time since the thread began, in hundredths of a second."""
        for tid, user, system in rows:
            if not begin_event(&self.out, ts, tid, 0, PROCINFO, 2):
                raise MemoryError
            add_int(&self.out, user, 8)
            add_int(&self.out, system, 8)
            end_event(&self.out)

    def drop(self, uint32_t ratio):
        """Say that events are missing behind the last one: of those before it, one of `ratio` came through."""
        for event in (DROP_E, DROP_X):
            if not begin_event(&self.out, self.last_ts_ns, NOBODY, 0, event, 1):
                raise MemoryError
            add_int(&self.out, ratio, 4)
            end_event(&self.out)

    def take(self):
        """The blocks made so far, good until anything else is asked of the encoder; empty where there are none."""
        cdef size_t used = self.out.used
        self.out.used = 0
        return PyMemoryView_FromMemory(<char*>self.out.buffer, used, PyBUF_READ)

    # --- cgroups ---

    cdef void _take_cgroups(self, const Record* r) noexcept with gil:
        """Subsystem, then names from the leaf up, each with a NUL, and an empty one; the default hierarchy has no subsystem's name."""
        cdef uint64_t key = r.head.regs[0]
        cdef bytes told = (<const char*>r.fetched[0])[:r.size[0]]
        entries = []
        at = 0
        while at < len(told):
            end = told.find(b"\0", at)
            name = told[at:end]
            at = end + 1
            parts = []
            while at < len(told) and told[at] != 0:
                end = told.find(b"\0", at)
                if end < 0:
                    break
                parts.append(told[at:end])
                at = end + 1
            at += 1
            entries.append((name, b"/" + b"/".join(reversed(parts))))
        paths = {path for name, path in entries if name}
        self.cgroups[key] = b"".join(
            (name or b"unified") + b"=" + path + b"\0" for name, path in entries if name or path not in paths
        )

    cdef void _add_cgroups(self, const Record* r) noexcept with gil:
        cdef uint64_t key = 0
        cdef bytes text
        if r.size[0] >= 8:
            memcpy(&key, r.fetched[0], 8)
        text = self.cgroups.get(key, b"")
        add(&self.out, <const char*>text, <uint16_t>min(len(text), 4096))


cdef tuple _copied(const Record* r):
    """What was fetched, for Python."""
    cdef int i
    return tuple([(<const char*>r.fetched[i])[:r.size[i]] for i in range(MAX_FETCHED)])


cdef int _copy(Param* to, param) except -1:
    to.source, to.index, to.width, to.conversion = param.source, param.index, param.width, param.conversion
    to.special, to.in_width, to.is_signed, to.dyn = param.special, param.in_width, param.is_signed, param.dyn
    to.a, to.b = param.a, param.b
    return 0


cdef inline bint _never_returns(uint64_t nr) noexcept nogil:
    return nr == NR_EXIT or nr == NR_EXIT_GROUP


cdef inline uint64_t _fetched(const Record* r, const Param* p) noexcept nogil:
    """A number in what was fetched."""
    cdef const uint8_t* at = r.fetched[p.index] + p.a
    cdef uint64_t value = 0
    if r.size[p.index] < <uint32_t>(p.a + p.in_width):
        return <uint64_t>p.b
    memcpy(&value, at, p.in_width)
    if p.is_signed and p.in_width < 8 and value >> (8 * p.in_width - 1):
        value |= ~<uint64_t>0 << (8 * p.in_width)
    return value
