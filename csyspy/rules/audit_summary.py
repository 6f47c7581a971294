"""Who did what to which object, as an audit log tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from csyspy.rules.audit_fields import AuditEvent, text_of

MOST_DEEDS: Final = 50_000
"""Where there are more, the objects of new ones are left out."""
_STAGES: Final = ("ResponseComplete", "Panic")
"""The last stages of a request: it counts once."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what to which object, and the answer's code; empty for what an event does not say.

    `resource` has the subresource behind a slash. Of requests for no object it is the path that was asked for.
    """

    user: str
    verb: str
    resource: str
    namespace: str
    name: str
    code: str


@dataclass(slots=True)
class Row:
    """How often a deed was done, when first and last (ns from the epoch), and the last address it came from."""

    deed: Deed
    count: int
    first_ns: int
    last_ns: int
    address: str


@dataclass
class AuditSummary:
    """Gathers events; those of a request's earlier stages are passed over."""

    _rows: dict[Deed, Row] = field(default_factory=dict)

    def add(self, event: AuditEvent) -> None:
        """Count an event."""
        if event.data.get("stage", _STAGES[0]) not in _STAGES:
            return
        deed = _deed(event.data)
        row = self._rows.get(deed)
        if row is None and len(self._rows) >= MOST_DEEDS:
            deed = replace(deed, name="*") if deed.name else replace(deed, resource="*")
            row = self._rows.get(deed)
        if row is None:
            row = self._rows[deed] = Row(deed, 0, event.time_ns, event.time_ns, "")
        row.count += 1
        row.first_ns = min(row.first_ns, event.time_ns)
        row.last_ns = max(row.last_ns, event.time_ns)
        addresses = event.data.get("sourceIPs")
        row.address = text_of(addresses[0]) if isinstance(addresses, list) and addresses else row.address

    def rows(self) -> list[Row]:
        """All deeds, the most frequent first, then in order of time."""
        return sorted(self._rows.values(), key=lambda row: (-row.count, row.first_ns))


def _deed(data: Mapping[str, Any]) -> Deed:
    def text(part: str, key: str) -> str:
        value = data.get(part)
        found = value.get(key) if isinstance(value, Mapping) else None
        return "" if found is None else text_of(found)

    resource = "/".join(filter(None, (text("objectRef", "resource"), text("objectRef", "subresource"))))
    if not resource:
        resource = text_of(data.get("requestURI", "")).partition("?")[0]
    user = text("user", "username")
    impersonated = text("impersonatedUser", "username")
    return Deed(
        f"{user} as {impersonated}" if impersonated else user,
        text_of(data.get("verb", "")),
        resource,
        text("objectRef", "namespace"),
        text("objectRef", "name"),
        text("responseStatus", "code"),
    )
