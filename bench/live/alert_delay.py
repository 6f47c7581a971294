"""How soon an alert is there: from the system call to the line on standard output, with the rules that come with csyspy."""

import json
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from bench.live.figures import Figures
from bench.live.watcher import CSYSPY

RULE = "Credential file read"
FILE = Path("/etc/shadow")
PAUSE_S = 0.02
START_S = 20.0
MOST_MS = 1000.0


def alert_delay(times: int, figures: Figures) -> None:
    """Let `cat` read a file that nobody should, so many times, and tell the delay of its alerts."""
    if not FILE.exists():
        print(f"{FILE} is missing: no delay of alerts")
        return
    delays_ms: list[float] = []
    with subprocess.Popen([str(CSYSPY), "rules", "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        threading.Thread(target=_collect, args=(process.stdout, delays_ms), daemon=True).start()
        end_s = time.monotonic() + START_S
        while not delays_ms and time.monotonic() < end_s:  # until everything is hooked
            _read()
        delays_ms.clear()
        for _ in range(times):
            _read()
        time.sleep(1.0)
        process.terminate()
    if not delays_ms:
        print("no alert came")
        return
    delays_ms.sort()
    middle, worst = delays_ms[len(delays_ms) // 2], delays_ms[-1]
    figures.tell("from a system call to its alert, median", middle, "ms", most=MOST_MS, note=f"{len(delays_ms)} alerts")
    figures.tell("from a system call to its alert, worst", worst, "ms", most=MOST_MS)


def _read() -> None:
    subprocess.run(["cat", FILE], stdout=subprocess.DEVNULL, check=False)
    time.sleep(PAUSE_S)


def _collect(lines: Iterable[str], delays_ms: list[float]) -> None:
    for line in lines:
        now_ns = time.time_ns()
        alert = json.loads(line)
        if alert["rule"] == RULE and alert["output_fields"]["fd.name"] == str(FILE):
            delays_ms.append((now_ns - int(alert["output_fields"]["evt.time.iso8601"])) / 1e6)
