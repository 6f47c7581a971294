"""What a rule prints: its output compiled, as text and as the JSON object of its fields.

Facts: falco: userspace/engine/formats.cpp. A field without a value is `<NA>`, in JSON null; the time in front of the text is a field
of the JSON, too.
"""

import json
from typing import TYPE_CHECKING

from csyspy.engine.format import Formatter
from csyspy.fields.extraction import build
from csyspy.fields.formats import Column, parse_format
from csyspy.rules.model import Rule

if TYPE_CHECKING:
    from csyspy.engine.state import State


class AlertFormat:
    """The output of one rule. `static` are fields that all alerts have with the same text (falco.yaml: static_fields)."""

    def __init__(self, rule: Rule, *, iso_time: bool, static: tuple[tuple[str, str], ...] = ()) -> None:
        time = "evt.time.iso8601" if iso_time else "evt.time"
        self._prefix = text_format(f"%{time}: {rule.priority.label} ")
        self._message = text_format(rule.full_output)
        shown = rule.full_output if rule.full_output.startswith("*") else "*" + rule.full_output
        fields = dict(parse_format(shown).fields) | dict(parse_format("*%" + time).fields)
        raw = {extra.key: extra for extra in rule.extra_fields if extra.raw}
        for key, extra in raw.items():
            fields[key] = parse_format("*" + extra.format).fields[0][1]
        self._fields = Formatter([(build(bound), name, 0) for name, bound in fields.items()], False, True)
        self._texts = [(extra.key, text_format(extra.format)) for extra in rule.extra_fields if not extra.raw]
        self._static = dict(static)
        self.needs = self._prefix.needs | self._message.needs | self._fields.needs
        for _key, formatter in self._texts:
            self.needs |= formatter.needs

    def texts(self, state: "State") -> tuple[str, str]:
        """What stands in front of the message, with a blank at its end, and the message."""
        return self._prefix.line(state), self._message.line(state)

    def fields(self, state: "State") -> str:
        """The JSON object of the fields, keys sorted."""
        found: str = self._fields.line(state)
        if not self._texts and not self._static:
            return found
        more = {key: formatter.line(state) for key, formatter in self._texts} | self._static
        return json.dumps(json.loads(found) | more, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def text_format(text: str) -> Formatter:
    """The engine's form of an output format in which missing values do not matter. Raises FieldError for what is none."""
    parsed = parse_format(text if text.startswith("*") else "*" + text)
    parts = [(build(part.value), part.name, part.width) if isinstance(part, Column) else part.text for part in parsed.segments]
    return Formatter(parts, False)
