"""What a rule prints: its output compiled, as text and as the JSON object of its fields.

Facts: falco: userspace/engine/formats.cpp. A field without a value is `<NA>`, in JSON null; the time in front of the text is a field
of the JSON, too.
"""

import json
from typing import TYPE_CHECKING

from csyspy.engine.format import Formatter
from csyspy.engine.value import needs_of
from csyspy.fields.expr import fields_of
from csyspy.fields.extraction import answered, build
from csyspy.fields.formats import Column, OutputFormat, parse_format
from csyspy.rules.model import Rule

if TYPE_CHECKING:
    from csyspy.engine.state import State


class AlertFormat:
    """The output of one rule, compiled when it is first asked for: most rules never fire.

    `needs` are the Need bits of its fields. `static` are fields that all alerts have with the same text (falco.yaml: static_fields).
    """

    def __init__(self, rule: Rule, *, iso_time: bool, static: tuple[tuple[str, str], ...] = ()) -> None:
        self._time = "evt.time.iso8601" if iso_time else "evt.time"
        self._rule = rule
        self._static = dict(static)
        self._output = parse_format(rule.full_output)
        parsed = [self._output, *(parse_format(extra.format) for extra in rule.extra_fields)]
        self.needs = 0
        for name in {node.name for each in parsed for _name, bound in each.fields for node in fields_of(bound.node)}:
            self.needs |= needs_of(name) if name in answered() else 0
        self._compiled = False

    def _compile(self) -> None:
        rule = self._rule
        self._prefix = formatter(parse_format(f"%{self._time}: {rule.priority.label} "))
        self._message = formatter(self._output)
        fields = dict(self._output.fields) | dict(parse_format("%" + self._time).fields)
        for extra in rule.extra_fields:
            if extra.raw:
                fields[extra.key] = parse_format(extra.format).fields[0][1]
        self._fields = Formatter([(build(bound), name, 0) for name, bound in fields.items()], False, True)
        self._texts = [(extra.key, formatter(parse_format(extra.format))) for extra in rule.extra_fields if not extra.raw]
        self._compiled = True

    def texts(self, state: "State") -> tuple[str, str]:
        """What stands in front of the message, with a blank at its end, and the message."""
        if not self._compiled:
            self._compile()
        return self._prefix.line(state), self._message.line(state)

    def fields(self, state: "State") -> str:
        """The JSON object of the fields, keys sorted."""
        if not self._compiled:
            self._compile()
        found: str = self._fields.line(state)
        if not self._texts and not self._static:
            return found
        more = {key: formatter.line(state) for key, formatter in self._texts} | self._static
        return json.dumps(json.loads(found) | more, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def formatter(parsed: OutputFormat) -> Formatter:
    """The engine's form of an output format; missing values do not matter."""
    parts = [(build(part.value), part.name, part.width) if isinstance(part, Column) else part.text for part in parsed.segments]
    return Formatter(parts, False)
