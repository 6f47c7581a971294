"""Field values as the Python objects that chisels and views get."""

from csyspy.engine.value cimport Value


cdef object python_value(const Value* v)
