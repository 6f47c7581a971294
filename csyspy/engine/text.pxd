"""Numbers and strings written into a Buffer without Python objects."""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, strlen

from csyspy.engine.buffer cimport Buffer

cdef extern from *:
    """
    static const char csyspy_digit_pairs[201] =
        "00010203040506070809" "10111213141516171819" "20212223242526272829" "30313233343536373839" "40414243444546474849"
        "50515253545556575859" "60616263646566676869" "70717273747576777879" "80818283848586878889" "90919293949596979899";
    """
    const char* csyspy_digit_pairs


cdef inline char* write_u64(char* end, uint64_t v) noexcept nogil:
    """Decimal digits of `v` so that they stop just before `end`; returns where they begin (at most 20 bytes before)."""
    cdef uint32_t pair
    while v >= 100:
        pair = <uint32_t>(v % 100) * 2
        v //= 100
        end -= 2
        memcpy(end, csyspy_digit_pairs + pair, 2)
    if v >= 10:
        end -= 2
        memcpy(end, csyspy_digit_pairs + v * 2, 2)
        return end
    end -= 1
    end[0] = <char>(48 + v)
    return end


cdef inline int reserve(Buffer out, size_t n) except -1:
    if out.room - out.size < n:
        out.grow(n)
    return 0


cdef inline int add_u64(Buffer out, uint64_t v) except -1:
    cdef char digits[20]
    cdef char* at = write_u64(digits + 20, v)
    return out.add(at, digits + 20 - at)


cdef inline int add_i64(Buffer out, int64_t v) except -1:
    if v >= 0:
        return add_u64(out, <uint64_t>v)
    out.add_char(c"-")
    return add_u64(out, 0 - <uint64_t>v)


cdef inline int add_padded9(Buffer out, uint64_t v) except -1:
    """At least nine digits, zeros in front."""
    cdef char digits[20]
    cdef char* at = write_u64(digits + 20, v)
    while digits + 20 - at < 9:
        at -= 1
        at[0] = c"0"
    return out.add(at, digits + 20 - at)


cdef inline int add_hex(Buffer out, uint64_t v, bint upper) except -1:
    cdef char digits[16]
    cdef int at = 16
    cdef const char* alphabet = "0123456789ABCDEF" if upper else "0123456789abcdef"
    while True:
        at -= 1
        digits[at] = alphabet[v & 15]
        v >>= 4
        if v == 0:
            break
    return out.add(digits + at, 16 - at)


cdef inline int add_octal(Buffer out, uint64_t v) except -1:
    cdef char digits[22]
    cdef int at = 22
    while True:
        at -= 1
        digits[at] = <char>(48 + (v & 7))
        v >>= 3
        if v == 0:
            break
    return out.add(digits + at, 22 - at)


cdef inline int add_text(Buffer out, const char* text) except -1:
    return out.add(text, strlen(text))


cdef inline int add_bytes(Buffer out, bytes text) except -1:
    return out.add(<const char*>text, len(text))


cdef inline bint is_printable(unsigned char c) noexcept nogil:
    return 32 <= c <= 126


cdef inline int add_printable(Buffer out, const char* text, size_t n) except -1:
    """`text` without the bytes that are not printable ASCII (libs: userspace/libsinsp/utils.h, sanitize_string)."""
    cdef size_t i
    cdef char* to
    reserve(out, n)
    to = out.data + out.size
    for i in range(n):
        if is_printable(<unsigned char>text[i]):
            to[0] = text[i]
            to += 1
    out.size = to - out.data
    return 0


cdef inline int add_dotted(Buffer out, const char* text, size_t n) except -1:
    """`text` with a dot for every byte that is not printable ASCII."""
    cdef size_t i
    cdef char* to
    reserve(out, n)
    to = out.data + out.size
    for i in range(n):
        to[i] = text[i] if is_printable(<unsigned char>text[i]) else c"."
    out.size += n
    return 0
