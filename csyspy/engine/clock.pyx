"""Times as text, in the machine's time zone (TZ).

The text of the current second is kept: most events share it with the one before. libs: userspace/libsinsp/utils.cpp,
ts_to_string and ts_to_iso_8601; sinsp_filtercheck_reference.cpp, format_time.
"""

from libc.stdint cimport int64_t
from libc.stdio cimport snprintf
from libc.time cimport strftime, time_t, tm, tzset

from csyspy.engine.text cimport add_padded9, add_text, add_u64

cdef extern from "<time.h>" nogil:
    tm* gmtime_r(const time_t* t, tm* parts)
    tm* localtime_r(const time_t* t, tm* parts)

cdef enum:
    NO_SECOND = -1

cdef int64_t _second = NO_SECOND     # the second that _day and _time are the text of
cdef char[16] _day
cdef char[16] _time



def forget() -> None:
    """Read TZ again: for programs that change it while they run."""
    global _second
    tzset()
    _second = NO_SECOND


cdef void _set_second(int64_t second) noexcept:
    global _second
    cdef time_t seconds = second
    cdef tm parts
    localtime_r(&seconds, &parts)
    strftime(_day, sizeof(_day), "%Y-%m-%d", &parts)
    strftime(_time, sizeof(_time), "%H:%M:%S", &parts)
    _second = second


cdef int add_clock(Buffer out, uint64_t ts, bint date, bint fraction) except -1:
    """Time of day of `ts`, ns since the epoch; with `date` the date in front, with `fraction` nanoseconds behind."""
    cdef uint64_t ns = ts % NS_PER_S
    cdef int64_t second = <int64_t>(ts // NS_PER_S)
    if second != _second:
        _set_second(second)
    if date:
        add_text(out, _day)
        out.add_char(c" ")
    add_text(out, _time)
    if fraction:
        out.add_char(c".")
        add_padded9(out, ns)
    return 0


cdef int add_iso8601(Buffer out, uint64_t ts) except -1:
    """`ts` in UTC, as `2026-11-21T00:29:14.754370630+0000`."""
    cdef time_t seconds = <time_t>(ts // NS_PER_S)
    cdef tm parts
    cdef char text[32]
    gmtime_r(&seconds, &parts)
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts)
    add_text(out, text)
    out.add_char(c".")
    add_padded9(out, ts % NS_PER_S)
    return add_text(out, "+0000")


cdef int add_seconds(Buffer out, uint64_t ns) except -1:
    """A span as seconds with nine decimals."""
    add_u64(out, ns // NS_PER_S)
    out.add_char(c".")
    return add_padded9(out, ns % NS_PER_S)


cdef int add_human(Buffer out, uint64_t ns) except -1:
    """A span in the unit that suits it: `870ns`, `2.76us`, `20us`, `5.33ms`, `127ms`, `2.08s`, `3:20`, `01:02:03`."""
    cdef char text[40]
    cdef unsigned int s = <unsigned int>(ns // NS_PER_S)
    if ns >= 3600 * <uint64_t>NS_PER_S:
        snprintf(text, sizeof(text), "%.2u:%.2u:%.2u", s // 3600, s // 60 % 60, s % 60)
    elif ns >= 60 * <uint64_t>NS_PER_S:
        snprintf(text, sizeof(text), "%u:%u", s // 60, s % 60)
    elif ns >= NS_PER_S:
        snprintf(text, sizeof(text), "%u.%02us", s, <unsigned int>(ns % NS_PER_S // 10000000))
    elif ns >= 10000000:
        snprintf(text, sizeof(text), "%ums", <unsigned int>(ns // 1000000))
    elif ns >= 1000000:
        snprintf(text, sizeof(text), "%u.%02ums", <unsigned int>(ns // 1000000), <unsigned int>(ns % 1000000 // 10000))
    elif ns >= 10000:
        snprintf(text, sizeof(text), "%uus", <unsigned int>(ns // 1000))
    elif ns >= 1000:
        snprintf(text, sizeof(text), "%u.%02uus", <unsigned int>(ns // 1000), <unsigned int>(ns % 1000 // 10))
    else:
        snprintf(text, sizeof(text), "%uns", <unsigned int>ns)
    return add_text(out, text)
