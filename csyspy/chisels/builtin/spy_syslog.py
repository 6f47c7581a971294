"""spy_syslog: the messages that go to syslog."""

from typing import Any

from csyspy.chisels.api import Argument
from csyspy.chisels.builtin._around import DUMP_FILE, DUMP_RANGE, AroundChisel
from csyspy.chisels.builtin._payload import CONTAINER_FIELDS, DISABLE_COLOR
from csyspy.chisels.layout import scalar

WARNING = 4  # syslog severity; below it are errors


class SpySyslog(AroundChisel):
    """Messages written to /dev/log: facility, severity, process and text."""

    name = "spy_syslog"
    category = "Logs"
    short_description = "Show the messages that go to syslog; save the events around them"
    description = (
        "Each message that a process sends to syslog, with facility, severity and process. On a terminal warnings are yellow, "
        "worse ones red. With a file name as argument, the events around each message are written to that capture file."
    )
    args = (Argument(DUMP_FILE, "The capture file to write", optional=True), DUMP_RANGE, DISABLE_COLOR)
    filter = "fd.name contains /dev/log and evt.is_io_write=true and evt.dir=< and evt.failed=false"
    fields = {
        "facility": "syslog.facility.str",
        "severity": "syslog.severity.str",
        "code": "syslog.severity",
        "message": "syslog.message",
        "process": "proc.name",
        **CONTAINER_FIELDS,
    }

    def on_event(self, event: Any) -> None:
        container, container_id = scalar(event["container"]), scalar(event["container_id"])
        source = (
            f"{scalar(event['facility'])}.{scalar(event['severity'])} {scalar(event['process'])}[{event.tid}] {scalar(event['message'])}"
        )
        place = f"{container_id:<20} {container:<20} " if self.context.container_data else ""
        self.print(self._color(event["code"], container), place, source)
        self.mark(event)

    def _color(self, code: int | None, container: str) -> str:
        if not self.context.is_tty:
            return ""
        if code == WARNING:
            return self.color.yellow
        if code is not None and code < WARNING:
            return self.color.red
        return self.color.green if container == "host" else self.color.blue

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        if self.context.is_tty:
            self.print(self.color.reset)
        if self.dump_file:
            self.print(f"Writing events for {len(self.marks)} log entries")
            self.save()
