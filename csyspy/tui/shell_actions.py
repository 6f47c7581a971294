"""Programs to run on a row (csysdig's F8): the exact command line, and why it cannot be run."""

import getpass
import os
import re
import shlex
import shutil
from collections.abc import Mapping

from csyspy.views.snapshot import Snapshot, Value
from csyspy.views.view import Action

_FIELD = re.compile(r"%([a-z][a-z0-9_.]*[a-z0-9])")
_BUILT_IN = frozenset({"kill", "cd", "echo"})
_ENGINES = {"docker": frozenset({"docker", "podman"}), "crictl": frozenset({"cri", "containerd", "cri-o"})}
"""Program -> the values of container.type whose containers it manages."""


def fields_of_row(snapshot: Snapshot, row: int) -> dict[str, Value]:
    """Field name -> value, the row's key among them."""
    cells = {column.field: snapshot.values[index][row] for index, column in enumerate(snapshot.columns)}
    for is_container_view in (False, True):
        key = snapshot.view.row_key(is_container_view)
        if key is not None:
            value = snapshot.keys[row]
            cells.setdefault(key.field, value if isinstance(value, int | float | str) else str(value))
    return cells


def command_line(action: Action, cells: Mapping[str, Value]) -> str:
    """The action's command with every %field replaced by the row's value, quoted for a shell: values come from strangers.

    Raises LookupError, with the field's name, where the row has no such value."""

    def value_of(match: re.Match[str]) -> str:
        value = cells.get(match[1])
        if value is None:
            raise LookupError(match[1])
        return shlex.quote(value.decode("latin-1") if isinstance(value, bytes) else str(value))

    return _FIELD.sub(value_of, action.command)


def why_not(action: Action, cells: Mapping[str, Value], *, is_capture: bool) -> str:
    """Why an action cannot be run on a row; empty where it can."""
    if is_capture:
        return "a capture's processes may live elsewhere, or no more: actions are for live views"
    try:
        program = shlex.split(command_line(action, cells))[0]
    except LookupError as error:
        return f"this row has no {error.args[0]}"
    engine = str(cells.get("container.type") or "")
    if engine and engine not in _ENGINES.get(program, (engine,)):
        return f"{program} does not manage containers of {engine}"
    if program not in _BUILT_IN and shutil.which(program) is None:
        return f"{program} is not installed"
    owner = str(cells.get("user.name") or "")
    if os.geteuid() != 0 and owner and owner != getpass.getuser():
        return f"it belongs to {owner}: run csyspy as root"
    return ""
