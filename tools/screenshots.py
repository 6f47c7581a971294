"""Draw the screens of the example capture into screenshots/, as SVG and, where rsvg-convert is installed, as PNG: ``make screenshots``."""

import asyncio
import os
import re
import shutil
import subprocess
import time
from html import unescape
from pathlib import Path

from csyspy.tui.app import CsyspyApp
from csyspy.tui.replay_feed import ReplayFeed

ROOT = Path(__file__).resolve().parent.parent
SHOTS: tuple[tuple[str, str, int, int, tuple[str, ...]], ...] = (
    ("procs", "procs", 120, 40, ("down", "down")),
    ("procs", "procs", 80, 24, ("down", "down")),
    ("procs-tree", "procs", 120, 40, ("t",)),
    ("containers", "containers", 120, 40, ()),
    ("connections", "connections", 120, 40, ()),
    ("files", "files", 120, 40, ()),
    ("dig", "procs", 120, 40, (*["down"] * 6, "d")),
    ("echo", "procs", 120, 40, (*["down"] * 6, "e", "f2", "f2")),
    ("spectrogram", "procs", 120, 40, ("f12",)),
    ("overview", "procs", 120, 40, ("o",)),
    ("detail", "procs", 120, 40, (*["down"] * 6, "i")),
    ("alerts", "procs", 120, 40, ("A",)),
    ("filter", "procs", 120, 40, ("f4", *"proc.nmae=nginx")),
    ("moment", "procs", 120, 40, ("left_square_bracket", "m", *["left_square_bracket"] * 6)),
)
"""Name, view, columns, lines, keys."""
CELL_PIXELS = 12.2
"""Width of a cell in Textual's SVG."""


async def draw(name: str, view_id: str, width: int, height: int, keys: tuple[str, ...]) -> Path:
    rules = str(ROOT / "examples" / "rules.yaml")
    app = CsyspyApp(ReplayFeed(str(ROOT / "examples" / "demo.scap")), view_id, rules_files=(rules,))
    async with app.run_test(size=(width, height)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
        await pilot.pause(0.3)
        path = ROOT / "screenshots" / f"{name}-{width}x{height}.svg"
        path.write_text(app.export_screenshot())
    return path


def as_png(svg: Path) -> None:
    """A PNG beside the SVG. rsvg-convert knows no textLength and drops blanks at the beginning, so every word is put in its place."""

    def apart(match: re.Match[str]) -> str:
        words, cells = [], 0
        for piece in re.split(r"((?:&#160;)+)", match[4]):
            if piece and not piece.startswith("&#160;"):
                words.append(f'{match[1]}x="{float(match[2]) + cells * CELL_PIXELS:.1f}"{match[3]}>{piece}</text>')
            cells += len(unescape(piece))
        return "".join(words)

    text = re.sub(r' textLength="[\d.]+"', "", svg.read_text())
    text = re.sub(r'(<text class="[^"]*-r\d+" )x="([\d.]+)"([^>]*)>([^<]*)</text>', apart, text)
    subprocess.run(["rsvg-convert", "--zoom", "0.7", "-o", str(svg.with_suffix(".png"))], input=text, text=True, check=True)


def main() -> None:
    os.environ["TZ"] = "UTC"
    time.tzset()
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    for old in (*folder.glob("*.svg"), *folder.glob("*.png")):
        old.unlink()
    for shot in SHOTS:
        svg = asyncio.run(draw(*shot))
        if shutil.which("rsvg-convert"):
            as_png(svg)
        print(svg.relative_to(ROOT))


if __name__ == "__main__":
    main()
