"""`csyspy rules -r … -e audit.log`: run rules of the source k8s_audit over Kubernetes audit logs."""

import sys
from typing import Final

from csyspy.cli.exits import FAILED, OK
from csyspy.cli.rules_command import RulesCommand
from csyspy.cli.rules_run import Printer, alert_line, chosen_rules, engine_options, statistics
from csyspy.errors import UsageError
from csyspy.rules.audit import AuditEngine
from csyspy.rules.audit_log import AuditReader, looks_like_audit_log
from csyspy.rules.model import LoadResult
from csyspy.rules.settings import Settings

_HEAD_BYTES: Final = 256


def reads_audit_logs(command: RulesCommand) -> bool:
    """Whether the events come from audit logs. Raises UsageError where only some of the files are."""
    kinds = [_is_audit_log(path) for path in command.captures]
    if any(kinds) and not all(kinds):
        raise UsageError("captures and audit logs cannot be read together", "run csyspy rules once for each kind")
    return any(kinds)


def _is_audit_log(path: str) -> bool:
    if path == "-":
        return False
    with open(path, "rb") as file:
        return looks_like_audit_log(file.read(_HEAD_BYTES))


def run(command: RulesCommand, settings: Settings, loaded: LoadResult) -> int:
    """Run the rules; the exit code."""
    printer = Printer(alert_line(command.json or settings.json_output, settings), unbuffered=command.unbuffered)
    engine = AuditEngine(chosen_rules(command, settings, loaded), printer.print, engine_options(command, settings))
    reader = AuditReader(engine.hostname)
    last_ns = 0
    try:
        for path in command.captures:
            with open(path, "rb") as file:
                for event in reader.read_lines(file):
                    last_ns = last_ns or event.time_ns + command.duration_s * 1_000_000_000
                    if command.duration_s and event.time_ns >= last_ns:
                        break
                    engine.feed(event)
    finally:
        printer.flush()
        if command.stats:
            for line in statistics(engine.rules, engine.fired):
                print(line, file=sys.stderr)
    if reader.skipped:
        print(f"csyspy: {reader.skipped} left out of the audit log: {reader.problem}", file=sys.stderr)
    return FAILED if reader.skipped and not reader.events else OK
