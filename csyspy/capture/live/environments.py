"""Environments longer than what is fetched of them in the kernel, from /proc: `--large-environment`."""

from collections.abc import Sequence
from typing import Final

from csyspy.capture.live.proc_facts import ENVIRONMENT, MAX_LIST

MOST_BYTES: Final = 45_000
"""With all else that an exec tells, an event stays below the 64 KiB that a plain block may have."""


class LargeEnvironments:
    """Completes records of programs that begin to run; the process may be gone, or run another program, when they are encoded."""

    def __call__(self, tid: int, result: int, fetched: Sequence[bytes]) -> tuple[bytes, ...]:
        """What was fetched of a call that made a process or ran a program, with its whole environment where that was cut."""
        cut = fetched[ENVIRONMENT]
        if len(cut) < MAX_LIST:
            return tuple(fetched)
        whole = environment(tid)
        filled = list(fetched)
        filled[ENVIRONMENT] = whole if whole.startswith(cut) else cut
        return tuple(filled)


def environment(tid: int) -> bytes:
    """NAME=value, each with a NUL, as far as whole ones fit; empty where the process is gone."""
    try:
        with open(f"/proc/{tid}/environ", "rb") as file:
            found = file.read(MOST_BYTES)
    except OSError:
        return b""
    return found if len(found) < MOST_BYTES else found[: found.rfind(b"\0") + 1]
