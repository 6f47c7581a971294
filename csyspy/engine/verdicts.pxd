"""What was concluded before: verdicts remembered about a thread, and about the event in hand."""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

from csyspy.engine.program cimport Node
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport VERDICT_EPOCH, ThreadInfo

cdef uint64_t STAMP      # of the evaluation in hand: Memo remembers as long as it stays the same


cdef inline bint remembers(State state) noexcept:
    """Whether verdicts about the current thread can be looked up and kept; what is out of date is forgotten first."""
    cdef ThreadInfo thread = state.thread
    if thread is None or state.evt_container is not None:
        return False
    if thread.verdict_epoch != VERDICT_EPOCH:
        memset(thread.verdict_known, 0, sizeof(thread.verdict_known))
        thread.verdict_epoch = VERDICT_EPOCH
    return True


cdef class Bits:
    """A run of verdicts in every ThreadInfo, given back when the object goes."""
    cdef readonly int64_t first     # -1 where so many are not free
    cdef readonly int64_t count


cdef class Verdict(Node):
    cdef Node node
    cdef Bits bits
    cdef uint64_t word, mask

    cdef inline bint denies(self, ThreadInfo thread) noexcept:
        """Whether it is remembered that the thread's events do not pass."""
        return (thread.verdict_epoch == VERDICT_EPOCH and thread.verdict_known[self.word] & self.mask != 0
                and thread.verdict_value[self.word] & self.mask == 0)


cdef class Memo(Node):
    cdef Node node
    cdef uint64_t stamp
    cdef int verdict
