"""Events back into blocks: what a capture writer needs of the engine."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.program cimport Node
from csyspy.engine.state cimport Sink, State
from csyspy.engine.threads cimport ThreadInfo


cdef class Dump(Sink):
    """Writes the events that pass `keep` as blocks to `target`."""
    cdef readonly object target        # has begin(state), full(events, size, ts), write(blocks), close()
    cdef Node keep                     # None: everything
    cdef bint fat                      # keep what the filter rejects as state-only events, where readers need it
    cdef bint state_events             # keep what is there for the state's sake, and what tells of children whose parents wait
    cdef Buffer blocks
    cdef readonly uint64_t written     # events of the present file, those for the state's sake too
    cdef readonly uint64_t size        # bytes of blocks handed over or waiting, in the present file
    cdef bint rotates                  # ask the target before each event whether another file begins
    cdef readonly uint64_t count       # events that passed
    cdef uint64_t most                 # after so many, or so long behind the first, the sink has had enough; 0: no end
    cdef uint64_t duration_ns, start_ns

    cdef int _block(self, State state, uint32_t flags) except -1
    cdef int _flush(self) except -1
