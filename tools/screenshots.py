"""Draw the screens of the example capture into screenshots/, one SVG per size: ``make screenshots``."""

import asyncio
import os
import time
from pathlib import Path

from csyspy.tui.app import CsyspyApp
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.views.catalogue import VIEWS

ROOT = Path(__file__).resolve().parent.parent
SIZES = ((80, 24), (120, 40))


async def draw(view_id: str, width: int, height: int) -> None:
    app = CsyspyApp(ReplayFeed(VIEWS[view_id], str(ROOT / "examples" / "demo.scap"), ""))
    async with app.run_test(size=(width, height)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.press("down")
        await pilot.pause()
        (ROOT / "screenshots" / f"{view_id}-{width}x{height}.svg").write_text(app.export_screenshot())


def main() -> None:
    os.environ["TZ"] = "UTC"
    time.tzset()
    (ROOT / "screenshots").mkdir(exist_ok=True)
    for view_id in VIEWS:
        for width, height in SIZES:
            asyncio.run(draw(view_id, width, height))


if __name__ == "__main__":
    main()
