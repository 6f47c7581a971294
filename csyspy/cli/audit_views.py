"""`csyspy -v k8s_audit` without a screen: who did what to which object, from audit logs and from those who send audit events."""

import sys
import time
from collections.abc import Callable
from typing import Final

from csyspy.cli.command import Command
from csyspy.cli.refresh import Refresh
from csyspy.cli.rules_feeds import AUDIT, Feeds
from csyspy.errors import UsageError
from csyspy.rules.audit_kind import is_audit_log
from csyspy.rules.audit_log import AuditReader
from csyspy.rules.audit_summary import AuditSummary
from csyspy.tui.audit_rows import audit_snapshot
from csyspy.views.snapshot import Sort
from csyspy.views.view import View

DEFAULT_INTERVAL_MS: Final = 2000


def follow_audits(command: Command, view: View, sort: Sort | None, show: Callable[[Refresh], None]) -> None:
    """Show the view of what -r has once, or of what --from brings now and again. Raises UsageError where there is neither."""
    if command.filter:
        raise UsageError(f"the view {view.id} takes no filter", "filters look at system calls; --rules FILE runs rules on audit events")
    deeds = AuditSummary()
    if command.files:
        _read(command.files, deeds)
        _show(view, deeds, sort, 1, show)
    elif command.feeds:
        _receive(command, view, sort, deeds, show)
    else:
        raise UsageError(f"the view {view.id} needs an audit log", f"-r FILE reads one, --from {AUDIT}FILE follows one that grows")


def _read(paths: list[str], deeds: AuditSummary) -> None:
    for path in paths:
        if not is_audit_log(path):
            raise UsageError(f"{path} is no audit log", "one JSON event a line, as an API server writes it")
        reader = AuditReader()
        with open(path, "rb") as file:
            for event in reader.read_lines(file):
                deeds.add(event)
        if reader.skipped:
            print(f"csyspy: {reader.skipped} left out of the audit log: {reader.problem}", file=sys.stderr)


def _receive(command: Command, view: View, sort: Sort | None, deeds: AuditSummary, show: Callable[[Refresh], None]) -> None:
    feeds = Feeds(command.feeds, command.feed_token, lambda alert: None, deeds.add)
    interval_s = (command.interval_ms or DEFAULT_INTERVAL_MS) / 1000
    most, seq = command.count or (1 if command.once else 0), 0
    feeds.start()
    try:
        while seq == 0 or seq != most:
            time.sleep(interval_s)
            seq += 1
            _show(view, deeds, sort, seq, show)
    finally:
        feeds.stop()


def _show(view: View, deeds: AuditSummary, sort: Sort | None, seq: int, show: Callable[[Refresh], None]) -> None:
    rows = deeds.rows()
    begin_ns = min((row.first_ns for row in rows), default=0)
    end_ns = max((row.last_ns for row in rows), default=0)
    show(Refresh(audit_snapshot(view, deeds, sort, seq=seq, time_ns=end_ns), begin_ns, end_ns))
