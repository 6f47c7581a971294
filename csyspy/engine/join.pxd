"""Exit events with the parameters of their enter events behind their own."""

from csyspy.engine.event cimport Event
from csyspy.engine.state cimport State

cdef int join_params(State state, const Event* enter) except -1
# appends all parameters of `enter` (NULL: zeros) to those of state.evt; raw and size of the event stay what they are in the file
