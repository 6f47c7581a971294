"""Names of hosts that filters asked about."""

from csyspy.engine.value cimport Value

cdef bytes host_name(const Value* ip)     # of an address that a filter looked up; None where none did
