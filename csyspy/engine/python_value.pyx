"""Field values as the Python objects that chisels and views get."""

from cpython.unicode cimport PyUnicode_DecodeUTF8

from socket import AF_INET, AF_INET6, inet_ntop

from csyspy.engine.value cimport VK_BOOL, VK_BYTES, VK_DOUBLE, VK_INT, VK_IP, VK_LIST, VK_NONE, VK_STR, VK_UINT, value_u


cdef object python_value(const Value* v):
    """Numbers as int or float, booleans as bool, text and addresses as str, raw buffers as bytes, lists as list.

    Text that is not UTF-8 keeps its bytes as surrogate escapes, and so comes out again as it was.
    """
    if v.kind == VK_STR:
        return PyUnicode_DecodeUTF8(v.s, v.n, "surrogateescape")
    if v.kind == VK_INT:
        return v.i
    if v.kind == VK_UINT:
        return value_u(v)
    if v.kind == VK_BOOL:
        return v.i != 0
    if v.kind == VK_DOUBLE:
        return v.d
    if v.kind == VK_BYTES:
        return v.s[:v.n]
    if v.kind == VK_IP:
        if v.n == 4:
            return inet_ntop(AF_INET, v.s[:4])
        return inet_ntop(AF_INET6, v.s[:16]) if v.n == 16 else "<NA>"
    if v.kind == VK_LIST:
        return [python_value(&v.items[k]) for k in range(v.n)]
    return None
