"""Right sides of filter checks → matchers of the engine."""

from typing import TYPE_CHECKING, Final

from csyspy.engine import match
from csyspy.fields.errors import FieldError
from csyspy.filters.comparison import Comparison
from csyspy.filters.operators import NETS, group_of
from csyspy.filters.values import INTEGERS, Constant

if TYPE_CHECKING:
    from csyspy.engine.match import Matcher

_MANY: Final = ("in", "intersects", "pmatch")
_LEAST: Final = {"oneof": (1, 1), "anyof": (1, None), "allof": (None, None)}


def matcher(comparison: Comparison) -> "Matcher":
    """The matcher of a comparison with constants. Raises FieldError for a regular expression that is none."""
    single = _single_matcher(comparison)
    if comparison.left.is_list:
        return match.EachItem(single, comparison.op == "in")
    return single


def _single_matcher(comparison: Comparison) -> "Matcher":
    op, constants = comparison.op, comparison.constants
    if op == "pmatch":
        return match.PathMatcher([_raw(constant) for constant in constants])
    if comparison.modifier:
        if not constants:
            return match.Never()
        parts = [_one(comparison, op, constant) for constant in constants]
        least, most = _LEAST[comparison.modifier]
        return match.AnyOf(parts, len(parts) if least is None else least, len(parts) if most is None else most)
    if op in _MANY:
        if group_of(comparison.left.type, False) in ("string", "buffer"):
            return match.TextSet([_raw(constant) for constant in constants])
        parts = [_one(comparison, "=", constant) for constant in constants]
        return parts[0] if len(parts) == 1 else match.AnyOf(parts, 1, len(parts)) if parts else match.Never()
    return _one(comparison, op, constants[0])


def _one(comparison: Comparison, op: str, constant: Constant) -> "Matcher":
    value_type = comparison.left.type
    if op == "regex":
        return _regex(str(_raw(constant), "utf-8", "replace"))
    if isinstance(constant, tuple):
        return match.AddressMatcher(constant[0], constant[1], op == "!=")
    if isinstance(constant, bytes):
        if group_of(value_type, False) == "address" and value_type not in NETS:
            return match.AddressMatcher(constant, None, op == "!=")
        return match.TextMatcher(match.OPS[op], constant)
    if isinstance(constant, float):
        return match.DoubleMatcher(match.OPS[op], constant)
    signed = INTEGERS[value_type][1] if value_type in INTEGERS else False
    return match.IntMatcher(match.OPS[op], int(constant), not signed)


def _raw(constant: Constant) -> bytes:
    assert isinstance(constant, bytes)
    return constant


def _regex(pattern: str) -> "Matcher":
    """POSIX syntax, as libs reads it: no \\d and its like (`re2` takes 4 ms to import, so only filters that need it do)."""
    import re2

    options = re2.Options()
    options.posix_syntax = True
    options.longest_match = True
    options.log_errors = False
    try:
        return match.RegexMatcher(re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise FieldError(f"{pattern!r} is no regular expression: {text}") from None
