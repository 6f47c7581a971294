"""An exception stanza for a Falco rule, made from one alert."""

from pathlib import Path
from typing import Any

from csyspy.rules.alerts import Alert

CHOSEN = ("proc.name", "container.image.repository", "container.id", "fd.name", "ka.user.name", "ka.target.namespace", "ka.target.name")
"""Fields that tell one cause from another, in this order; those that the alert's output has."""
MOST_FIELDS = 2


def exception_fields(alert: Alert) -> dict[str, Any]:
    """The fields that the exception compares, with the alert's values."""
    fields = alert.output_fields
    found = {name: fields[name] for name in CHOSEN if fields.get(name) not in (None, "", "<NA>")}
    return dict(list(found.items())[:MOST_FIELDS])


def exception_stanza(alert: Alert) -> str:
    """YAML that appends the exception to the rule; empty where the alert's output has no field to tell it by.

    falco: the keys `exceptions` and `override` of rules files."""
    import yaml

    fields = exception_fields(alert)
    if not fields:
        return ""
    exception = {
        "name": "csyspy_" + "_".join(name.replace(".", "_") for name in fields),
        "fields": list(fields),
        "comps": ["="] * len(fields),
        "values": [[str(value) for value in fields.values()]],
    }
    stanza = [{"rule": alert.rule, "exceptions": [exception], "override": {"exceptions": "append"}}]
    return yaml.safe_dump(stanza, sort_keys=False, allow_unicode=False, default_flow_style=None)


def append_stanza(path: Path, stanza: str) -> None:
    """Add the stanza to a rules file, which is made where there is none. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if file.tell() else "") + stanza)
