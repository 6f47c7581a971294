"""A flood of alerts from another Falco on the screen: whether it stays usable, on a pseudo-terminal of 120x40."""

import json
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.terminal import CURSOR, Terminal

ALERTS, MINUTE_S = 33_000, 60.0
RULES, PROCESSES = 40, 3000
"""So many rules fire, about so many processes: every one of the latter is a line of its own."""
BATCH_S = 0.1
DOWN_AND_UP = (b"\x1b[B", b"\x1b[A")


@dataclass(frozen=True, slots=True)
class FloodCosts:
    """What was measured while the alerts came."""

    key_p50_ms: float
    key_p95_ms: float
    key_worst_ms: float
    cpu_percent: float
    """Of one CPU."""
    grown_mb: float
    """Memory after the flood beyond that before it, 10^6 bytes."""
    peak_rss_mb: float


def flood_costs(capture: Path, seconds: float = MINUTE_S) -> FloodCosts:
    """Append ALERTS lines to a log within `seconds`, while the cursor of the alerts view moves.

    Raises TimeoutError where nothing is drawn.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "falco.json"
        log.touch()
        screen = Terminal(["-r", str(capture), "--from", str(log)])
        screen.until(CURSOR)
        screen.quiet(2.0)
        before_mb, before_s, began_s = screen.rss_mb(), screen.cpu_s(), time.perf_counter()
        writer = threading.Thread(target=_write, args=(log, seconds))
        writer.start()
        waits: list[float] = []
        while writer.is_alive():
            screen.quiet(0.1)
            start_s = time.perf_counter()
            screen.press(DOWN_AND_UP[len(waits) % 2])
            screen.until(CURSOR)
            waits.append((time.perf_counter() - start_s) * 1000)
        percent = (screen.cpu_s() - before_s) / (time.perf_counter() - began_s) * 100
        screen.quiet(1.0)
        after_mb, peak_mb = screen.rss_mb(), screen.rss_mb("VmHWM")
        screen.close()
    waits.sort()
    return FloodCosts(waits[len(waits) // 2], waits[len(waits) * 95 // 100], waits[-1], percent, after_mb - before_mb, peak_mb)


def _write(log: Path, seconds: float) -> None:
    batches = int(seconds / BATCH_S)
    begin_s = time.monotonic()
    with log.open("a") as file:
        for batch in range(batches):
            for number in range(ALERTS * batch // batches, ALERTS * (batch + 1) // batches):
                file.write(_line(number) + "\n")
            file.flush()
            time.sleep(max(begin_s + (batch + 1) * BATCH_S - time.monotonic(), 0))


def _line(number: int) -> str:
    fields = {"proc.name": f"worker-{number % PROCESSES}", "container.id": f"{number % PROCESSES:012x}", "proc.cmdline": "worker --verbose"}
    return json.dumps(
        {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "rule": f"Rule number {number % RULES}",
            "priority": "Warning",
            "output": f"09:00:00.000000000: Warning something happened for the {number}th time",
            "output_fields": fields,
            "tags": ["container", "process"],
        }
    )
