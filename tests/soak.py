"""``make soak``: random keys on a replay, for minutes. No exception, and memory that stays flat.

    make soak ARGS="--minutes 30 --seed 7 --capture FILE"
"""

import argparse
import asyncio
import gc
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from csyspy.tui.app import CsyspyApp
from csyspy.tui.commands import COMMANDS, MOVES
from csyspy.tui.replay_feed import ReplayFeed

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {"quit", "save-screen", "save-rows", "save-events", "exception", "actions"}
"""Commands that end the run, write files, or run programs."""
KEYS = [key for command in COMMANDS if command.id not in LEAVES for key in command.keys.split(",")]
KEYS += [key for _, _, keys, _ in MOVES for key in keys.split(",")] * 4
KEYS += ["enter", "backspace", "escape", "escape", "tab"] * 6
TYPED = [*"proc.name=evt and or not (contains) \"'<>!", *"0123456789", "space"]
SIZES = ((80, 24), (120, 40), (60, 15), (50, 12), (200, 60))
MOST_GROWTH_MB = 60
"""Over what was there once every screen has been seen."""
WARM_UP = 0.25
"""Part of the time after which memory counts."""


def rss_mb() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def press_on(pilot: Pilot[Any], rng: random.Random, end_s: float) -> tuple[int, float, float]:
    """Press keys until the time is over: how many, and the memory after the warm-up and at the end."""
    app, presses, start_s, warm_mb = pilot.app, 0, time.monotonic(), 0.0
    while time.monotonic() < end_s:
        is_typing = app.focused is not None and type(app.focused).__name__ == "Input"
        await pilot.press(rng.choice(TYPED if is_typing and rng.random() < 0.6 else KEYS))
        presses += 1
        if rng.random() < 0.01:
            await pilot.resize_terminal(*rng.choice(SIZES))
        if rng.random() < 0.03:
            await pilot.click(offset=(rng.randrange(app.size.width), rng.randrange(app.size.height)))
        if len(app.screen_stack) > 12:
            while len(app.screen_stack) > 1:
                app.pop_screen()
            await pilot.pause()
        if not warm_mb and time.monotonic() - start_s > (end_s - start_s) * WARM_UP:
            gc.collect()
            warm_mb = rss_mb()
    gc.collect()
    return presses, warm_mb, rss_mb()


async def soak(capture: Path, minutes: float, seed: int) -> int:
    app = CsyspyApp(ReplayFeed(str(capture)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        presses, warm_mb, end_mb = await press_on(pilot, random.Random(seed), time.monotonic() + minutes * 60)
        failures = [text for _, text in app.said if "internal error" in text]
    print(f"{presses:,} keys in {minutes:g} minutes, seed {seed}: {warm_mb:.0f} MB after the warm-up, {end_mb:.0f} MB at the end")
    for text in failures:
        print(text)
    return 1 if failures or end_mb > warm_mb + MOST_GROWTH_MB else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description="random keys on a replay")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--capture", type=Path, default=ROOT / "examples" / "demo.scap")
    options = parser.parse_args()
    capture = options.capture.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["XDG_STATE_HOME"] = folder
        return asyncio.run(soak(capture, options.minutes, options.seed))


if __name__ == "__main__":
    sys.exit(main())
