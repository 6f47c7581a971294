"""Chisels meet the engine: their fields and filters are compiled, and each gets its sink."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from csyspy.chisels.api import Chisel, ChiselError, EndCapture
from csyspy.fields.errors import FieldError

if TYPE_CHECKING:
    from csyspy.chisels.table import Table


def compile_chisel_field(chisel: Chisel, field: str) -> Any:
    """The Extractor of a field, or of a transformer over fields. Raises ChiselError where there is no such field."""
    from csyspy.fields.extraction import build, unanswered
    from csyspy.fields.formats import Column, parse_format

    try:
        segments = parse_format(f"%{field}").segments
    except FieldError as error:
        raise ChiselError(f"chisel {chisel.name} asks for a field that is not there: {error.message}", error.hint) from error
    if len(segments) != 1 or not isinstance(segments[0], Column):
        raise ChiselError(f"chisel {chisel.name} asks for {field!r}, which is not one field")
    bound = segments[0].value
    reason = unanswered(bound.field.field) if bound.field is not None else ""
    if reason:
        raise ChiselError(f"chisel {chisel.name} asks for {field}, which has no value in any event: {reason}")
    return build(bound)


def compile_chisel_filter(chisel: Chisel, text: str) -> Any:
    """The Node of a filter that belongs to a chisel. Raises ChiselError where it is wrong."""
    from csyspy.filters import compile_filter

    try:
        return compile_filter(text).program
    except FieldError as error:
        raise ChiselError(f"wrong filter in chisel {chisel.name}: {error.message}", error.hint) from error


def raise_named(chisel: Chisel, where: str, error: Exception) -> None:
    """Raise what went wrong in a chisel's own code, with the chisel's name; requests and broken pipes pass as they are."""
    if isinstance(error, ChiselError | EndCapture | OSError):
        raise error
    text = " ".join(str(error).split())
    raise ChiselError(f"chisel {chisel.name} failed in {where}: {type(error).__name__}: {text}") from error


def guarded(chisel: Chisel, where: str) -> Callable[..., object]:
    """The chisel's method of that name, with its errors named."""
    method = getattr(chisel, where)

    def call(*arguments: object) -> object:
        try:
            return method(*arguments)
        except Exception as error:
            raise_named(chisel, where, error)
            raise

    return call


def callback_sink(chisel: Chisel) -> Any:
    """A sink that gives the chisel's `on_event` every event."""
    from csyspy.engine.callback import CallbackSink, EventView

    view = EventView({label: compile_chisel_field(chisel, field) for label, field in chisel.fields.items()})
    chisel.event = view
    return CallbackSink(view, chisel.on_event, None, lambda error: raise_named(chisel, "on_event", error))


def table_sink(chisel: Chisel, table: "Table") -> Any:
    """A sink that sums the table's value per combination of its keys."""
    from csyspy.engine.groupby import GroupBy

    keys = [compile_chisel_field(chisel, key) for key in table.keys]
    if table.value == "evt.count":  # one for every event, whatever it is
        return GroupBy(keys, [(None, "count", 1.0)])
    return GroupBy(keys, [(compile_chisel_field(chisel, table.value), "sum", table.scale)], None, not table.keep_zero)


def bind(chisel: Chisel) -> Any:
    """The chisel's sink, with its filter, the command line's filter and its period in place."""
    sink = chisel.sink()
    node = None
    if chisel.filter:
        node = compile_chisel_filter(chisel, chisel.filter)
    given = "" if chisel.context.prefiltered else chisel.context.filter_text
    if given:
        node = compile_chisel_filter(chisel, f"({given}) and ({chisel.filter})" if chisel.filter else given)
    if node is not None:
        sink.needs |= node.needs
    if chisel.period_ns:
        sink.every(chisel.period_ns, guarded(chisel, "on_interval"), chisel.precise_period)
        sink.inner = node
    else:
        sink.filter = node
    sink.wants_hidden = True
    return sink
