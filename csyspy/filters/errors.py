"""The error that a filter raises."""

from csyspy.fields.errors import FieldError


class FilterError(FieldError):
    """What is wrong with a filter, where, and how to write it: see FieldError."""
