"""Events round the alerts of a live watch, kept as short captures for as long as it goes on."""

import os
import sys
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Final

from csyspy.capture.recent import Recent
from csyspy.rules.alert_groups import Group, who_of
from csyspy.rules.alerts import Alert
from csyspy.tui.moments import AROUND_NS

BEFORE_NS: Final = 10_000_000_000
"""So much is kept in memory: what it costs to note all processes again and again is paid every half of it."""
PAUSE_NS: Final = 10_000_000_000
"""Of one rule about one process, the events of one alert in so long are kept."""
MOST_BYTES: Final = 16_000_000
MOST_FILES: Final = 20
"""Older ones go."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture, and the alert whose events it holds."""

    path: str
    alert: Alert


class AlertEvents:
    """`sink` goes into the walker before the rules; `note` is told of each alert, by the thread that walks."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="csyspy-alerts-", ignore_cleanup_errors=True)
        self._recent = Recent(BEFORE_NS, most_bytes=MOST_BYTES, most_files=sys.maxsize)
        self._kept: dict[tuple[str, str], Kept] = {}
        self.sink: Any = self._recent.sink

    def note(self, alert: Alert) -> None:
        """Keep the events round an alert, unless those of one like it were kept just now."""
        key = (alert.rule, who_of(alert))
        last = self._kept.get(key)
        if last is not None and 0 <= alert.time_ns - last.alert.time_ns < PAUSE_NS:
            return
        if not self._recent.keep(os.path.join(self._folder.name, f"{alert.event}.scap"), alert.time_ns, AROUND_NS):
            return
        self._kept[key] = Kept(self._recent.files[-1], alert)
        if len(self._recent.files) > MOST_FILES:
            oldest = self._recent.files.pop(0)
            os.unlink(oldest)
            self._kept = {key: kept for key, kept in self._kept.items() if kept.path != oldest}

    def of(self, group: Group) -> Kept | None:
        """The last alert of a group whose events were kept."""
        return self._kept.get((group.rule, who_of(group.newest))) if not group.origin else None

    def close(self) -> None:
        """Forget all."""
        self._folder.cleanup()
