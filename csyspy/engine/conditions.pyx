"""Conditions of filters that compare in a way of their own: either end of a connection, any ancestor, a moment in time."""

from libc.stdint cimport uint32_t, uint64_t

from csyspy.engine.fdevent cimport event_fd
from csyspy.engine.fds cimport FD_IPV4_SERVSOCK, FD_IPV4_SOCK, FD_IPV6_SERVSOCK, FD_IPV6_SOCK, FdInfo
from csyspy.engine.match cimport Matcher
from csyspy.engine.program cimport Node
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_INT, VK_IP, VK_STR, VK_UINT, Value


cdef class EitherEnd(Node):
    """fd.ip, fd.net, fd.port and fd.proto: an end of the connection passes; with `both`, which is `!=`, both have to.

    A listening socket has one end. `ports` compares the ports, else the addresses.
    libs: userspace/libsinsp/sinsp_filtercheck_fd.cpp, compare_ip(), compare_net(), compare_port().
    """

    cdef Matcher matcher
    cdef bint ports, both

    def __init__(self, Matcher matcher not None, bint ports, bint both):
        self.matcher = matcher
        self.ports = ports
        self.both = both
        self.needs = NEED_FD | NEED_THREAD

    cdef int test(self, State state) except -1:
        cdef FdInfo fd = event_fd(state)
        cdef Value v
        cdef int passed
        if fd is None:
            return 0
        v.kind = VK_UINT if self.ports else VK_IP
        if fd.type == FD_IPV4_SOCK or fd.type == FD_IPV4_SERVSOCK:
            v.n = 4
        elif fd.type == FD_IPV6_SOCK or fd.type == FD_IPV6_SERVSOCK:
            v.n = 16
        else:
            return 0
        v.i = fd.dport
        v.s = <const char*>fd.dip
        passed = self.matcher.match(&v)
        if fd.type == FD_IPV4_SERVSOCK or fd.type == FD_IPV6_SERVSOCK or passed != self.both:
            return passed
        v.i = fd.sport
        v.s = <const char*>fd.sip
        return self.matcher.match(&v)


cdef class AnyFd(Node):
    """The event works on a known fd: what `exists` means for the fields of EitherEnd."""

    def __init__(self):
        self.needs = NEED_FD | NEED_THREAD

    cdef int test(self, State state) except -1:
        return event_fd(state) is not None


ANCESTOR_FIELDS = {"proc.apid": 0, "proc.aname": 1, "proc.aexe": 2, "proc.aexepath": 3, "proc.acmdline": 4, "proc.aargs": 5, "proc.aenv": 6}
"""Fields that, without an index, look at every ancestor."""


cdef class AnyAncestor(Node):
    """One of the ancestors of the process passes the matcher (which is None for `exists`).

    libs: userspace/libsinsp/threadinfo.cpp, traverse_parent_state(): from the leader's parent upwards, until there is none or the
    chain bites its tail.
    """

    cdef Matcher matcher
    cdef int what

    def __init__(self, str name, Matcher matcher not None):
        self.what = ANCESTOR_FIELDS[name]
        self.matcher = matcher
        self.needs = NEED_THREAD

    cdef int test(self, State state) except -1:
        cdef ThreadInfo at = state.thread
        cdef ThreadInfo slow
        cdef bytes text
        cdef Value v
        cdef uint32_t steps = 0
        if at is None:
            return 0
        if not at.is_main():
            at = at.main
            if at is None:
                return 0
        slow = at
        while True:
            at = state.threads.parent(at)
            if at is None or at.tid == -1:
                return 0
            text = None
            v.kind = VK_STR
            if self.what == 0:
                v.kind = VK_INT
                v.i = at.pid
            elif self.what == 1:
                text = at.comm
            elif self.what == 2:
                text = at.exe
            elif self.what == 3:
                text = at.exepath
            elif self.what == 4:
                text = at.cmdline()
            elif self.what == 5:
                text = b" ".join(at.args or ())
            else:
                text = b" ".join(at.env or ())
            if self.what:
                if text is None:
                    text = b""
                v.s = text
                v.n = <uint32_t>len(text)
            if self.matcher.match(&v):
                return 1
            steps += 1
            if steps & 1 == 0:
                slow = state.threads.parent(slow)
            if slow is at:
                return 0


cdef class Around(Node):
    """The event lies within `window_ns` of the time `ts_ns`."""

    cdef uint64_t ts_ns, window_ns

    def __init__(self, uint64_t ts_ns, uint64_t window_ns):
        self.ts_ns = ts_ns
        self.window_ns = window_ns

    cdef int test(self, State state) except -1:
        cdef uint64_t ts = state.evt.ts
        return (ts - self.ts_ns if ts > self.ts_ns else self.ts_ns - ts) <= self.window_ns
