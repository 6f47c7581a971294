"""Field expressions → extractors of the engine."""

from functools import cache
from typing import TYPE_CHECKING, Final

from csyspy.events import EVENT_TABLE
from csyspy.fields.binding import Bound, bind
from csyspy.fields.catalogue import Field
from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, ListNode, LiteralNode, TransformNode
from csyspy.fields.getopt import concat, join, option_reader
from csyspy.fields.scanner import Scanner

if TYPE_CHECKING:
    from csyspy.engine.value import Extractor

COMPARED: Final = frozenset({"fd.ip", "fd.net", "fd.port", "fd.proto", "evt.around"})
"""Fields without a value of their own: filters compare them in the engine."""


@cache
def answered() -> frozenset[str]:
    """Names of the fields that the engine extracts."""
    import csyspy.engine.extract  # noqa: F401  (importing it registers them)
    from csyspy.engine.value import available

    names: frozenset[str] = available()
    return names


def unanswered(field: Field) -> str:
    """Why no event has a value for `field`; empty where the engine extracts it."""
    if field.name in COMPARED or field.name in answered():
        return ""
    return field.other_source or field.gone or "csyspy does not extract it yet"


@cache
def _codes(table: str) -> dict[str, int]:
    return {name: int(code) for code, name in EVENT_TABLE[table].items()}


def build(bound: Bound) -> "Extractor":
    """The extractor of an expression. Raises FieldError where it holds a field without a value."""
    from csyspy.engine.transform import CHANGES, Changed, Combined, Length, Literal
    from csyspy.engine.value import extractor

    node = bound.node
    if isinstance(node, FieldNode):
        ref = bound.field
        assert ref is not None
        if ref.field.name not in answered():
            why = unanswered(ref.field) or "only filters compare it"
            raise FieldError(f"{ref.text} cannot be shown: {why}", node.pos, node.end)
        types, formats = _codes("param_types"), _codes("print_formats")
        return extractor(ref.field.name, ref.arg, types[bound.type], formats[bound.format], bound.is_list)
    if isinstance(node, LiteralNode):
        return Literal((bound.text or "").encode("utf-8", "surrogateescape"))
    parts = tuple(build(arg) for arg in bound.args)
    if isinstance(node, ListNode):
        return Combined(parts, lambda *items: [item[0] for item in items], True)
    if node.name in CHANGES:
        return Changed(parts[0], node.name)
    if node.name == "len":
        return Length(parts[0])
    return Combined(parts, _combiner(node), bound.is_list)


def event_name() -> "Extractor":
    """evt.type as filters compare it: by the name of today's libs, also on captures that show an older name."""
    from csyspy.engine.value import extractor

    answered()
    return extractor("evt.type", "libs", _codes("param_types")["CHARBUF"], _codes("print_formats")["NA"], False)


def _combiner(node: TransformNode) -> object:
    if node.name == "join":
        return join
    if node.name == "concat":
        return concat
    return option_reader(node.arg.encode("utf-8", "surrogateescape") if node.arg is not None else None)


def compile_field(text: str) -> "Extractor":
    """The extractor of one field, or of a transformer over fields. Raises FieldError where it is none, or no event has a value for it."""
    scanner = Scanner(text)
    expression = scanner.field_or_transformer()
    if expression is None or scanner.pos < len(text):
        raise scanner.error("expected a field name")
    bound = bind(expression)
    try:
        return build(bound)
    except KeyError:
        why = unanswered(bound.field.field) if bound.field is not None else ""
        raise scanner.error(f"{text} cannot be shown: {why}", 0, len(text)) from None
