"""System calls of the interval, by thread: how often, how long, and how they failed; and by CPU."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from csyspy.capture.live.tasks cimport TaskTable, Thread, values_of

from csyspy.capture.live.call_events import call_names, errno_name, fails_on

# bpf/calls.c has the same layouts.
cdef struct CallRow:
    uint64_t calls
    uint64_t latency_ns
    uint64_t ends

cdef struct CallSlot:
    uint64_t key
    CallRow row

cdef struct CpuRow:
    uint64_t calls
    uint64_t latency_ns
    uint64_t in_bytes
    uint64_t out_bytes
    uint64_t errors


cdef class CallTable:
    """Rows are (thread, system call)."""

    cdef TaskTable tasks
    cdef dict names
    cdef list owners
    cdef list types
    cdef list counts
    cdef list latencies

    def __init__(self, TaskTable tasks not None):
        self.tasks, self.names = tasks, call_names()
        self.owners, self.types, self.counts, self.latencies = [], [], [], []

    def __len__(self):
        return len(self.owners)

    def update(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take the entries of the kernel's map. After the update of the tasks, whose calls they are added to."""
        cdef size_t i
        cdef Thread owner
        self.owners, self.types, self.counts, self.latencies = [], [], [], []
        for i in range(count):
            self.add((<const uint64_t*>&keys[0])[i], &(<const CallRow*>&values[0])[i])
        for owner in self.tasks.rows:
            if owner.ended and not self.tasks.is_own(owner):
                owner.calls += 1
                self.owners.append(owner)
                self.types.append("procexit")
                self.counts.append(1)
                self.latencies.append(0)

    def add_slots(self, slots not None, int turn):
        """Take the slots of a turn that is over, and give them back: `slots` is the kernel's array itself. After `update`."""
        cdef unsigned char[::1] view = slots
        cdef size_t half = view.shape[0] // sizeof(CallSlot) // 2
        cdef CallSlot* all_slots = <CallSlot*>&view[0]
        cdef CallSlot* slot
        cdef size_t i
        for i in range(half * turn, half * turn + half):
            slot = &all_slots[i]
            if slot.key:
                self.add(slot.key, &slot.row)
                memset(slot, 0, sizeof(CallSlot))

    cdef int add(self, uint64_t key, const CallRow* row) except -1:
        cdef Thread owner = self.tasks.owner(<uint32_t>(key >> 32))
        cdef uint64_t events = 2 * row.calls - row.ends     # the beginning of a call and its end count as one each
        if self.tasks.is_own(owner):
            return 0
        if owner is not None:
            owner.calls += events
        self.owners.append(owner)
        self.types.append(self.names.get(<uint32_t>key, "<unknown>"))
        self.counts.append(events)
        self.latencies.append(row.latency_ns)
        return 0

    def column(self, str field):
        """The field's value of every row. Raises KeyError where no field of that name is known here."""
        if field == "evt.type":
            return self.types
        if field == "syscall.type":
            return [None if type == "procexit" else type for type in self.types]
        if field == "evt.count":
            return self.counts
        if field == "evt.latency":
            return self.latencies
        return values_of(self.tasks, self.owners, field)


cdef class FailureTable:
    """Rows are (thread, system call, error)."""

    cdef TaskTable tasks
    cdef dict names
    cdef list owners
    cdef list types
    cdef list errors
    cdef list counts
    cdef list kinds

    def __init__(self, TaskTable tasks not None):
        self.tasks, self.names = tasks, call_names()
        self.owners, self.types, self.errors, self.counts, self.kinds = [], [], [], [], []

    def __len__(self):
        return len(self.owners)

    def update(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take the entries of the kernel's map. After the update of the tasks, whose errors they are added to."""
        cdef size_t i
        cdef uint64_t key, times
        cdef uint32_t number
        cdef Thread owner
        cdef object kind
        self.owners, self.types, self.errors, self.counts, self.kinds = [], [], [], [], []
        for i in range(count):
            key = (<const uint64_t*>&keys[0])[i]
            times = (<const uint64_t*>&values[0])[i]
            number = <uint32_t>(key >> 12) & 0xFFF
            kind = fails_on(number, <uint32_t>(key >> 24) & 0xF)
            if not kind:    # its events have no result, so none of them counts as failed
                continue
            owner = self.tasks.owner(<uint32_t>(key >> 32))
            if self.tasks.is_own(owner):
                continue
            if owner is not None:
                owner.errors += times
                if kind == "file":
                    owner.file_errors += times
                elif kind == "net":
                    owner.net_errors += times
                elif kind == "memory":
                    owner.memory_errors += times
            self.owners.append(owner)
            self.types.append(self.names.get(number, "<unknown>"))
            self.errors.append(errno_name(<uint32_t>key & 0xFFF))
            self.counts.append(times)
            self.kinds.append(kind)

    def column(self, str field):
        """The field's value of every row. Raises KeyError where no field of that name is known here."""
        if field == "evt.type" or field == "syscall.type":
            return self.types
        if field == "evt.res":
            return self.errors
        if field == "evt.count" or field == "evt.count.error":
            return self.counts
        if field.startswith("evt.count.error."):
            wanted = field.rpartition(".")[2]
            return [times if kind == wanted else 0 for times, kind in zip(self.counts, self.kinds)]
        return values_of(self.tasks, self.owners, field)


cdef class CpuTable:
    """Rows are CPUs; the kernel's counts only grow, so an interval is the difference of two readings."""

    cdef list before
    cdef list rows

    def __init__(self):
        self.before, self.rows = [], []

    def __len__(self):
        return len(self.rows)

    def update(self, const unsigned char[::1] values):
        """Take all CPUs' values of the one entry."""
        cdef size_t i
        cdef const CpuRow* row
        cdef list now = []
        for i in range(values.shape[0] // <Py_ssize_t>sizeof(CpuRow)):
            row = &(<const CpuRow*>&values[0])[i]
            now.append((row.calls, row.latency_ns, row.in_bytes, row.out_bytes, row.errors))
        self.rows = [tuple([a - b for a, b in zip(new, old)]) for new, old in zip(now, self.before)]
        self.before = now

    def column(self, str field):
        """The field's value of every CPU. Raises KeyError where no field of that name is known here."""
        cdef int at
        if field == "evt.cpu":
            return list(range(len(self.rows)))
        if field == "evt.count":
            return [2 * row[0] for row in self.rows]
        at = {"evt.latency": 1, "evt.buflen.in": 2, "evt.buflen.out": 3, "evt.count.error": 4}[field]
        return [row[at] for row in self.rows]
