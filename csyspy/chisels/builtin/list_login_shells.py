"""list_login_shells: the ids of login shells."""

from typing import Any

from csyspy.chisels.api import Argument, Chisel
from csyspy.chisels.builtin._payload import CONTAINER_FIELDS
from csyspy.chisels.context import Context
from csyspy.chisels.layout import scalar


class ListLoginShells(Chisel):
    """The login shell that last started a matching command."""

    name = "list_login_shells"
    category = "Security"
    short_description = "List the ids of login shells"
    description = (
        "The id of the login shell that last started a command, or a command that matches. As in sysdig, its line "
        "comes once for each of shell, "
        "container name and container id that is known. The id serves in filters: proc.loginshellid=ID."
    )
    args = (
        Argument("command", "Part of the names of commands that are looked for; * for any", optional=True),
        Argument("arguments", "Part of the arguments of those commands", optional=True),
    )
    filter = "evt.type=execve"
    fields = {"shell": "proc.loginshellid", "exe": "evt.arg.exe", "args": "evt.arg.args", **CONTAINER_FIELDS}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.command = ""
        self.arguments = ""
        self.last: tuple[object, object, object] = (None, None, None)

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "arguments":
            self.arguments = value
        elif value != "*":
            self.command = value

    def on_event(self, event: Any) -> None:
        shell, exe = event["shell"], event["exe"]
        if shell is None or exe is None or self.command not in scalar(exe):
            return
        args = event["args"]
        if args is not None and self.arguments not in scalar(args):
            return
        self.last = (shell, event["container"], event["container_id"])

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.print(f"Shells containing {self.command}:" if self.command else "All shells:")
        known = [scalar(part) for part in self.last if part is not None]
        for _ in known:
            self.print(" ".join(known) if self.context.container_data else known[0])
