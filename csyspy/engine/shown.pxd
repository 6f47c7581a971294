"""The event table as each generation of libs shows it: names and types of parameters that changed over time."""

from libc.stdint cimport int8_t, uint8_t, uint32_t

from csyspy.engine.event cimport FlagName, ParamInfo

cdef struct NamedNumber:      # a flags value with its text, remembered
    uint32_t value
    uint32_t n
    uint32_t room
    char* text

cdef enum:
    REMEMBERED = 16           # texts of flags that a parameter remembers, by the low bits of the value

cdef struct Shown:            # one parameter
    const char* prefix        # `name=`
    uint32_t prefix_n
    uint8_t type              # ParamType
    uint8_t fmt               # PrintFormat
    int8_t dirfd              # parameter with the directory fd of a relative path, -1 for the working directory
    const ParamInfo* info
    const FlagName* flags     # table of a flags parameter or NULL
    uint32_t nflags
    NamedNumber* named        # REMEMBERED slots of a flags parameter, else NULL

cdef struct ShownEvent:
    uint32_t nparams
    Shown* params

cdef const ShownEvent* shown_event(int producer, uint32_t type) except NULL
# the parameters of event `type` (below EVENT_COUNT) as the libs of generation `producer` show them
