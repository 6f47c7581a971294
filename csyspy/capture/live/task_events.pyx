"""Events that are no system calls: the end of threads, signals, switches between threads, page faults (bpf/stream_tasks.h)."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from csyspy.capture.live.event_out cimport Out, add_int, begin_event, end_event
from csyspy.capture.live.record cimport FAULT, SIGNAL, SWITCH, TASK_EXIT, Record

cdef enum:
    SCHEDSWITCH = 152
    PROCEXIT = 186
    SIGNALDELIVER = 232
    PAGE_FAULT = 290
    SIGCHLD = 17


cdef inline uint32_t _fault_flags(uint64_t error) noexcept nogil:
    """Error code of the processor -> PPM_PF_* (libs: driver/ppm_flag_helpers.h, pf_flags_to_scap)."""
    cdef uint32_t flags = 1 if error & 1 else 2
    flags |= 4 if error & 2 else 8
    flags |= 16 if error & 4 else 32
    flags |= 64 if error & 8 else 0
    return flags | (128 if error & 16 else 0)


cdef bint add_task_event(Out* out, const Record* r) noexcept nogil:
    """An enter event alone. False where the record is of none of these kinds."""
    cdef const uint64_t* v = <const uint64_t*>r.fetched[0]
    cdef uint64_t ts = r.head.ts_ns + <uint64_t>r.epoch_ns
    cdef int64_t tid = <int64_t><uint32_t>r.head.pid_tgid
    cdef uint64_t status, sender
    if r.head.kind == TASK_EXIT:
        status = v[0] & 0xFFFF
        if not begin_event(out, ts, tid, r.head.cpu, PROCEXIT, 4):
            return True
        add_int(out, status, 8)
        add_int(out, (status >> 8) & 0xFF, 8)
        add_int(out, status & 0x7F, 1)
        add_int(out, (status >> 7) & 1, 1)
    elif r.head.kind == SIGNAL:
        sender = v[2] if <int32_t>v[1] <= 0 or v[0] == SIGCHLD else 0
        if not begin_event(out, ts, tid, r.head.cpu, SIGNALDELIVER, 3):
            return True
        add_int(out, sender, 8)
        add_int(out, <uint64_t>tid, 8)
        add_int(out, v[0], 1)
    elif r.head.kind == SWITCH:
        if not begin_event(out, ts, tid, r.head.cpu, SCHEDSWITCH, 6):
            return True
        add_int(out, v[0], 8)
        add_int(out, v[1], 8)
        add_int(out, v[2], 8)
        add_int(out, v[3], 4)
        add_int(out, v[4], 4)
        add_int(out, v[5], 4)
    elif r.head.kind == FAULT:
        if not begin_event(out, ts, tid, r.head.cpu, PAGE_FAULT, 3):
            return True
        add_int(out, v[0], 8)
        add_int(out, v[1], 8)
        add_int(out, _fault_flags(v[2]), 4)
    else:
        return False
    end_event(out)
    return True
