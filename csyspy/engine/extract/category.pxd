"""Classes of events, and sets of event types by name."""

from libc.stdint cimport uint32_t

from csyspy.engine.event cimport EVENTS, MAX_EVENT_TYPES

cdef enum Category:        # libs: driver/ppm_events_public.h, enum ppm_event_category
    EC_UNKNOWN = 0
    EC_OTHER = 1
    EC_FILE = 2
    EC_NET = 3
    EC_IPC = 4
    EC_MEMORY = 5
    EC_PROCESS = 6
    EC_SLEEP = 7
    EC_SYSTEM = 8
    EC_SIGNAL = 9
    EC_USER = 10
    EC_TIME = 11
    EC_PROCESSING = 12
    EC_IO_BASE = 32
    EC_IO_READ = 32
    EC_IO_WRITE = 33
    EC_IO_OTHER = 34
    EC_WAIT = 64
    EC_SCHEDULER = 128
    EC_INTERNAL = 256
    EC_SYSCALL = 512
    EC_TRACEPOINT = 1024
    EC_PLUGIN = 2048
    EC_METAEVENT = 4096

cdef enum:
    EC_MASK = 511          # the class; the bits above tell the source


ctypedef bint[MAX_EVENT_TYPES] EventSet

cdef void name_events(EventSet events, tuple names) except *
# marks events by their names in libs' ppm_event_code, without PPME_, SYSCALL_ and SOCKET_: "OPENAT_2_X"

cdef uint32_t event_id(str name) except? 0xFFFFFFFF


cdef inline uint32_t category_of(uint32_t type) noexcept nogil:
    return EVENTS[type].category & EC_MASK
