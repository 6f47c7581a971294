"""What all feeds share: who gets the alerts, and what is counted of a feed that cannot be trusted to send only good ones."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from csyspy.rules.alerts import Alert

Receive = Callable[[Alert], object]
"""Takes an alert, from any thread."""


@dataclass(slots=True)
class FeedCounts:
    """Of one feed: good alerts, lines or bodies that were none, and what was wrong with the newest of those."""

    alerts: int = 0
    skipped: int = 0
    problem: str = ""

    def skip(self, problem: str) -> None:
        """Count what was no alert."""
        self.skipped += 1
        self.problem = problem


class Feed(Protocol):
    """Where alerts come from. `origin` is what they are marked with."""

    origin: str
    counts: FeedCounts

    def run(self, stop: threading.Event) -> None:
        """Hand on alerts until `stop` is set or there will be no more. Raises OSError where the source cannot be had at all."""
