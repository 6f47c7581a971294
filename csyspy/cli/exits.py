"""How a run ends: exit codes, and the one message that says why."""

import sys
from typing import Final, TextIO

from csyspy.errors import CaptureError, CsyspyError, FilterError, LiveError, UsageError

OK: Final = 0
FAILED: Final = 1
"""The capture is damaged, or an output could not be written."""
WRONG_USAGE: Final = 2
"""The command line or the filter is wrong."""
NOT_HERE: Final = 3
"""Live capture is not possible here."""
INTERRUPTED: Final = 130


_SHOWN: Final = 160
"""Characters of a long line that are shown round the place that is wrong."""


def exit_code(error: CsyspyError) -> int:
    """The exit code that goes with an error."""
    if isinstance(error, UsageError | FilterError):
        return WRONG_USAGE
    return NOT_HERE if isinstance(error, LiveError) else FAILED


def report(error: CsyspyError, stream: TextIO | None = None) -> None:
    """Write an error to standard error: the message, the line it is about with a caret, and a hint."""
    out = stream or sys.stderr
    message = error.message
    if isinstance(error, CaptureError) and error.offset >= 0:
        message += f" (at byte {error.offset})"
    lines = [f"csyspy: {message}"]
    if isinstance(error, FilterError) and error.text:
        lines += _pointed(error.text, error.position, error.length)
    if error.hint:
        lines.append(f"  {error.hint}")
    print("\n".join(_printable(line) for line in lines), file=out)


def _pointed(text: str, position: int, length: int) -> list[str]:
    """The line of ``text`` that holds ``position``, and carets under the token."""
    start = text.rfind("\n", 0, position) + 1
    stop = text.find("\n", position)
    stop = len(text) if stop < 0 else stop
    column = min(position, stop) - start
    carets = max(1, min(length, stop - start - column, _SHOWN // 2))
    line, before = text[start:stop], 0
    if len(line) > _SHOWN:
        before = max(0, min(column - _SHOWN // 3, len(line) - _SHOWN))
        line = line[before : before + _SHOWN]
    return ["  " + line, "  " + " " * (column - before) + "^" * carets]


def _printable(text: str) -> str:
    """Control characters as escapes (one column each would shift the caret, so a blank), bytes that are no UTF-8 replaced."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown.encode(errors="replace").decode()
