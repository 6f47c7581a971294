"""Where a parameter of a given name stands in each event."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport malloc
from libc.string cimport memset, strcmp

from csyspy.engine.event cimport EVENT_COUNT, EVENTS, MAX_EVENT_TYPES

cdef dict _INDEXES = {}       # parameter name -> address of its index by event type, -1 where an event has none of that name


cdef int8_t* param_indexes(bytes name) except NULL:
    """Where the parameter `name` stands, by event type. The tables are small, as there are few names, and stay."""
    cdef int8_t* table
    cdef uint32_t type, i
    if name in _INDEXES:
        return <int8_t*><size_t>_INDEXES[name]
    table = <int8_t*>malloc(MAX_EVENT_TYPES)
    if table == NULL:
        raise MemoryError
    memset(table, -1, MAX_EVENT_TYPES)
    for type in range(EVENT_COUNT):
        for i in range(EVENTS[type].nparams):
            if strcmp(EVENTS[type].params[i].name, name) == 0:
                table[type] = <int8_t>i
                break
    _INDEXES[name] = <size_t>table
    return table
