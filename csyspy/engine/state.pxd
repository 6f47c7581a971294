"""The state that events change and fields read: one per opened source."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport MAX_EVENT_TYPES, Event
from csyspy.engine.fds cimport FdInfo, FdTable
from csyspy.engine.threads cimport ThreadInfo, ThreadTable

cdef enum Need:
    """What somebody asked for; the walker keeps up only that. Extractors and sinks declare theirs, the plan is the union."""
    NEED_NOTHING = 0
    NEED_THREAD = 1        # thread table, state.thread
    NEED_FD = 2            # fd tables, state.fd (implies NEED_THREAD)
    NEED_LATENCY = 4       # enter/exit pairing times (implies NEED_THREAD)
    NEED_CPU = 8           # procinfo accounting, exectime at switch events (implies NEED_THREAD)
    NEED_ENTER = 16        # enter parameters that libs 0.20 appends to exit events of captures before it (implies NEED_THREAD)
    NEED_ALL = 31


cdef enum Producer:
    """Who wrote the capture, as far as values and text depend on it; set when the first events are seen."""
    PRODUCER_OLD = 0       # sysdig 0.29.3 and before
    PRODUCER_LIBS20 = 1    # libs from 0.10 to 0.20: enter and exit events
    PRODUCER_NEWEST = 2    # exit events only, with the former enter parameters appended

cdef enum BufferFormat:
    """How binary parameters are shown: `-x`, `-X`, `-A`, `-b`."""
    BF_DOTS = 0
    BF_HEX = 1
    BF_HEXASCII = 2
    BF_ASCII = 3
    BF_BASE64 = 4


cdef class State:
    cdef readonly ThreadTable threads
    cdef public dict users            # uid -> (name: str, gid, home: str, shell: str); key (container_id, uid) for users of containers
    cdef public dict groups           # gid -> name: str; likewise
    cdef public list interfaces       # of dict(type, name, addr, netmask, bcast, linkspeed)
    cdef public dict machine          # num_cpus, memory_bytes, max_pid, hostname, boot_ts_ns, flags; {} where the file has none
    cdef public dict containers       # container id -> dict: the JSON object of the container event
    cdef public bint import_users     # False (`-E`): nobody has a name
    cdef public object container_of   # callable(list of (subsystem, path), as bytes) -> (id, type, name) of the container, None on the
    #                                   host: set by who opens the source, to csyspy.containers.container_of
    cdef uint32_t ghost_tables        # how many of them were given open files since they were last cleared away
    cdef dict ghosts                  # tid -> (comm, FdTable or None) of threads that sysdig 0.29.3 knows earlier or longer: see render
    cdef str evt_container            # id of the container that the current event tells of by itself; None for most events
    cdef dict cgroup_cache            # raw cgroups -> (parsed, what container_of said)
    cdef public uint32_t needs        # Need bits
    # what fields show depends on these; State.configure() sets them
    cdef readonly int buffer_format   # BufferFormat
    cdef readonly uint32_t max_output_len   # bytes of a binary parameter inside evt.info; 0: all (`-v`)
    cdef readonly bint resolve_ports  # `-R`
    cdef readonly int time_mode       # of evt.outputtime: one of the letters of `-t`
    cdef public int producer          # Producer
    # the current event; valid inside Sink.event() only
    cdef Event evt
    cdef ThreadInfo thread            # None where there is none (or it is not needed)
    cdef bint lent_thread             # `thread` is there for fields alone: the event does nothing to it
    cdef FdInfo fd                    # the fd the event works on, as libsinsp's m_fdinfo; None
    cdef int64_t fd_num               # its number; -1 where the event has none
    cdef bint fd_due                  # fd is still to be looked up by fd_num: dispatch.find_fd does it
    cdef bytes fd_name_changed        # not None: the event changed the name of its fd
    cdef uint64_t first_ts            # ns of the first event of the source that is no meta event, 0 before (evt.reltime)
    cdef uint64_t line_ts             # likewise of the first that tells of no container: where sysdig 0.29.3 begins to count (-t r)
    cdef uint64_t begin_ts            # likewise of the first event, whatever it is
    cdef uint64_t prev_ts             # of the previous event (evt.deltatime)
    cdef public uint64_t events       # events walked, hidden ones included
    cdef bint hidden                  # the current event is of the internal class (procinfo, container …): not shown by default
    cdef bint state_only              # EVF block flag: update state, show nothing
    cdef bint exit_only               # the producer writes no enter events (newest libs)
    cdef FdTable closing              # not None: the event closed closing_fd of this table
    cdef int64_t closing_fd
    cdef Buffer joined                # an exit event's parameters with those of its enter event; None until one is made
    cdef uint32_t own_params          # how many of them the exit event itself has; 0 where none were joined
    cdef uint8_t joins[MAX_EVENT_TYPES]   # exit events of these types (and their enter events) that are to be joined beyond what libs 0.20 does
    cdef list deferred                # (callable-less) removals to do after the event: see handlers

    cdef void restart(self, bint keep_containers) except *   # forget threads, users, interfaces: a new section or file begins

    cdef int remember(self, int64_t tid, bytes comm, FdTable fds) except -1     # into ghosts


cdef class Sink:
    """Something that receives the events that passed its filter."""
    cdef public uint32_t needs
    cdef public object filter         # engine.program.Node or None
    cdef public bint wants_hidden     # give it events of the internal class (state.hidden) too, as chisels get them
    cdef public bint wants_state_only # give it events that are in the file for the state's sake (state.state_only) too
    cdef bint wants_type(self, uint16_t evt_type) except -1     # False: it looks at no event of that type; asked before the walk
    cdef bint wants_kind(self, uint32_t kind) except -1         # likewise of a generic event's kind (event_kind)
    cdef int event(self, State state) except -1    # 0 go on, 1 this sink wants no more
    cdef int section(self, State state) except -1    # the lists before the events were read: at the beginning, at the next file or section
    cdef int finish(self, State state) except -1
