"""Rows of kernel tables brought down to one per key."""

from cpython.dict cimport PyDict_GetItem
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.ref cimport PyObject
from libc.math cimport NAN
from libc.stdlib cimport calloc, free, malloc

OPERATIONS = ("keep", "sum", "max", "min", "avg")
"""What becomes of the values of one group: the first that is not empty, their sum, the largest, the smallest, their mean."""


def group(list keys not None, list columns not None, size_t count):
    """`keys` and the first member of each of `columns` are lists of `count` values; the second is one of OPERATIONS.

    Gives the keys (a tuple of values where there are several key lists) and, in their order, a list of values for each column.
    A row with an unknown key (None) is left out; an unknown value adds nothing, and where all are unknown the result is.
    """
    cdef list names = keys[0] if len(keys) == 1 else list(zip(*keys))
    cdef bint several = len(keys) > 1
    if not several and _all_differ(names):
        return names, [_alone(values, operation) for values, operation in columns]
    return _grouped(names, several, columns, count)


cdef bint _all_differ(list names) except -1:
    """Whether each row is a group of its own, as threads are."""
    cdef set known = set(names)
    return len(known) == len(names) and None not in known


cdef list _alone(list values, str operation):
    """A column of groups of one row each: the values themselves, where all are of one kind."""
    cdef Py_ssize_t whole = 0, others = 0
    cdef Py_ssize_t count = len(values)
    if operation == "keep":
        return values
    for item in values:
        if PyFloat_CheckExact(item):
            others += 1
        elif PyLong_CheckExact(item):
            whole += 1
    if others == count or whole == count and operation != "avg":
        return values
    return _number(values, operation, NULL, count, count)


def per_second(list values not None, double interval_s):
    """A column as rates; unknown values stay."""
    cdef Py_ssize_t i
    cdef list out = [None] * len(values)
    for i in range(len(values)):
        item = values[i]
        if item is not None:
            out[i] = (PyFloat_AS_DOUBLE(item) if PyFloat_CheckExact(item) else <double>item) / interval_s
    return out


cdef tuple _grouped(list names, bint several, list columns, size_t count):
    cdef dict places = {}
    cdef list order = []
    cdef Py_ssize_t* place = <Py_ssize_t*>malloc((count or 1) * sizeof(Py_ssize_t))
    cdef size_t i
    cdef PyObject* found
    if place == NULL:
        raise MemoryError
    try:
        for i in range(count):
            name = names[i]
            if name is None or (several and None in <tuple>name):
                place[i] = -1
                continue
            found = PyDict_GetItem(places, name)
            if found == NULL:
                place[i] = len(order)
                places[name] = place[i]
                order.append(name)
            else:
                place[i] = <Py_ssize_t><object>found
        return order, [
            _kept(values, place, count, len(order)) if operation == "keep" else _number(values, operation, place, count, len(order))
            for values, operation in columns
        ]
    finally:
        free(place)


cdef list _kept(list values, Py_ssize_t* place, size_t count, size_t groups):
    cdef list out = [None] * groups
    cdef size_t i
    for i in range(count):
        if place[i] >= 0 and (out[place[i]] is None or out[place[i]] == "") and values[i] is not None:
            out[place[i]] = values[i]
    return out


cdef list _number(list values, str operation, Py_ssize_t* place, size_t count, size_t groups):
    cdef double* totals = <double*>malloc((groups or 1) * sizeof(double))
    cdef size_t i
    cdef double value
    cdef double* total
    cdef double* counts = NULL
    cdef Py_ssize_t at
    cdef bint whole = True
    cdef int kind = OPERATIONS.index(operation)
    if totals == NULL:
        raise MemoryError
    try:
        if kind == 4:
            whole = False
            counts = <double*>calloc(groups or 1, sizeof(double))
            if counts == NULL:
                raise MemoryError
        for i in range(groups):
            totals[i] = NAN
        for i in range(count):
            item = values[i]
            if item is None or place != NULL and place[i] < 0:
                continue
            if PyFloat_CheckExact(item):
                value = PyFloat_AS_DOUBLE(item)
                whole = False
            else:
                value = item
            at = place[i] if place != NULL else <Py_ssize_t>i
            total = &totals[at]
            if counts != NULL:
                counts[at] += 1
            if total[0] != total[0]:
                total[0] = value
            elif kind == 1 or kind == 4:
                total[0] += value
            elif (value > total[0]) == (kind == 2):
                total[0] = value
        if counts != NULL:
            for i in range(groups):
                totals[i] /= counts[i]
        if whole:
            return [None if totals[i] != totals[i] else <long long>totals[i] for i in range(groups)]
        return [None if totals[i] != totals[i] else totals[i] for i in range(groups)]
    finally:
        free(totals)
        free(counts)
