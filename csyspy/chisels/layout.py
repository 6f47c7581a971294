"""How chisels write numbers, sizes and times, and how they fill columns.

All of it on bytes, as sysdig's chisels do: a column is as many bytes wide as it says. Numbers are doubles there, and what
`%d` gets is cut, not rounded (facts: draios/sysdig userspace/sysdig/chisels/common.lua).
"""

import math
from typing import SupportsFloat

ONE_S_NS = 1_000_000_000
ONE_MS_NS = 1_000_000
ONE_US_NS = 1_000

UNPRINTABLE = bytes(b for b in range(256) if not 0x20 <= b < 0x7F)

SIZES = ((1024**5, "P"), (1024**4, "T"), (1024**3, "G"), (1024**2, "M"), (1024, "KB"))


def encode(text: str) -> bytes:
    """The bytes that stand for a text; those that were no UTF-8 come out as they were."""
    return text.encode("utf-8", "surrogateescape")


def decode(raw: bytes) -> str:
    """The text of bytes, in the way that `encode` turns back."""
    return raw.decode("utf-8", "surrogateescape")


def pad(text: str, width: int) -> str:
    """`text` in a column of `width` bytes: filled with blanks, or cut so that one blank remains; nothing where width is not positive."""
    size = len(text) if text.isascii() else len(encode(text))
    if size < width:
        return text + " " * (width - size)
    if width <= 0:
        return ""
    return cut(text, width - 1) + " "


def cut(text: str, size: int) -> str:
    """The first `size` bytes of `text`."""
    if len(text) <= size and text.isascii():
        return text
    return text[:size] if text.isascii() else decode(encode(text)[:size])


def column(text: str, width: int) -> str:
    """`text` as C's `%-N.Ns` prints it: exactly `width` bytes."""
    text = cut(text, width)
    return text + " " * (width - (len(text) if text.isascii() else len(encode(text))))


def printable(raw: bytes) -> str:
    """The printable ASCII of a name; sysdig drops the rest (libs: userspace/libsinsp/utils.h, sanitize_string)."""
    return raw.translate(None, UNPRINTABLE).decode("ascii")


def number(value: SupportsFloat) -> str:
    """A number as LuaJIT writes it: `%.14g`, halves rounded up."""
    value = float(value)
    text = f"{value:.14g}"
    if not math.isfinite(value) or float(text) == value:
        return text
    from decimal import ROUND_HALF_UP, Context

    return f"{float(Context(prec=14, rounding=ROUND_HALF_UP).create_decimal_from_float(value)):.14g}"


def two_decimals(value: float) -> str:
    """A number as LuaJIT's `%.2f`: of two equally near texts the larger, where C takes the even one."""
    half_cents = value * 200
    if half_cents % 2 != 1:  # not half way between two texts, so every rounding gives the same
        return f"{value:.2f}"
    from decimal import ROUND_HALF_UP, Decimal

    return str(Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP))


def scalar(value: object) -> str:
    """A field value as text: numbers as Lua writes them, `true` and `false`, `nil` where there is none."""
    if isinstance(value, str):
        return value
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, bytes):
        return decode(value)
    if isinstance(value, list | tuple):
        return f"({','.join(scalar(item) for item in value)})"
    return str(value)


def format_bytes(value: float) -> str:
    """A size: `309B`, `1.84KB`, `6.29M` …; a limit itself still counts in the unit below it."""
    for limit, unit in SIZES:
        if value > limit:
            return two_decimals(value / limit) + unit
    return f"{int(value)}B"


def format_time(value_ns: float) -> str:
    """An interval in ns, in the unit that leaves one to three digits before the point: `1.30s`, `994ms`, `3.02ms`, `17us`, `90ns`."""
    if value_ns >= ONE_S_NS:
        return f"{int(value_ns // ONE_S_NS)}.{int(value_ns % ONE_S_NS / 10_000_000):02}s"
    if value_ns >= ONE_S_NS / 100:
        return f"{int(value_ns // ONE_MS_NS)}ms"
    if value_ns >= ONE_MS_NS:
        return f"{int(value_ns // ONE_MS_NS)}.{int(value_ns % ONE_MS_NS / 10_000):02}ms"
    if value_ns >= ONE_S_NS / 100_000:
        return f"{int(value_ns // ONE_US_NS)}us"
    if value_ns >= ONE_US_NS:
        return f"{int(value_ns // ONE_US_NS)}.{int(value_ns % ONE_US_NS / 10):02}us"
    return f"{int(value_ns)}ns"


def format_percent(value: float, whole: float) -> str:
    """The part that `value` is of `whole`: `5.57%`; `0.00%` of nothing."""
    return f"{two_decimals(value / whole * 100)}%" if whole > 0 else "0.00%"


def whole(value: float) -> int:
    """A double as `%d` prints it: cut towards zero; the smallest integer stands for what is none."""
    return int(value) if math.isfinite(value) else -(2**63)
