"""How the cells of a view print: the same text on the screen and in a pipe."""

import math
import time

from csyspy.views.snapshot import Quantiles, Value
from csyspy.views.view import Unit

UNKNOWN = "—"
"""Printed for a value nobody knows."""
ROLE_SIGNS: dict[object, str] = {"client": "→", "server": "←"}
"""Who began: this side connected, or it accepted."""
PREFIXES = "KMGTPE"
_DOTTED = bytes(byte if 32 <= byte < 127 else ord(".") for byte in range(256))
LATENCY_DECADES, LATENCY_STEPS = 11, 70
"""Of evt.latency.quantized: 1 ns to 100 s, in so many steps."""


def short_bytes(count: float) -> str:
    """Bytes in at most 5 cells with three significant digits, 1K = 1024 (csysdig's suffixes): ``0``, ``999``, ``1.23M``, ``310K``."""
    if count < 1000:
        return str(round(count)) if count < 999.5 else "0.98K"
    for prefix in PREFIXES:
        count /= 1024
        if count < 9.995:
            return f"{count:.2f}{prefix}"
        if count < 99.95:
            return f"{count:.1f}{prefix}"
        if count < 999.5 or prefix == PREFIXES[-1]:
            return f"{count:.0f}{prefix}"
    raise AssertionError("the last prefix takes any number")


def short_percent(percent: float) -> str:
    """Percent with one decimal, none from 1000 on; a nothing is a bare 0."""
    if percent < 0.05:
        return "0"
    return f"{percent:.1f}" if percent < 999.95 else f"{percent:.0f}"


def short_count(count: float) -> str:
    """Counts below 100,000 whole, above with a thousands' suffix (1k = 1000) and three significant digits."""
    if count < 100_000:
        return str(round(count))
    for suffix in ("k", "M", "G", "T"):
        count /= 1000
        if count < 999.5:
            return f"{count:.3g}{suffix}"
    return f"{count:.3g}T"


def short_rate(count: float) -> str:
    """Events per second: below 100 with one decimal, a nothing is a bare 0."""
    if count < 0.05:
        return "0"
    return f"{count:.1f}" if count < 99.95 else short_count(count)


def short_duration(duration_ns: float) -> str:
    """A time in at most 6 cells, three significant digits: ``0``, ``870ns``, ``4.24ms``, ``22.8s``; minutes from 100 s up."""
    if duration_ns < 999.5:
        return f"{duration_ns:.0f}ns" if duration_ns >= 0.5 else "0"
    for unit, most in (("us", 999.5), ("ms", 999.5), ("s", 99.95)):
        duration_ns /= 1000
        if duration_ns < most:
            digits = 2 if duration_ns < 9.995 else 1 if duration_ns < 99.95 else 0
            return f"{duration_ns:.{digits}f}{unit}"
    minutes, seconds = divmod(round(duration_ns), 60)
    if minutes < 100:
        return f"{minutes}:{seconds:02}"
    hours = minutes / 60
    return f"{hours:.1f}h" if hours < 99.95 else f"{hours / 24:.0f}d"


def clock(time_ns: int, digits: int = 6) -> str:
    """Local time of day with so many digits of the second."""
    seconds, rest_ns = divmod(time_ns, 10**9)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest_ns:09}"[: 9 + digits]


def shortest_latency_ns(bucket: int) -> int:
    """Of the latencies that evt.latency.quantized puts into a bucket."""
    return math.ceil(10 ** ((max(bucket, 1) - 1) * LATENCY_DECADES / LATENCY_STEPS))


def printable(text: str) -> str:
    """The text with every character a terminal might obey, or refuse, as a dot (names come from strangers)."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "." for char in text)


def dotted(data: bytes) -> str:
    """Raw data as text, a dot for all but printable ASCII."""
    return data.translate(_DOTTED).decode("ascii")


def json_value(value: object) -> object:
    """A cell, or a key, as JSON can hold it: raw data as text with dots, text without bytes that are no UTF-8, quantiles by their names."""
    if isinstance(value, bytes):
        return dotted(value)
    if isinstance(value, Quantiles):
        return {"p50": value.p50, "p99": value.p99}
    return valid_text(value) if isinstance(value, str) else value


def csv_value(value: object) -> object:
    """A cell as CSV can hold it: nothing where it is not known, otherwise as in JSON, but quantiles as ``p50/p99``."""
    if value is None:
        return ""
    return f"{value.p50}/{value.p99}" if isinstance(value, Quantiles) else json_value(value)


def valid_text(text: str) -> str:
    """The text with bytes that were no UTF-8 replaced."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def cell_text(value: Value, unit: Unit) -> str:
    """One cell, not yet brought to its column's width."""
    if value is None:
        return UNKNOWN
    if unit is Unit.ROLE:
        return ROLE_SIGNS.get(value, "·")
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, bytes):
        return dotted(value)
    if isinstance(value, Quantiles):
        return f"{cell_text(value.p50, unit)}/{cell_text(value.p99, unit):>6}"
    match unit:
        case Unit.BYTES | Unit.BYTES_PER_S:
            return short_bytes(value)
        case Unit.PERCENT:
            return short_percent(value)
        case Unit.COUNT:
            return short_count(value)
        case Unit.PER_S:
            return short_rate(value)
        case Unit.LATENCY_BUCKET:
            return short_duration(shortest_latency_ns(int(value)))
        case Unit.DURATION_NS:
            return short_duration(value)
        case _:
            return str(value)
