"""Field values as text and as JSON, by the type and print format of the field.

libs: userspace/libsinsp/sinsp_filtercheck.cpp, rawval_to_string and rawval_to_json.
"""

from json.encoder import encode_basestring_ascii

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdio cimport snprintf

from csyspy.engine.address cimport IP_ROOM, write_ip4, write_ip6
from csyspy.engine.event cimport *
from csyspy.engine.render_bytes cimport add_binary
from csyspy.engine.text cimport add_hex, add_i64, add_octal, add_padded9, add_text, add_u64, reserve
from csyspy.engine.value cimport VK_BOOL, VK_BYTES, VK_DOUBLE, VK_INT, VK_IP, VK_LIST, VK_STR, VK_UINT

cdef Buffer _bytes = Buffer()     # binary data as text, before it is quoted for JSON


cdef uint32_t _bits(int type) noexcept:
    """Width of an integer type: hexadecimal and octal forms of negative numbers depend on it."""
    if type == PT_INT8 or type == PT_UINT8 or type == PT_FLAGS8 or type == PT_ENUMFLAGS8 or type == PT_L4PROTO or type == PT_SIGTYPE:
        return 8
    if type == PT_INT16 or type == PT_UINT16 or type == PT_FLAGS16 or type == PT_ENUMFLAGS16 or type == PT_PORT or type == PT_SYSCALLID:
        return 16
    if (
        type == PT_INT32 or type == PT_UINT32 or type == PT_FLAGS32 or type == PT_ENUMFLAGS32 or type == PT_UID or type == PT_GID
        or type == PT_MODE or type == PT_BOOL or type == PT_SIGSET
    ):
        return 32
    return 64


cdef int _add_integer(Buffer out, const Value* v, int type, int fmt) except -1:
    cdef uint64_t bits = <uint64_t>v.i
    cdef uint32_t width
    if fmt == PF_HEX or fmt == PF_OCT:
        width = _bits(type)
        if width < 64:
            bits &= (<uint64_t>1 << width) - 1
        return add_hex(out, bits, True) if fmt == PF_HEX else add_octal(out, bits)
    if fmt == PF_10_PADDED_DEC and (v.kind == VK_UINT or v.i >= 0):
        return add_padded9(out, bits)
    return add_u64(out, bits) if v.kind == VK_UINT else add_i64(out, v.i)


cdef int _add_ip(Buffer out, const Value* v) except -1:
    reserve(out, IP_ROOM)
    if v.n == 4:
        out.size += write_ip4(out.data + out.size, <const uint8_t*>v.s)
    elif v.n == 16:
        out.size += write_ip6(out.data + out.size, <const uint8_t*>v.s)
    return 0


cdef int add_value(Buffer out, const Value* v, int type, int fmt, int buffer_format) except -1:
    """A value as `-p` prints it; a list as `(a,b)`."""
    cdef char number[400]
    cdef uint32_t k
    if v.kind == VK_STR:
        return out.add(v.s, v.n)
    elif v.kind == VK_UINT or v.kind == VK_INT:
        return _add_integer(out, v, type, fmt)
    elif v.kind == VK_BOOL:
        return add_text(out, b"true") if v.i else add_text(out, b"false")
    elif v.kind == VK_BYTES:
        return add_binary(out, <const uint8_t*>v.s, v.n, buffer_format)
    elif v.kind == VK_IP:
        return _add_ip(out, v)
    elif v.kind == VK_DOUBLE:
        snprintf(number, sizeof(number), "%.1f", v.d)
        return add_text(out, number)
    elif v.kind == VK_LIST:
        out.add_char(c"(")
        for k in range(v.n):
            if k:
                out.add_char(c",")
            add_value(out, &v.items[k], type, fmt, buffer_format)
        return out.add_char(c")")
    return 0


cdef int add_json_value(Buffer out, const Value* v, int type, int fmt, int buffer_format) except -1:
    """A value as JSON: numbers are numbers where they print as plain decimals, else strings of what is printed."""
    cdef uint32_t k
    cdef size_t start
    if v.kind == VK_STR:
        return add_json_string(out, v.s, v.n)
    elif v.kind == VK_UINT or v.kind == VK_INT:
        if fmt == PF_DEC or fmt == PF_ID or fmt == PF_NA:
            return _add_integer(out, v, type, PF_DEC)
        out.add_char(c'"')
        _add_integer(out, v, type, fmt)
        return out.add_char(c'"')
    elif v.kind == VK_BOOL:
        return add_text(out, b"true") if v.i else add_text(out, b"false")
    elif v.kind == VK_DOUBLE:
        return _add_json_double(out, v.d, fmt)
    elif v.kind == VK_BYTES:
        _bytes.size = 0
        add_binary(_bytes, <const uint8_t*>v.s, v.n, buffer_format)
        return add_json_string(out, _bytes.data, _bytes.size)
    elif v.kind == VK_IP:
        out.add_char(c'"')
        _add_ip(out, v)
        return out.add_char(c'"')
    elif v.kind == VK_LIST:
        out.add_char(c"[")
        for k in range(v.n):
            if k:
                out.add_char(c",")
            add_json_value(out, &v.items[k], type, fmt, buffer_format)
        return out.add_char(c"]")
    return out.add(b"null", 4)


cdef int _add_json_double(Buffer out, double d, int fmt) except -1:
    cdef bytes text
    if d != d or d - d != 0:      # not a number, or infinite: JSON has neither
        return out.add(b"null", 4)
    if fmt == PF_DEC:
        return add_i64(out, <long long>d) if -9e18 < d < 9e18 else out.add(b"null", 4)
    text = repr(d).encode()
    return out.add(<const char*>text, <size_t>len(text))


cdef int add_json_string(Buffer out, const char* text, size_t n) except -1:
    """`text` quoted, all of it ASCII. Bytes that are no UTF-8 become U+FFFD."""
    cdef size_t i
    cdef bytes whole
    for i in range(n):
        if <unsigned char>text[i] >= 128:
            whole = encode_basestring_ascii(text[:n].decode("utf-8", "replace")).encode()
            return out.add(<const char*>whole, <size_t>len(whole))
    return _add_quoted(out, text, n)


cdef int _add_quoted(Buffer out, const char* text, size_t n) except -1:
    cdef size_t i, done = 0
    cdef unsigned char c
    cdef char escape[7]
    out.add_char(c'"')
    for i in range(n):
        c = <unsigned char>text[i]
        if c >= 32 and c != c'"' and c != c"\\":
            continue
        out.add(text + done, i - done)
        done = i + 1
        if c == c'"' or c == c"\\":
            out.add_char(c"\\")
            out.add_char(<char>c)
        elif c == c"\n":
            out.add(b"\\n", 2)
        elif c == c"\t":
            out.add(b"\\t", 2)
        elif c == c"\r":
            out.add(b"\\r", 2)
        elif c == 8:
            out.add(b"\\b", 2)
        elif c == 12:
            out.add(b"\\f", 2)
        else:
            snprintf(escape, sizeof(escape), "\\u%04x", <unsigned int>c)
            out.add(escape, 6)
    out.add(text + done, n - done)
    return out.add_char(c'"')
