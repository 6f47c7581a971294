"""`csyspy rules -r … -e audit.log`: run rules of the source k8s_audit over Kubernetes audit logs."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, astuple
from typing import Final

from csyspy.cli.exits import FAILED, OK
from csyspy.cli.rules_command import RulesCommand
from csyspy.cli.rules_delivery import Delivery
from csyspy.cli.rules_run import chosen_rules, engine_options, statistics
from csyspy.errors import UsageError
from csyspy.rules.alerts import iso_time
from csyspy.rules.audit import AuditEngine
from csyspy.rules.audit_kind import are_audit_logs
from csyspy.rules.audit_log import AuditReader
from csyspy.rules.audit_summary import AuditSummary
from csyspy.rules.model import LoadResult
from csyspy.rules.report import printable
from csyspy.rules.settings import Settings

_TITLES: Final = ("COUNT", "USER", "VERB", "RESOURCE", "NAMESPACE", "NAME", "CODE", "FROM", "LAST")


def who_did_what(command: RulesCommand) -> Iterator[str]:
    """Who did what to which object, as a table or as lines of JSON. Raises UsageError where no audit log is given."""
    if not command.captures or not are_audit_logs(command.captures):
        raise UsageError("--who wants an audit log: --who -e audit.log", "one JSON event a line, as an API server writes it")
    reader, summary = AuditReader(), AuditSummary()
    for path in command.captures:
        with open(path, "rb") as file:
            for event in reader.read_lines(file):
                summary.add(event)
    rows = summary.rows()
    if command.json:
        for row in rows:
            shown = {**asdict(row.deed), "count": row.count, "first": iso_time(row.first_ns), "last": iso_time(row.last_ns)}
            yield json.dumps({**shown, "from": row.address}, separators=(",", ":"))
    else:
        cells = [[str(row.count), *astuple(row.deed), row.address, iso_time(row.last_ns)[:19]] for row in rows]
        table = [list(_TITLES), *([printable(cell) or "-" for cell in line] for line in cells)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            yield "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
    if reader.skipped:
        print(f"csyspy: {reader.skipped} left out of the audit log: {reader.problem}", file=sys.stderr)


def run(command: RulesCommand, settings: Settings, loaded: LoadResult) -> int:
    """Run the rules; the exit code."""
    delivery = Delivery(command, settings)
    engine = AuditEngine(chosen_rules(command, settings, loaded), delivery.receive, engine_options(command, settings))
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
        delivery.close()
        if command.stats:
            for line in statistics(engine.rules, engine.fired):
                print(line, file=sys.stderr)
    if reader.skipped:
        print(f"csyspy: {reader.skipped} left out of the audit log: {reader.problem}", file=sys.stderr)
    return FAILED if reader.skipped and not reader.events else OK
