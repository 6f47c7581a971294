"""Whether files are audit logs or captures: asked at every start, so that nothing else is loaded for it."""

import os
from collections.abc import Sequence
from typing import Final

from csyspy.errors import CaptureError, UsageError

_HEAD_BYTES: Final = 256


def is_audit_log(path: str) -> bool:
    """Whether a file is an audit log rather than a capture, by its first bytes. Raises CaptureError where it cannot be read."""
    if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):  # what a pipe gives can be read once only
        return False
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD_BYTES).lstrip()[:1] in (b"{", b"[")
    except OSError as error:
        raise CaptureError(f"cannot open {path}: {error.strerror}") from None


def are_audit_logs(paths: Sequence[str]) -> bool:
    """Whether all of the files are audit logs. Raises UsageError where only some of them are."""
    kinds = [is_audit_log(path) for path in paths]
    if any(kinds) and not all(kinds):
        raise UsageError("captures and audit logs cannot be read together", "run csyspy rules once for each kind")
    return any(kinds)
