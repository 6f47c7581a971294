"""Rules of the source k8s_audit, run on the events of a Kubernetes API server's audit log."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from csyspy.fields.catalogue import K8S_AUDIT
from csyspy.fields.formats import Column, parse_format
from csyspy.rules.alerts import Alert
from csyspy.rules.audit_conditions import condition, expression
from csyspy.rules.audit_fields import AuditEvent, Extract, Value
from csyspy.rules.engine import EngineOptions, Receiver, local_hostname
from csyspy.rules.model import Rule

NO_VALUE = "<NA>"
_CONTROLS = {code: json.dumps(chr(code))[1:-1] for code in (*range(32), 127)} | {code: f"\\u{code:04x}" for code in range(127, 160)}


class AuditEngine:
    """Runs the rules of the source k8s_audit among `rules`, in their order; `receive` gets the alerts.

    Raises FilterError or FieldError where a rule does not fit audit events.
    """

    def __init__(self, rules: Sequence[Rule], receive: Receiver, options: EngineOptions | None = None) -> None:
        self.rules = tuple(rule for rule in rules if rule.source == K8S_AUDIT)
        self.receive = receive
        self.options = options or EngineOptions()
        self.hostname = self.options.hostname or local_hostname()
        self.fired: dict[str, int] = {}
        """How often each rule fired; those that did."""
        self._tests = [condition(rule.tree) for rule in self.rules]
        self._formats = [_AuditFormat(rule, self.options) for rule in self.rules]

    def feed(self, event: AuditEvent) -> None:
        """Meet one event: the first rule that holds fires, or all of them where the options say so."""
        for rule, test, form in zip(self.rules, self._tests, self._formats, strict=True):
            if test(event):
                self.fired[rule.name] = self.fired.get(rule.name, 0) + 1
                self.receive(form.alert(event, self.hostname))
                if not self.options.every:
                    return


class _AuditFormat:
    """The output of one rule."""

    def __init__(self, rule: Rule, options: EngineOptions) -> None:
        self._rule = rule
        time = "evt.time.iso8601" if options.iso_time else "evt.time"
        self._prefix = _text(f"*%{time}: {rule.priority.label} ")
        self._message = _text(rule.full_output)
        fields = dict(parse_format(rule.full_output, K8S_AUDIT).fields) | dict(parse_format(f"%{time}", K8S_AUDIT).fields)
        self._fields = {name: expression(bound) for name, bound in fields.items()}
        for extra in rule.extra_fields:
            if extra.raw:
                self._fields[extra.key] = expression(parse_format(extra.format, K8S_AUDIT).fields[0][1])
        self._texts = {extra.key: _text(extra.format) for extra in rule.extra_fields if not extra.raw}
        self._static = dict(options.static_fields)

    def alert(self, event: AuditEvent, hostname: str) -> Alert:
        message = self._message(event)
        fields: dict[str, Any] = {name: extract(event) for name, extract in self._fields.items()}
        fields |= {key: write(event) for key, write in self._texts.items()} | self._static
        if "evt.time" in fields:
            fields["evt.time"] = event.time_ns
        rule = self._rule
        return Alert(
            event.time_ns,
            rule.name,
            rule.priority,
            self._prefix(event) + message,
            message,
            rule.source,
            rule.tags,
            hostname,
            json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            event=event.number,
        )


def _text(text: str) -> Callable[[AuditEvent], str]:
    """What writes an output format for an event; a field without a value is `<NA>`."""
    parts: list[str | tuple[Extract, int]] = [
        (expression(part.value), part.width) if isinstance(part, Column) else part.text for part in parse_format(text, K8S_AUDIT).segments
    ]
    return lambda event: "".join(part if isinstance(part, str) else _shown(part[0](event), part[1]) for part in parts)


def _shown(value: Value, width: int) -> str:
    if isinstance(value, list):
        text = f"({','.join(value)})" if value else NO_VALUE
    else:
        text = NO_VALUE if value is None else str(value)
    text = text.translate(_CONTROLS)
    return f"{text[:width]:<{width}}" if width else text
