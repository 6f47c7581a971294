"""``make soak``: random keys on a replay, for minutes. No exception, and memory that stays flat.

    make soak ARGS="--minutes 30 --seed 7 --capture FILE"
"""

import argparse
import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from textual.command import CommandPalette
from textual.pilot import Pilot

from csyspy.tui.app import CsyspyApp
from csyspy.tui.commands import COMMANDS, MOVES
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.tui.screens.view import ViewScreen
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import Kind

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {"quit", "save-screen", "save-rows", "save-events", "exception", "actions"}
"""Commands that end the run, write files, or run programs."""
QUITS = {key for command in COMMANDS if command.id == "quit" for key in command.keys.split(",")}
KEYS = [key for command in COMMANDS if command.id not in LEAVES for key in command.keys.split(",") if key not in QUITS]
KEYS += [key for _, _, keys, _ in MOVES for key in keys.split(",")] * 4
KEYS += ["enter", "backspace", "escape", "escape", "tab"] * 6
TYPED = [*"proc.name=evt and or not (contains) \"'<>!", *"0123456789", "space"]
VIEW_IDS = [view.id for view in VIEWS.values() if view.kind is not Kind.SPECTROGRAM and view.id not in ViewScreen.OPENERS]
SIZES = ((80, 24), (120, 40), (60, 15), (50, 12), (200, 60))
MOST_GROWTH_MB = 8
"""Over the second half of the time, along the straight line that fits the samples best."""
SAMPLES = 60
"""How often memory is looked at."""
HOME_KEYS = 300
"""After so many keys the way begins anew: who has filtered everything away, or made the screen too small, sees nothing new."""


def rss_mb() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Soak:
    """Presses keys, and remembers what came of it."""

    def __init__(self, pilot: Pilot[Any], rng: random.Random) -> None:
        self._pilot = pilot
        self._rng = rng
        self.presses = 0
        self.memory: list[tuple[float, float]] = []
        """Seconds since the begin, MB."""
        self.screens: set[str] = set()

    async def run(self, duration_s: float) -> None:
        start_s = time.monotonic()
        while (elapsed_s := time.monotonic() - start_s) < duration_s and self._pilot.app.is_running:
            await self._press()
            if self.presses % HOME_KEYS == 0:
                await self._go_home()
            if elapsed_s >= len(self.memory) * duration_s / SAMPLES:
                gc.collect()
                self.memory.append((elapsed_s, rss_mb()))
                print(f"{elapsed_s:6.0f} s {self.presses:7,} keys {self.memory[-1][1]:6.1f} MB", flush=True)

    async def _press(self) -> None:
        pilot, rng, app = self._pilot, self._rng, self._pilot.app
        is_typing = app.focused is not None and type(app.focused).__name__ == "Input"
        await pilot.press(rng.choice(TYPED if is_typing and rng.random() < 0.6 else KEYS))
        self.presses += 1
        self.screens.add(type(app.screen).__name__)
        if rng.random() < 0.01:
            await pilot.resize_terminal(*rng.choice(SIZES))
        if rng.random() < 0.03:
            await pilot.click(offset=(rng.randrange(app.size.width), rng.randrange(app.size.height)))
        if len(app.screen_stack) > 12:
            await self._leave_screens()

    async def _leave_screens(self) -> None:
        app = self._pilot.app
        while len(app.screen_stack) > 1:
            if isinstance(app.screen, CommandPalette):  # Textual's own: only it can end its searches
                await self._pilot.press("escape")
            else:
                app.pop_screen()
        await self._pilot.pause()

    async def _go_home(self) -> None:
        await self._leave_screens()
        await self._pilot.resize_terminal(120, 40)
        screen = self._pilot.app.screen
        assert isinstance(screen, ViewScreen)
        screen.use_filter("")
        screen.open_view(self._rng.choice(VIEW_IDS))

    def slope_mb_per_hour(self) -> float:
        """Of the straight line through the memory of the second half."""
        half = self.memory[len(self.memory) // 2 :]
        return statistics.linear_regression(*zip(*half, strict=True)).slope * 3600


async def soak(capture: Path, minutes: float, seed: int) -> int:
    app = CsyspyApp(ReplayFeed(str(capture)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        walk = Soak(pilot, random.Random(seed))
        await walk.run(minutes * 60)
        failures = [text for _, text in app.said if "internal error" in text]
        if not app.is_running:
            failures.append("it ended before its time")
    slope = walk.slope_mb_per_hour()
    growth_mb = slope * minutes / 60 / 2
    print(
        f"{walk.presses:,} keys in {minutes:g} minutes, seed {seed}, {len(walk.screens)} kinds of screens, {len(failures)} exceptions; "
        f"memory in the second half: {slope:+.1f} MB an hour, {growth_mb:+.1f} MB in all (bound {MOST_GROWTH_MB})"
    )
    for text in failures:
        print(text)
    return 1 if failures or growth_mb > MOST_GROWTH_MB else 0


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
