"""File names as libsinsp joins and cleans them (libs: userspace/libsinsp/utils.cpp, concatenate_paths).

`.` and `..` are resolved in the added part, runs of slashes shrink to one, a closing slash goes, and every byte that is
not printable ASCII becomes a dot. The base is taken as it is; `..` may climb into it.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy

cdef enum:
    PATH_ROOM = 1024       # libs: SCAP_MAX_PATH_SIZE; what does not fit is named by TOO_LONG

cdef bytes TOO_LONG = b"/DIR_TOO_LONG/FILENAME_TOO_LONG"


cdef uint32_t _parent(const char* out, uint32_t n) noexcept nogil:
    """Length of `out[:n]` (which ends with a slash) without its last part; a first character stays."""
    if n <= 1:
        return n
    n -= 1
    while n >= 1 and out[n - 1] != b"/":
        n -= 1
    return n


cdef inline uint32_t _until_nul(const char* text, uint32_t n) noexcept nogil:
    cdef uint32_t k = 0
    while k < n and text[k]:
        k += 1
    return k


cdef bytes join_path(bytes base, const char* path, uint32_t n):
    """`path` seen from the directory `base` (which ends with a slash); an absolute path stands for itself."""
    cdef char out[PATH_ROOM]
    cdef uint32_t size = 0           # bytes in `out`
    cdef uint32_t i = 0
    cdef bint empty_base = True
    cdef char c
    n = _until_nul(path, n)
    if <uint32_t>len(base) + n + 1 > PATH_ROOM:
        return TOO_LONG
    if n and path[0] != b"/" and len(base):
        size = <uint32_t>len(base)
        memcpy(out, <const char*>base, size)
        empty_base = False
    while i < n:
        c = path[i]
        if c < 32 or c > 126:
            out[size] = b"."
            size += 1
            i += 1
        elif c == b"." and (size == 0 or out[size - 1] == b"/"):
            if i + 1 < n and path[i + 1] == b"." and (i + 2 == n or path[i + 2] == b"/"):
                size = _parent(out, size)
                i += 2 if i + 2 == n else 3
            elif i + 1 == n:
                i += 1
            elif path[i + 1] == b"/":
                i += 2
            else:
                out[size] = c
                size += 1
                i += 1
        elif c == b"/" and ((size and out[size - 1] == b"/") or (size == 0 and not empty_base)):
            i += 1
        else:
            out[size] = c
            size += 1
            i += 1
    if size > 1 and out[size - 1] == b"/":
        size -= 1
    return out[:size]


cdef bytes old_style_join(bytes base, const char* path, uint32_t n):
    """`path` seen from `base` as sysdig 0.29.3 joins them: every dot before a slash or at the end counts, also that of `name.`.

    libs of 0.29.3: userspace/libsinsp/utils.cpp, copy_and_sanitize_path. No path is too long.
    """
    cdef bytes joined
    cdef char* out
    cdef uint32_t size = 0
    cdef uint32_t i = 0
    cdef char c
    n = _until_nul(path, n)
    if n and path[0] != b"/":
        size = <uint32_t>len(base)
    joined = PyBytes_FromStringAndSize(NULL, size + n)
    out = joined
    memcpy(out, <const char*>base, size)
    while i < n:
        c = path[i]
        if c < 32 or c > 126:
            out[size] = b"."
            size += 1
            i += 1
        elif c == b"." and (i + 1 == n or path[i + 1] == b"/"):
            i += 2
        elif c == b"." and path[i + 1] == b".":
            if i + 2 == n or path[i + 2] == b"/":
                size = _parent(out, size)
                i += 3
            else:
                memcpy(out + size, b"..", 2)
                size += 2
                i += 2
        elif c == b"/" and size and out[size - 1] == b"/":
            i += 1
        else:
            out[size] = c
            size += 1
            i += 1
    if size > 1 and out[size - 1] == b"/":
        size -= 1
    return joined[:size]


cdef bytes clean_path(const char* path, uint32_t n):
    """`path` by itself, cleaned; a relative one stays relative."""
    return join_path(b"", path, n)


cdef bytes squeeze_slashes(bytes path):
    """`path` with runs of slashes as one (libs: remove_duplicate_path_separators); the same object where there are none."""
    while b"//" in path:
        path = path.replace(b"//", b"/")
    return path


cdef bytes printable(const char* text, uint32_t n):
    """`text` up to its first NUL without the bytes that are not printable ASCII (libs: sanitize_string)."""
    cdef uint32_t i = 0
    cdef bytes all
    while i < n and text[i] and 32 <= text[i] <= 126:
        i += 1
    if i == n or text[i] == 0:
        return text[:i]
    all = text[:n]
    return bytes([c for c in all.partition(b"\0")[0] if 32 <= c <= 126])


def joined(base: bytes, path: bytes) -> bytes:
    """join_path for Python callers; both as bytes."""
    return join_path(base, path, <uint32_t>len(path))


def old_style_joined(base: bytes, path: bytes) -> bytes:
    """old_style_join for Python callers; both as bytes."""
    return old_style_join(base, path, <uint32_t>len(path))
