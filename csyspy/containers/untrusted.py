"""Reading what a runtime or an API server sent: what is missing, or of another type than it should be, counts as empty."""

import json
from typing import Any


def text(value: object) -> str:
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """The whole number, or 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def mapping(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The strings of an array."""
    return [entry for entry in items(value) if isinstance(entry, str)]


def parsed(source: object) -> dict[str, Any]:
    """The object in a JSON text."""
    try:
        return mapping(json.loads(text(source)))
    except (ValueError, RecursionError):
        return {}


def printable(message: str) -> str:
    """One line that no terminal obeys."""
    return "".join(char if char.isprintable() else "." for char in message)
