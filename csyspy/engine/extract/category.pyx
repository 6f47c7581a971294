"""Classes of events, and sets of event types by name."""

from csyspy.events import EVENT_TABLE


cdef dict _by_name():
    names = {}
    for event in EVENT_TABLE["events"]:
        name = event["enum"].removeprefix("PPME_").removeprefix("SYSCALL_").removeprefix("SOCKET_")
        names[name] = event["id"]
    return names


cdef dict _IDS = _by_name()


cdef uint32_t event_id(str name) except? 0xFFFFFFFF:
    return _IDS[name]


cdef void name_events(EventSet events, tuple names) except *:
    for name in names:
        events[<uint32_t>_IDS[name]] = True
