"""What can go wrong on the way from a command line to its output; the command line turns each into one clear message."""


class CsyspyError(Exception):
    """Something the user can understand and change: one line of text, and a hint where there is one."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CsyspyError):
    """The command line is wrong."""


class FilterError(CsyspyError):
    """A filter or an output format is wrong at ``position`` (characters from 0) of ``text``, for ``length`` characters."""

    def __init__(self, message: str, hint: str = "", *, text: str = "", position: int = 0, length: int = 1) -> None:
        super().__init__(message, hint)
        self.text = text
        self.position = position
        self.length = length


class CaptureError(CsyspyError):
    """A capture is damaged, cut or unreadable at byte ``offset`` of its inflated content; -1 where no offset applies."""

    def __init__(self, message: str, offset: int = -1, hint: str = "") -> None:
        super().__init__(message, hint)
        self.offset = offset


class LiveError(CsyspyError):
    """Live capture is not possible here; the hint is the command that changes it."""
