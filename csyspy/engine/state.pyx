"""The state that events change and fields read: one per opened source."""


cdef class State:
    """`needs` is the union of what filter, output and sinks ask for (Need bits); give it before the walk starts."""

    def __cinit__(self):
        self.threads = ThreadTable()
        self.users = {}
        self.groups = {}
        self.interfaces = []
        self.machine = {}
        self.containers = {}
        self.options = {}
        self.deferred = []
        self.needs = NEED_ALL
        self.fd_num = -1

    @property
    def evt_num(self) -> int:
        """Number of the current event (evt.num)."""
        return self.evt.num

    @property
    def evt_ts(self) -> int:
        """Time of the current event, ns since the epoch."""
        return self.evt.ts

    @property
    def evt_type(self) -> int:
        """Id of the current event in the event table."""
        return self.evt.type

    @property
    def current_thread(self) -> ThreadInfo:
        """The thread of the current event, None where there is none."""
        return self.thread

    @property
    def current_fd(self) -> FdInfo:
        """The file descriptor that the current event works on, None where there is none."""
        return self.fd


cdef class Sink:
    cdef int event(self, State state) except -1:
        return 0

    cdef int finish(self, State state) except -1:
        return 0
