"""The fields users type: the catalogue, names with arguments, field expressions, output formats and their listing."""

from csyspy.fields.binding import Bound, bind
from csyspy.fields.catalogue import Field, catalogue, suggest
from csyspy.fields.errors import FieldError
from csyspy.fields.formats import Column, OutputFormat, Text, parse_format
from csyspy.fields.names import FieldRef, resolve

__all__ = [
    "Bound",
    "Column",
    "Field",
    "FieldError",
    "FieldRef",
    "OutputFormat",
    "Text",
    "bind",
    "catalogue",
    "parse_format",
    "resolve",
    "suggest",
]
