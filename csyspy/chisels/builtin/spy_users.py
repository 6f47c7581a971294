"""spy_users: what users do at their shells."""

from typing import Any

from csyspy.chisels.api import Argument, to_number
from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLOR, ColoredChisel
from csyspy.chisels.context import Context
from csyspy.chisels.layout import number, pad, scalar

GENERATIONS = 16
NO_SHELL = (-1, None)

Place = tuple[int, float | None]  # depth below the shell, id of the shell that the activity belongs to


class SpyUsers(ColoredChisel):
    """Programs that have a shell among their ancestors, and directories that shells change to, indented by depth."""

    name = "spy_users"
    category = "Security"
    short_description = "Show what users do interactively"
    description = (
        "Every program that is started below a shell, and every directory that a shell changes to: the id of the login "
        "shell, time, user and "
        "command, indented by the depth of the process tree. With -pc the container is shown, the host in green, containers in blue."
    )
    args = (
        Argument("max_depth", "How deep in the process tree to look; deeper activity is left out", "int", optional=True),
        DISABLE_COLOR,
    )
    filter = (
        "((evt.type=execve and evt.dir=<) or (evt.type=chdir and evt.dir=< and proc.name contains sh and not proc.name contains sshd)) "
        "and evt.failed=false"
    )
    fields = {
        "type": "evt.type",
        "exe": "proc.exe",
        "args": "proc.args",
        "directory": "evt.arg.path",
        "user": "user.name",
        "time": "evt.time.s",
        "pid": "proc.pid",
        "ppid": "proc.ppid",
        **CONTAINER_FIELDS,
        **{f"aname{n}": f"proc.aname[{n}]" for n in range(GENERATIONS + 1)},
        **{f"apid{n}": f"proc.apid[{n}]" for n in range(GENERATIONS + 1)},
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.max_depth = -1.0
        self.places: dict[object, Place] = {}
        self.shift = 0

    def on_set_arg(self, name: str, value: str) -> None:
        if name == "max_depth":
            self.max_depth = to_number(self, value, name)
        else:
            super().on_set_arg(name, value)

    def on_event(self, event: Any) -> None:
        change = event["type"] == "chdir"
        pid, parent = event["pid"], event["ppid"]
        if change:
            # sysdig's chisel looks one generation nearer from each directory change on; the places it finds depend on it
            parent = pid
            self.shift += 1
        if parent not in self.places:
            self.places[parent] = self._place(event)
        if self.places[parent] == NO_SHELL:
            return
        depth, shell = self.places[parent]
        depth, shell = self.places.setdefault(pid, (depth + 1, shell))
        level = depth if change else depth - 1
        if self.max_depth != -1 and level > self.max_depth:
            return
        self._show(event, level, shell, change)

    def _place(self, event: Any) -> Place:
        """Where a process stands below the oldest shell among its ancestors."""
        place: Place = NO_SHELL
        for n in range(1, GENERATIONS + 1):
            known = n >= self.shift
            name = event[f"aname{n - self.shift}"] if known else None
            pid = event[f"apid{n - self.shift}"] if known else None
            if name is None:
                if pid is None:
                    break
            elif len(name) >= 2 and name.endswith("sh"):
                place = (n - 1 if pid in self.places else 0, pid)
        return place

    def _show(self, event: Any, level: int, shell: float | None, change: bool) -> None:
        user = event["user"]
        who = "<NA>" if user is None else user
        color, width = "", 4 if change else 3
        if self.context.container_data:
            container = scalar(event["container"])
            color = self.color.green if container == "host" else self.color.blue
            who, width = f"{who}@{container}", 4
        if change:
            what = f"cd {_or_nothing(event['directory'])}"
        else:
            what = f"{_or_nothing(event['exe'])} {_or_nothing(event['args'])}"
        session = "<NA>" if shell is None else number(shell)
        self.print(f"{color}{pad('', width * level)}{session} {scalar(event['time'])} {who}) {what}")

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.print(self.color.reset)


def _or_nothing(value: object) -> str:
    return "" if value is None else scalar(value)
