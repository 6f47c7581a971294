"""The user's own settings of the screen: ~/.config/csyspy/screen.toml.

    theme = "ink"
    keymap = "vim"
    symbols = "ascii"

    [keys]
    dig = "f6,d,x"
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from csyspy.errors import UsageError
from csyspy.tui.commands import KEYMAPS, keymap, known_ids
from csyspy.tui.terminal import Symbols
from csyspy.tui.theme import THEMES


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may change for good."""

    theme: str = ""
    """Empty: csyspy's own, or contrast where the terminal has no more than 16 colours."""
    keymap: str = "default"
    keys: Mapping[str, str] = field(default_factory=dict)
    """Command -> keys, with commas between them."""
    symbols: Symbols = Symbols.AUTO

    @property
    def bindings(self) -> dict[str, str]:
        """Command -> keys, for what differs from the defaults."""
        return keymap(self.keymap, self.keys)


def settings_path() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "csyspy" / "screen.toml"


def read_settings(path: Path | None = None) -> Settings:
    """The settings in a file; the defaults where there is none. Raises UsageError that says what is wrong with it."""
    path = path or settings_path()
    try:
        text = path.read_bytes()
        import tomllib  # hardly anybody has such a file, and all would wait for the start to load this

        data = tomllib.loads(text.decode())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:  # what tomllib and decode raise are ValueErrors
        raise UsageError(f"{path}: {error}", "put it right, or move it away") from None
    unknown = set(data) - {"theme", "keymap", "keys", "symbols"}
    if unknown:
        raise UsageError(f"{path}: no setting {min(unknown)!r}", "there are: theme, keymap, symbols, [keys]")
    theme, chosen, keys = data.get("theme", ""), data.get("keymap", "default"), data.get("keys", {})
    if chosen not in KEYMAPS:
        raise UsageError(f"{path}: no keymap {chosen!r}", f"there are: {', '.join(KEYMAPS)}")
    if not isinstance(theme, str):
        raise UsageError(f"{path}: theme has to be a name", f"there are: {', '.join(theme.name for theme in THEMES)}, and Textual's own")
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        raise UsageError(f"{path}: [keys] holds lines like dig = \"f6,d\"")
    strange = set(keys) - known_ids()
    if strange:
        raise UsageError(f"{path}: no command {min(strange)!r}", "`?` on the screen names them")
    try:
        symbols = Symbols(data.get("symbols", Symbols.AUTO.value))
    except ValueError:
        there = ", ".join(each.value for each in Symbols)
        raise UsageError(f"{path}: no symbols {data['symbols']!r}", f"there are: {there}") from None
    return Settings(theme, chosen, keys, symbols)
