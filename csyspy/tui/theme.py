"""Colours. Everything that draws asks for a role, never for a colour."""

from textual.theme import Theme

CSYSPY = Theme(
    name="csyspy",
    primary="#5cc8c2",
    secondary="#7aa2f7",
    accent="#e5b567",
    foreground="#d5dbe5",
    background="#0f1319",
    surface="#0f1319",
    panel="#171d26",
    success="#7ec699",
    warning="#e5b567",
    error="#f2777f",
    dark=True,
    variables={
        "level-low": "#7ec699",
        "level-mid": "#e5b567",
        "level-high": "#f2777f",
        "faint": "#7c8797",
        "key": "#7aa2f7",
        "name": "#f0f3f8",
        "new": "#7ec699",
        "dir-in": "#7aa2f7",
        "dir-out": "#e5b567",
        "block-cursor-background": "#1a2f5c",
        "border": "#2c3644",
        "footer-key-foreground": "#5cc8c2",
    },
)
"""The default: dark, six hues. As in all of ours, text has a contrast of at least 4.5:1 on every ground it stands on, also where a
terminal has 256 colours and takes the nearest (tests/tui/test_theme.py)."""

INK = Theme(
    name="ink",
    primary="#ffffff",
    secondary="#d0d0d0",
    accent="#ffffff",
    foreground="#e4e4e4",
    background="#000000",
    surface="#000000",
    panel="#121212",
    success="#e4e4e4",
    warning="#ffffff",
    error="#ffffff",
    dark=True,
    variables={
        "level-low": "#b0b0b0",
        "level-mid": "#d8d8d8",
        "level-high": "#ffffff",
        "faint": "#808080",
        "key": "#d0d0d0",
        "name": "#ffffff",
        "new": "#ffffff",
        "dir-in": "#ffffff",
        "dir-out": "#b0b0b0",
        "block-cursor-background": "#404040",
        "border": "#3a3a3a",
        "footer-key-foreground": "#ffffff",
    },
)
"""Without hues, for screens and eyes that have none."""

CONTRAST = Theme(
    name="contrast",
    primary="#00ffff",
    secondary="#87afff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000087",
    success="#5fff5f",
    warning="#ffff00",
    error="#ff8787",
    dark=True,
    variables={
        "level-low": "#5fff5f",
        "level-mid": "#ffff00",
        "level-high": "#ff8787",
        "faint": "#b2b2b2",
        "key": "#87d7ff",
        "name": "#ffffff",
        "new": "#5fff5f",
        "dir-in": "#87d7ff",
        "dir-out": "#ffff00",
        "block-cursor-background": "#0000d7",
        "border": "#ffffff",
        "footer-key-foreground": "#00ffff",
    },
)
"""For bright rooms and tired eyes: every colour at least 7:1 on black; and for terminals of 16 colours, where the others' hues run into
each other."""

FALLBACKS = {
    "level-low": "ansi_green",
    "level-mid": "ansi_yellow",
    "level-high": "ansi_red",
    "faint": "ansi_bright_black",
    "key": "ansi_blue",
    "name": "ansi_default",
    "new": "ansi_green",
    "dir-in": "ansi_blue",
    "dir-out": "ansi_yellow",
}
"""Our own roles under a theme that does not know them (Textual's own themes)."""

THEMES = (CSYSPY, INK, CONTRAST)
