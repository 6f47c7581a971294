"""Write the keys into docs/screen.md from the table of commands: ``python tools/screen_doc.py``.

With --check it only says, by its exit code, whether they are up to date."""

import sys
from pathlib import Path

from csyspy.tui.commands import COMMANDS, MOVES, Place, key_text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "screen.md"
BEGIN, END = "<!-- keys: from csyspy/tui/commands.py -->", "<!-- end of keys -->"
PLACES = {
    Place.TABLE: "views", Place.EVENTS: "events", Place.ECHO: "data", Place.SPECTRO: "spectrogram", Place.OVERVIEW: "overview",
    Place.ALERTS: "alerts", Place.PAGE: "pages",
}


def table() -> str:
    """Markdown: keys, what they do, where; in the order of the groups."""
    lines = ["| Keys | In the keymap `vim` | What they do | Where | Id |", "|---|---|---|---|---|"]
    for group in dict.fromkeys(command.group for command in COMMANDS):
        for command in COMMANDS:
            if command.group == group and command.number <= 1:
                where = "everywhere" if command.places == Place.ALL else ", ".join(
                    name for place, name in PLACES.items() if place & command.places
                )
                more = " …" if command.number else ""
                vim = _keys(command.vim) if command.vim else ""
                lines.append(f"| {_keys(command.keys)}{more} | {vim} | {command.help} | {where} | `{command.id}` |")
    for id_, _, keys, more in MOVES:
        vim = _keys(f"{keys},{more}") if more else ""
        lines.append(f"| {_keys(keys)} | {vim} | {id_.replace('-', ' ')} | tables and lines | `{id_}` |")
    return "\n".join(lines)


def _keys(keys: str) -> str:
    """Keys as Markdown, with what Markdown would obey escaped."""
    return " ".join(f"`{key}`".replace("|", "\\|") for key in key_text(keys).split())


def page(text: str) -> str:
    """The page with its table as it should be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    text = PAGE.read_text()
    if "--check" in sys.argv:
        return int(page(text) != text)
    PAGE.write_text(page(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
