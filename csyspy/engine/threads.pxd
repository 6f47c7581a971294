"""Threads as libsinsp keeps them (libs: userspace/libsinsp/threadinfo.h, thread_group_info.h)."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.fds cimport FdInfo, FdTable

cdef enum:
    VERDICT_WORDS = 8    # 512 verdicts are remembered about each thread

cdef uint64_t VERDICT_EPOCH     # moves when a thread changes that others refer to, or what is known of containers or users

cdef void others_changed() noexcept      # moves it: forget what was concluded about any thread

cdef enum CloneFlag:     # PPM_CL_*: libs: driver/ppm_events_public.h
    CL_CLONE_FILES = 1 << 0
    CL_CLONE_FS = 1 << 1
    CL_CLONE_IO = 1 << 2
    CL_CLONE_NEWIPC = 1 << 3
    CL_CLONE_NEWNET = 1 << 4
    CL_CLONE_NEWNS = 1 << 5
    CL_CLONE_NEWPID = 1 << 6
    CL_CLONE_NEWUTS = 1 << 7
    CL_CLONE_PARENT = 1 << 8
    CL_CLONE_PARENT_SETTID = 1 << 9
    CL_CLONE_PTRACE = 1 << 10
    CL_CLONE_SIGHAND = 1 << 11
    CL_CLONE_SYSVSEM = 1 << 12
    CL_CLONE_THREAD = 1 << 13
    CL_CLONE_UNTRACED = 1 << 14
    CL_CLONE_VM = 1 << 15
    CL_CLONE_INVERTED = 1 << 16
    CL_NAME_CHANGED = 1 << 17
    CL_CLOSED = 1 << 18
    CL_ACTIVE = 1 << 19
    CL_CLONE_NEWUSER = 1 << 20
    CL_PIPE_SRC = 1 << 21
    CL_PIPE_DST = 1 << 22
    CL_CLONE_CHILD_CLEARTID = 1 << 23
    CL_CLONE_CHILD_SETTID = 1 << 24
    CL_CLONE_SETTLS = 1 << 25
    CL_CLONE_STOPPED = 1 << 26
    CL_CLONE_VFORK = 1 << 27
    CL_CLONE_NEWCGROUP = 1 << 28
    CL_CHILD_IN_PIDNS = 1 << 29
    CL_IS_MAIN_THREAD = 1 << 30


cdef enum Category:      # why a process runs in a container: libs: threadinfo.h, command_category
    CAT_NONE = 0
    CAT_CONTAINER = 1
    CAT_HEALTHCHECK = 2
    CAT_LIVENESS_PROBE = 3
    CAT_READINESS_PROBE = 4


cdef class ThreadGroup:
    """The threads of one process."""
    cdef readonly int64_t pid
    cdef readonly int64_t alive           # threads that have not exited
    cdef readonly bint reaper             # takes in orphans: pid 1 of a namespace, or PR_SET_CHILD_SUBREAPER
    cdef ThreadInfo main                  # the leader, None where it was never seen; stays while other threads live
    cdef dict others                      # tid -> ThreadInfo

    cpdef list threads(self)              # [ThreadInfo], the leader first, exited ones included


cdef class ThreadInfo:
    cdef readonly int64_t tid, pid, ptid, reaper_tid, sid, vtid, vpid, vpgid, pgid
    cdef readonly bytes comm, exe, exepath, cwd, root
    cdef bytes old_style_cwd              # not None: the working directory as sysdig 0.29.3 has it, which is not get_cwd()
    cdef bytes old_style_comm             # not None: the name that 0.29.3 gives a thread that was made up, till it executes: its first child's
    cdef readonly list args, env          # of bytes; those of the event or list as they lay there
    cdef readonly list cgroups            # of (subsystem, path), bytes
    cdef readonly str container_id        # "" on the host
    cdef readonly int category            # Category
    cdef readonly uint32_t flags          # CloneFlag bits
    cdef readonly int64_t fdlimit
    cdef readonly uint32_t uid, gid, loginuid
    cdef readonly uint64_t cap_permitted, cap_effective, cap_inheritable
    cdef readonly bint exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd
    cdef readonly uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime
    cdef readonly uint64_t exe_ino_ctime_duration_clone_ts, exe_ino_ctime_duration_pidns_start
    cdef readonly uint32_t vmsize_kb, vmrss_kb, vmswap_kb
    cdef readonly uint64_t pfmajor, pfminor
    cdef readonly uint64_t pidns_init_start_ts
    cdef readonly uint32_t tty
    cdef readonly uint64_t clone_ts, lastexec_ts
    # the last event, for enter/exit pairing
    cdef readonly int64_t lastevent_fd
    cdef readonly uint16_t lastevent_type
    cdef readonly uint64_t latency, latency_entertime
    cdef readonly bint lastevent_valid    # the current exit event is the partner of the last enter event
    # the last enter event whose fd libs 0.20 copies into the exit event (dispatch), whatever came between them
    cdef uint16_t copied_type             # 0: none
    cdef int64_t copied_fd
    # the stored enter event, header included: dispatch.enter_event() decodes it
    cdef uint8_t* enter_raw
    cdef uint32_t enter_size, enter_room  # 0 bytes: none is stored
    cdef uint32_t enter_header
    cdef dict field_memory                # what fields that add up over events remember here, by extractor; None until one does
    # relations
    cdef ThreadInfo main                  # leader of the group; itself for a leader; None where it is unknown
    cdef readonly ThreadGroup tgroup      # None for a thread that was made up
    cdef readonly dict children           # tid -> ThreadInfo of those whose parent this is; None where there never were any
    cdef FdTable own_fds                  # used by a leader (or a thread without CLONE_FILES); made by fds()
    cdef bytes args_comm                  # comm when args were set
    cdef bytes cmdline_cache, exeline_cache
    # verdicts of filters that depend on the thread alone: bits (known, value), forgotten when the thread changes, and when
    # VERDICT_EPOCH has moved since: see verdicts.pxd
    cdef uint64_t verdict_known[VERDICT_WORDS]
    cdef uint64_t verdict_value[VERDICT_WORDS]
    cdef uint64_t verdict_epoch

    cdef bint is_main(self) noexcept
    cdef bint is_invalid(self) noexcept   # made up for an event of a thread that nothing had announced (comm `<NA>`)
    cdef bint is_dead(self) noexcept      # has exited; a leader stays in the table while its threads live
    cdef bint in_pidns(self) noexcept
    cdef FdTable fds(self)                # None where the leader is gone
    cdef bytes get_cwd(self)              # with a slash at its end; `./` where the leader is unknown
    cdef bytes get_old_style_cwd(self)    # as sysdig 0.29.3 has it: nothing where nobody told it
    cdef void set_cwd(self, bytes path, bytes old_style_path) except *    # joins it to the present one
    cdef void set_args(self, const uint8_t* text, size_t n) except *      # NUL-separated
    cdef void set_env(self, const uint8_t* text, size_t n) except *
    cdef void set_cgroups(self, const uint8_t* text, size_t n) except *   # NUL-separated `subsystem=path`
    cdef void set_exepath(self, bytes path) except *                      # without ` (deleted)`
    cdef bytes cmdline(self)              # comm and args
    cdef bytes exeline(self)              # exe and arguments
    cdef bint is_seen(self) noexcept      # fields of other threads are taken from this one: children, threads of a leader
    cdef void changed(self) noexcept      # forget everything cached about this thread (cmdline, verdicts)


cdef class ThreadTable:
    cdef int64_t* _tids
    cdef void** _slots                    # PyObject*, owned; NULL where free
    cdef size_t _mask                     # slots - 1, a power of two less one
    cdef readonly size_t count
    cdef ThreadInfo _last                 # most recent hit
    cdef dict _groups                     # pid -> ThreadGroup
    cdef public uint32_t max_threads      # beyond it new threads are refused, counted in `refused`
    cdef readonly uint64_t refused

    cdef ThreadInfo find(self, int64_t tid)              # None where unknown
    cdef ThreadInfo find_or_invent(self, int64_t tid)    # None where the table is full
    # From a process list: make ThreadInfo() for each entry, fill its fields, add(info, True); then link() once. For cgroups
    # call handlers.containers.take_cgroups(), which finds the container too; flags |= CL_ACTIVE.
    # Takes the place of a thread of the same tid. None where the table is full.
    cdef ThreadInfo add(self, ThreadInfo info, bint from_scap)
    cdef void link(self) except *                        # groups, parents and children of everything in the table
    cdef void link_one(self, ThreadInfo info) except *   # likewise of one thread that was invalid until now
    cdef void mark_dead(self, ThreadInfo info) noexcept
    cdef void revive(self, ThreadInfo info) noexcept
    cdef void remove(self, int64_t tid) except *         # with reparenting of its children
    cdef ThreadInfo parent(self, ThreadInfo info)        # by ptid, None
    cdef list lineage(self, ThreadInfo info)             # parents by ptid, the nearest first; ends where it runs in a circle
    cdef ThreadInfo ancestor_process(self, ThreadInfo info, uint32_t n)   # leader of the nth ancestor, None
    cpdef list all(self)                                 # [ThreadInfo]

    cdef size_t _slot(self, int64_t tid) noexcept nogil
    cdef void _grow(self) except *
    cdef void _erase(self, ThreadInfo info) except *
    cdef ThreadInfo _new_reaper(self, ThreadInfo info)
