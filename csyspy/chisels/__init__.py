"""Chisels: scripts over the events of a capture. A plug-in subclasses `Chisel` or `TableChisel` from here."""

from csyspy.chisels.api import Argument, Chisel, ChiselError, EndCapture
from csyspy.chisels.context import Context
from csyspy.chisels.table import Table, TableChisel

__all__ = ["Argument", "Chisel", "ChiselError", "Context", "EndCapture", "Table", "TableChisel"]
