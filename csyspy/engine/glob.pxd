"""Shell patterns over bytes."""

from libc.stddef cimport size_t

cdef bint glob_match(const char* pattern, size_t pattern_size, const char* text, size_t size, bint fold) noexcept nogil
# fnmatch(3) without flags, in the C locale; `fold` ignores the case of ASCII letters
