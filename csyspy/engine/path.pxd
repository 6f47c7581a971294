"""File names as libsinsp joins and cleans them."""

from libc.stdint cimport uint32_t

cdef bytes join_path(bytes base, const char* path, uint32_t n)   # base ends with `/` or is empty
cdef bytes old_style_join(bytes base, const char* path, uint32_t n)    # likewise as sysdig 0.29.3 does it
cdef bytes clean_path(const char* path, uint32_t n)              # join_path with an empty base
cdef bytes squeeze_slashes(bytes path)                           # `//` -> `/`, nothing else
cdef bytes printable(const char* text, uint32_t n)               # up to a NUL, without what is not printable ASCII
