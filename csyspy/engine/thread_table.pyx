"""The state between two events as Python code reads it: threads with their descriptors, filtered or not."""

from libc.stdint cimport int64_t
from socket import AF_INET, AF_INET6, inet_ntop

from csyspy.engine.event cimport EVENT_COUNT, EVENTS, Event, make_empty
from csyspy.engine.fds cimport FD_IPV4_SERVSOCK, FD_IPV6_SERVSOCK, FDF_ROLE_CLIENT, FDF_ROLE_SERVER, L4_NA, L4_RAW, FdInfo, FdTable
from csyspy.engine.program cimport Node
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo


cdef int _read_exit() except -1:
    cdef unsigned int i
    for i in range(1, EVENT_COUNT, 2):
        if EVENTS[i].name == b"read":
            return i
    raise LookupError("the event table has no exit event of read")


cdef int READ_EXIT = _read_exit()


def thread_table(State state, Node node=None):
    """[(ThreadInfo, [FdInfo])] in the order of tids: all threads with all their descriptors.

    With a filter only the descriptors that pass, and the threads that have one: it is asked about an empty `read` exit
    event of each thread on each of its descriptors, as sysdig's chisels do (libs: userspace/chisel/chisel_api.cpp,
    get_thread_table_int).
    """
    cdef ThreadInfo thread
    cdef FdTable table
    cdef Event kept
    cdef list out = []
    threads = sorted(state.threads.all(), key=_tid)
    if node is None:
        for thread in threads:
            table = thread.fds()
            out.append((thread, table.items() if table is not None else []))
        return out
    kept = state.evt
    kept_state = (state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden, state.evt_container)
    try:
        _pretend(state)
        for thread in threads:
            table = thread.fds()
            passing = [] if table is None else [info for info in table.items() if _passes(state, node, thread, info)]
            if passing:
                out.append((thread, passing))
    finally:
        state.evt = kept
        state.thread, state.fd, state.fd_num, state.fd_name_changed, state.hidden, state.evt_container = kept_state
    return out


def _tid(ThreadInfo thread):
    return thread.tid


cdef void _pretend(State state) noexcept:
    """Make the current event an empty exit event of read."""
    make_empty(&state.evt, READ_EXIT)
    state.fd_name_changed = None
    state.evt_container = None
    state.hidden = False


cdef bint _passes(State state, Node node, ThreadInfo thread, FdInfo info) except -1:
    cdef int64_t lastevent_fd = thread.lastevent_fd
    state.evt.tid = thread.tid
    state.thread = thread
    state.fd = info
    state.fd_num = info.fd
    thread.lastevent_fd = info.fd
    try:
        return node.test(state)
    finally:
        thread.lastevent_fd = lastevent_fd


def is_server_socket(FdInfo info) -> bool:
    """Whether the descriptor is an IP socket that listens."""
    return info.type == FD_IPV4_SERVSOCK or info.type == FD_IPV6_SERVSOCK


def l4proto(FdInfo info) -> int:
    """The L4Proto of an IP socket; L4_NA while nobody knows which end is the server (libs: fdinfo.cpp, get_l4proto)."""
    if is_server_socket(info) or info.l4proto == L4_RAW:
        return info.l4proto
    if not info.flags & (FDF_ROLE_CLIENT | FDF_ROLE_SERVER):
        return L4_NA
    return info.l4proto


def endpoints(FdInfo info):
    """(client address, client port, server address, server port) of an IP socket; the client is None where it listens."""
    cdef bint v6 = info.is_ipv6()
    cdef int family = AF_INET6 if v6 else AF_INET
    cdef int n = 16 if v6 else 4
    server = inet_ntop(family, (<char*>info.dip)[:n])
    if is_server_socket(info):
        return None, 0, server, info.dport
    return inet_ntop(family, (<char*>info.sip)[:n]), info.sport, server, info.dport
