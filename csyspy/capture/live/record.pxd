"""Records as bpf/stream_record.h lays them out, and how a parameter of an event is made of one."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    RESULT = 6               # slot behind the six arguments
    SLOTS = 7
    MAX_FETCHED = 6

cdef enum:
    CALL_EXIT, CALL_ENTER, TASK_EXIT, SIGNAL, SWITCH, FAULT, CGROUPS, INHERITED

cdef struct Head:
    uint64_t ts_ns
    uint64_t pid_tgid
    uint64_t regs[SLOTS]
    uint16_t nr
    uint16_t cpu
    uint8_t kind
    uint8_t spare[3]
    uint16_t size[MAX_FETCHED]
    uint8_t room[4]

cdef enum:
    ARGUMENT, ARGUMENT_INT, CONSTANT, FETCHED_INT, FETCHED_BYTES, FETCHED_TEXT, FETCHED_NAME, SPECIAL

cdef struct Param:
    uint8_t source
    uint8_t index            # number of an argument, or RESULT, or number of what was fetched
    uint8_t width            # of the parameter
    uint8_t conversion
    uint8_t special
    uint8_t in_width         # of a fetched number
    bint is_signed
    int dyn                  # type number in front of a dynamic parameter; -1: none
    int64_t a                # constant, or offset in what was fetched
    int64_t b                # value for what is missing, or a second offset

cdef struct Record:
    const Head* head
    const uint8_t* fetched[MAX_FETCHED]
    uint32_t size[MAX_FETCHED]
    int64_t epoch_ns         # of the boot
