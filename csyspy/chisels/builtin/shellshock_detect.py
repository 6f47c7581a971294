"""shellshock_detect: attempts to run code through bash's environment (CVE-2014-6271)."""

import re
from typing import Any

from csyspy.chisels.api import Chisel
from csyspy.chisels.layout import pad, scalar

FUNCTION = re.compile(r"\(\) ?\{.+", re.DOTALL)


class ShellshockDetect(Chisel):
    """Shells that are started with a function definition as the value of an environment variable."""

    name = "shellshock_detect"
    category = "Security"
    short_description = "Report attempts to exploit shellshock"
    description = (
        "Each start of bash or sh whose environment holds a value that begins like a function, which old versions of bash ran "
        "(CVE-2014-6271): time, name and pid of the process that starts it, and the value."
    )
    filter = "(proc.name=bash or proc.name=sh) and evt.type=execve"
    fields = {"environment": "evt.arg.env", "parent": "proc.pname", "ppid": "proc.ppid", "time": "evt.time"}

    def on_init(self) -> None:
        self.print(pad("TIME", 22), pad("PROCNAME", 22), pad("PID", 8), "FUNCTION")

    def on_event(self, event: Any) -> None:
        environment = event["environment"]
        if environment is None:
            return
        found = FUNCTION.search(scalar(environment))
        if found is not None:
            value = " ".join(found[0].split("\n"))
            self.print(pad(scalar(event["time"]), 22), pad(scalar(event["parent"]), 22), pad(scalar(event["ppid"]), 8), value)
