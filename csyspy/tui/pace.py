"""How fast a capture is read, and how long the rest of it takes."""

import math
import time

from csyspy.views.format import short_count

LEAST_MEASURED_S = 0.2
"""How long a walk has to go on before it tells how fast it is."""


class Pace:
    """Of one walk, from here on. `progress`: the part of the whole that lies behind it, 0 to 1; `events`: how many that were."""

    def __init__(self, progress: float = 0.0, events: int = 0) -> None:
        self._begun_s, self._begun_progress, self._begun_events = time.monotonic(), progress, events

    def words(self, progress: float, events: int) -> list[str]:
        """How far it has come, how long the rest takes if it goes on so, events a second; the most wanted first."""
        elapsed_s, done = time.monotonic() - self._begun_s, progress - self._begun_progress
        words = [f"{progress:.0%}"]
        if elapsed_s >= LEAST_MEASURED_S and done > 0:
            words.append(f"{short_time(elapsed_s * (1 - progress) / done)} left")
            words.append(f"{short_count((events - self._begun_events) / elapsed_s)} ev/s")
        return words


def short_time(seconds: float) -> str:
    """Time that is left: `12 s`, `2:05`."""
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60}:{whole % 60:02}"
