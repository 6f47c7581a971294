"""Binary parameters as text: dots, hexadecimal rows, printable text, base64.

Facts: libs: userspace/libsinsp/event.cpp, binary_buffer_to_string and what it calls.
"""

from csyspy.engine.state cimport BF_ASCII, BF_BASE64, BF_HEX, BF_HEXASCII
from csyspy.engine.text cimport add_dotted, is_printable, reserve

cdef const char* HEX = "0123456789abcdef"
cdef const char* BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


cdef int add_binary(Buffer out, const uint8_t* p, uint32_t n, int buffer_format) except -1:
    """All `n` bytes in the given BufferFormat; an empty parameter is empty text in every format."""
    if n == 0:
        return 0
    if buffer_format == BF_HEX or buffer_format == BF_HEXASCII:
        return _add_hex_rows(out, p, n, buffer_format == BF_HEXASCII)
    if buffer_format == BF_ASCII:
        return _add_ascii(out, p, n)
    if buffer_format == BF_BASE64:
        return add_base64(out, p, n)
    return add_dotted(out, <const char*>p, n)


cdef int _add_hex_rows(Buffer out, const uint8_t* p, uint32_t n, bint ascii) except -1:
    """Rows of 16 bytes behind their offset, in groups of two; with `ascii` the bytes again as text."""
    cdef uint32_t row, i, shift, width
    cdef char* to
    for row in range(0, n, 16):
        reserve(out, 96)
        to = out.data + out.size
        to[0] = c"\n"
        to[1] = c"\t"
        to[2] = c"0"
        to[3] = c"x"
        to += 4
        width = 4
        while width < 8 and row >> (4 * width):
            width += 1
        for shift in range(width):
            to[shift] = HEX[row >> (4 * (width - 1 - shift)) & 15]
        to += width
        to[0] = c":"
        to += 1
        for i in range(row, row + 16):
            if i < n:
                if i % 2 == 0:
                    to[0] = c" "
                    to += 1
                to[0] = HEX[p[i] >> 4]
                to[1] = HEX[p[i] & 15]
                to += 2
        if ascii:
            for i in range((n - row + 1) // 2, 8):     # groups that are missing in the last row, five columns each
                to[0] = to[1] = to[2] = to[3] = to[4] = c" "
                to += 5
            to[0] = to[1] = c" "
            to += 2
            for i in range(row, row + 16):
                if i < n:
                    to[0] = <char>p[i] if is_printable(p[i]) else c"."
                    to += 1
        out.size = to - out.data
    return out.add_char(c"\n")


cdef int _add_ascii(Buffer out, const uint8_t* p, uint32_t n) except -1:
    """A new line, then what is printable; a carriage return ends a line, and so does a line feed that follows none."""
    cdef uint32_t i
    cdef char* to
    reserve(out, n + 1)
    to = out.data + out.size
    to[0] = c"\n"
    to += 1
    for i in range(n):
        if is_printable(p[i]):
            to[0] = <char>p[i]
            to += 1
        elif p[i] == c"\r" or (p[i] == c"\n" and i > 0 and p[i - 1] != c"\r"):
            to[0] = c"\n"
            to += 1
    out.size = to - out.data
    return 0


cdef int add_base64(Buffer out, const uint8_t* p, uint32_t n) except -1:
    cdef uint32_t i, triple, left
    cdef char* to
    reserve(out, 4 * (<size_t>n // 3 + 1))
    to = out.data + out.size
    for i in range(0, n, 3):
        left = n - i
        triple = <uint32_t>p[i] << 16
        if left > 1:
            triple |= <uint32_t>p[i + 1] << 8
        if left > 2:
            triple |= p[i + 2]
        to[0] = BASE64[triple >> 18]
        to[1] = BASE64[triple >> 12 & 63]
        to[2] = BASE64[triple >> 6 & 63] if left > 1 else c"="
        to[3] = BASE64[triple & 63] if left > 2 else c"="
        to += 4
    out.size = to - out.data
    return 0
