"""Threads as libsinsp keeps them."""


cdef class ThreadInfo:
    cdef bint is_main(self) noexcept:
        return self.tid == self.pid

    cdef FdTable fds(self):
        return self.own_fds

    cdef void changed(self) noexcept:
        self.cmdline_cache = None


cdef class ThreadTable:
    def __cinit__(self):
        self._by_tid = {}

    cdef ThreadInfo find(self, int64_t tid):
        return self._by_tid.get(tid)

    cdef ThreadInfo add(self, ThreadInfo info, bint from_scap):
        self._by_tid[info.tid] = info
        return info

    cdef void remove(self, int64_t tid) except *:
        self._by_tid.pop(tid, None)

    cdef ThreadInfo parent(self, ThreadInfo info):
        return self.find(info.ptid)

    cpdef list all(self):
        return list(self._by_tid.values())
