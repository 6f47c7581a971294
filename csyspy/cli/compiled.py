"""What the user wrote, compiled: the filter and the output format, and what is said when they are wrong."""

import sys
from typing import Any

from csyspy.engine.format import Formatter
from csyspy.errors import FilterError, UsageError
from csyspy.fields import Column, FieldError, parse_format
from csyspy.fields.extraction import build


def compiled_filter(text: str) -> Any:
    """The engine's program of a filter; None for an empty one. Odd filters are warned about on standard error.

    Raises FilterError with the place that is wrong.
    """
    if not text.strip():
        return None
    from csyspy.filters import compile_filter  # a third of the start-up, which runs without a filter are spared

    try:
        compiled = compile_filter(text)
    except FieldError as error:
        raise _located(error, text) from None
    for warning in compiled.warnings:
        print(f"csyspy: warning: {warning.message}", file=sys.stderr)
    return compiled.program


def explained_filter(text: str) -> list[str]:
    """What the kernel decides of a filter and what is left, as lines. Raises FilterError with the place that is wrong."""
    if not text.strip():
        raise UsageError("--explain-filter explains a filter, and there is none", "for example: csyspy --explain-filter proc.name=nano")
    compiled_filter(text)
    from csyspy.filters import parse
    from csyspy.filters.kernel_split import explain

    return explain(parse(text))


def compiled_format(text: str, *, json: bool) -> Any:
    """The engine's Formatter of an output format. Raises FilterError with the place that is wrong."""
    try:
        parsed = parse_format(text)
        if json:
            return Formatter([(build(bound), name, 0) for name, bound in parsed.fields], parsed.complete, True)
        segments: list[Any] = []
        for part in parsed.segments:
            if isinstance(part, Column):
                segments.append((build(part.value), part.name, part.width))
            else:
                segments.append(part.text)
        return Formatter(segments, parsed.complete)
    except FieldError as error:
        raise _located(error, text) from None


def _located(error: FieldError, text: str) -> FilterError:
    length = error.end - error.position
    return FilterError(error.message, error.hint, text=error.text or text, position=error.position, length=length)
