"""What fields of other families make of a thread's."""

from csyspy.engine.state cimport State
from csyspy.engine.value cimport Extractor, Value

cdef int cpu_percent(State state, Extractor self, Value* out) except -1    # thread.cpu
