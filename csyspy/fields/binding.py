"""Field expressions with their meaning: which field each name is, and of which type the value comes out.

What a transformer takes and gives follows libs: userspace/libsinsp/sinsp_filter_transformers/ and
sinsp_filtercheck_multivalue_transformer.cpp.
"""

from dataclasses import dataclass, replace
from typing import Final

from csyspy.fields.catalogue import SYSCALL
from csyspy.fields.errors import FieldError
from csyspy.fields.expr import Expr, FieldNode, ListNode, LiteralNode, TransformNode
from csyspy.fields.names import FieldRef, resolve

STRINGS: Final = frozenset({"CHARBUF", "FSPATH", "FSRELPATH"})
# transformer -> types it takes as a single value
_TAKES: Final = {
    "tolower": STRINGS,
    "toupper": STRINGS,
    "basename": STRINGS,
    "b64": frozenset({"CHARBUF", "BYTEBUF"}),
    "len": STRINGS | {"BYTEBUF"},
}


@dataclass(frozen=True, slots=True)
class Bound:
    """An expression that can be extracted.

    `field` is the field it starts from, None for literals and for transformers of several values; `type` and `format` are those of
    the result; `args` are the bound arguments of a transformer or the items of a list; `text` is that of a literal.
    """

    node: Expr
    type: str
    format: str
    is_list: bool
    field: FieldRef | None = None
    args: tuple["Bound", ...] = ()
    text: str | None = None

    @property
    def described(self) -> str:
        """The type for messages: `CHARBUF`, `list of CHARBUF`."""
        return f"list of {self.type}" if self.is_list else self.type


def bind(expr: Expr, source: str = SYSCALL) -> Bound:
    """`expr` with its fields, those of events of `source`, resolved and its types checked.

    Raises FieldError with the position of what is wrong.
    """
    if isinstance(expr, FieldNode):
        return _bind_field(expr, source)
    if isinstance(expr, LiteralNode):
        return Bound(expr, "CHARBUF", "NA", False, text=expr.text)
    if isinstance(expr, ListNode):
        items = tuple(bind(item, source) for item in expr.items)
        for item in items:
            if item.is_list or item.type not in STRINGS:
                _fail(item.node, f"the items of a list must be strings, not {item.described}")
        return Bound(expr, "CHARBUF", "NA", True, args=items)
    return _bind_transformer(expr, source)


def _bind_field(node: FieldNode, source: str) -> Bound:
    try:
        ref = resolve(node.name, node.arg, source)
    except FieldError as error:
        error.position, error.end = node.pos, max(node.end, node.pos + 1)
        raise
    return Bound(node, ref.type, ref.format, ref.field.is_list, field=ref)  # fd.types[0] stays a list, of one item


def _bind_transformer(node: TransformNode, source: str) -> Bound:
    args = tuple(bind(arg, source) for arg in node.args)
    if node.name in _TAKES:
        return _bind_single(node, args)
    if node.arg is not None and node.name != "getopt":
        _fail(node, f"{node.name}() takes no [argument] behind it")
    if node.name == "join":
        _check_join(node, args)
        return Bound(node, "CHARBUF", "NA", False, args=args)
    if node.name == "concat":
        _check_concat(node, args)
        return Bound(node, "CHARBUF", "NA", False, args=args)
    _check_getopt(node, args)
    return Bound(node, "CHARBUF", "NA", node.arg is None, args=args)


def _bind_single(node: TransformNode, args: tuple[Bound, ...]) -> Bound:
    if len(args) != 1:
        _fail(node, f"{node.name}() takes one argument")
    if node.arg is not None:
        _fail(node, f"{node.name}() takes no [argument] behind it")
    value = args[0]
    if value.field is not None and not value.field.field.transformable:
        _fail(value.node, f"field {value.field.field.name} does not support transformers")
    if node.name == "len" and value.is_list:
        return Bound(node, "UINT64", "DEC", False, field=value.field, args=args)
    if value.type not in _TAKES[node.name]:
        _fail(value.node, f"{node.name}() does not take a value of type {value.described}")
    if node.name == "len":
        return Bound(node, "UINT64", "DEC", False, field=value.field, args=args)
    return replace(value, node=node, args=args, text=None)


def _check_join(node: TransformNode, args: tuple[Bound, ...]) -> None:
    if len(args) != 2:
        _fail(node, "join() takes a separator and a list")
    if args[0].is_list:
        _fail(args[0].node, "the separator of join() must be a single value, not a list")
    if args[0].type not in STRINGS:
        _fail(args[0].node, "the separator of join() must be a string")
    if not args[1].is_list or args[1].type not in STRINGS:
        _fail(args[1].node, "join() takes a list of strings")


def _check_concat(node: TransformNode, args: tuple[Bound, ...]) -> None:
    if len(args) < 2:
        _fail(node, "concat() takes two or more strings")
    for arg in args:
        if arg.is_list or arg.type not in STRINGS:
            _fail(arg.node, "the arguments of concat() must be strings")


def _check_getopt(node: TransformNode, args: tuple[Bound, ...]) -> None:
    if len(args) != 2:
        _fail(node, "getopt() takes a list of arguments and a string of options")
    if not args[0].is_list or args[0].type not in STRINGS:
        _fail(args[0].node, "getopt() takes a list of strings")
    if args[1].is_list or args[1].type not in STRINGS:
        _fail(args[1].node, "the options of getopt() must be a string")
    if node.arg is not None and len(node.arg) != 1:
        _fail(node, "the option picked from getopt() is one character")


def _fail(node: Expr, message: str) -> None:
    raise FieldError(message, node.pos, node.end)
