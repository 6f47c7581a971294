"""What is left of a crash: a file with the traceback, and one line that names it."""

import os
import time
import traceback
from pathlib import Path


def crash_path() -> Path:
    """~/.local/state/csyspy/crash.log."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "csyspy" / "crash.log"


def write_crash(error: BaseException) -> str:
    """Write the traceback to a file, over that of an earlier crash; the line for the user."""
    what = f"csyspy: internal error: {type(error).__name__}: {error}"
    path = crash_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n") + "".join(traceback.format_exception(error)))
    except OSError as problem:
        return f"{what}; the traceback could not be written to {path}: {problem.strerror}"
    return f"{what}; the traceback is in {path}, please report it"
