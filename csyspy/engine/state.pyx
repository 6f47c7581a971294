"""The state that events change and fields read: one per opened source."""


cdef enum:
    MAX_GHOSTS = 32768
    MAX_GHOST_TABLES = 256

cdef dict _BUFFER_FORMATS = {"dots": BF_DOTS, "hex": BF_HEX, "hexascii": BF_HEXASCII, "ascii": BF_ASCII, "base64": BF_BASE64}


cdef class State:
    """`needs` is the union of what filter, output and sinks ask for (Need bits); give it before the walk starts."""

    def __cinit__(self):
        self.threads = ThreadTable()
        self.users = {}
        self.groups = {}
        self.interfaces = []
        self.machine = {}
        self.containers = {}
        self.cgroup_cache = {}
        self.ghosts = {}
        self.ghost_tables = 0
        self.deferred = []
        self.needs = NEED_ALL
        self.import_users = True
        self.fd_num = -1
        self.max_output_len = 80
        self.time_mode = c"h"

    cdef void restart(self, bint keep_containers) except *:
        cdef uint32_t most = self.threads.max_threads
        self.threads = ThreadTable()
        self.threads.max_threads = most
        self.users = {}
        self.groups = {}
        self.interfaces = []
        self.machine = {}
        if not keep_containers:
            self.containers = {}
        self.deferred = []
        self.ghosts = {}
        self.ghost_tables = 0
        self.thread = None
        self.fd = None
        self.fd_num = -1
        self.fd_name_changed = None
        self.first_ts = self.line_ts = 0  # but begin_ts: spans are those of the whole file (sysdig: m_firstevent_ts)
        self.producer = PRODUCER_OLD
        self.exit_only = False

    def configure(self, *, str buffer_format="dots", bint verbose=False, bint resolve_ports=False, str time_mode="h") -> int:
        """Say how fields show what they show; before the walk starts. What that takes beside the needs of the fields, as Need bits.

        `buffer_format`: `dots`, `hex` (-x), `hexascii` (-X), `ascii` (-A) or `base64` (-b); `verbose` (-v): nothing is cut;
        `resolve_ports` (-R); `time_mode`: `h`, `a`, `r`, `d` or `D` (-t). Raises ValueError for anything else.
        """
        if buffer_format not in _BUFFER_FORMATS or time_mode not in ("h", "a", "r", "d", "D"):
            raise ValueError(f"no such way to show events: {buffer_format} {time_mode}")
        self.buffer_format = _BUFFER_FORMATS[buffer_format]
        self.max_output_len = 0 if verbose else 80
        self.resolve_ports = resolve_ports
        self.time_mode = ord(time_mode)
        return NEED_THREAD | NEED_LATENCY if time_mode == "d" else NEED_NOTHING

    cdef int remember(self, int64_t tid, bytes comm, FdTable fds) except -1:
        """Keep a name for a thread that is not in the table (ghosts), and the open files of a child that has not spoken yet."""
        if len(self.ghosts) >= MAX_GHOSTS:
            self.ghosts.clear()
        if fds is not None:
            self.ghost_tables += 1
            if self.ghost_tables > MAX_GHOST_TABLES:
                self.ghosts = {known: ghost for known, ghost in self.ghosts.items() if ghost[1] is None}
                self.ghost_tables = 1
        self.ghosts[tid] = (comm, fds)
        return 0

    @property
    def evt_num(self) -> int:
        """Number of the current event (evt.num)."""
        return self.evt.num

    @property
    def evt_ts(self) -> int:
        """Time of the current event, ns since the epoch."""
        return self.evt.ts

    @property
    def evt_tid(self) -> int:
        """Thread of the current event."""
        return self.evt.tid

    @property
    def first_event_ts(self) -> int:
        """Time of the first event of the source, ns since the epoch; 0 before it."""
        return self.begin_ts

    @property
    def evt_type(self) -> int:
        """Id of the current event in the event table."""
        return self.evt.type


cdef class Sink:
    cdef bint wants_type(self, uint16_t evt_type) except -1:
        return True

    cdef bint wants_kind(self, uint32_t kind) except -1:
        return self.wants_type(kind & 1)

    cdef int event(self, State state) except -1:
        return 0

    cdef int section(self, State state) except -1:
        return 0

    cdef int finish(self, State state) except -1:
        return 0
