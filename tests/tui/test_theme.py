"""Text can be read on its ground, in every theme, also where the terminal takes the nearest of fewer colours."""

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from textual.theme import Theme

from csyspy.tui.theme import CONTRAST, THEMES

LEAST, LEAST_BOLD = 4.5, 3.0
"""WCAG 2.1, 1.4.3: of text, and of large or bold text."""
GROUNDS = {"block-cursor-background", "border"}
SYSTEMS = [(theme, system) for theme in THEMES for system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)]


def drawn(colour: str, system: ColorSystem) -> ColorTriplet:
    """The colour that a terminal of that system shows; of 16 colours VGA's, as the console of Linux has them."""
    nearest = Color.parse(colour).downgrade(system)
    if system is ColorSystem.STANDARD:
        assert nearest.number is not None
        return STANDARD_PALETTE[nearest.number]
    return nearest.get_truecolor()


def luminance(colour: ColorTriplet) -> float:
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasts(theme: Theme, system: ColorSystem) -> dict[tuple[str, str], float]:
    """(role, ground) -> contrast, of every role on every ground that it is drawn on."""
    roles = {name: getattr(theme, name) for name in ("primary", "secondary", "accent", "foreground", "success", "warning", "error")}
    roles |= {name: colour for name, colour in theme.variables.items() if name not in GROUNDS}
    grounds = {"background": theme.background, "panel": theme.panel, "cursor": theme.variables["block-cursor-background"]}
    pairs = {(role, ground): (roles[role], grounds[ground]) for role in roles for ground in grounds}
    del pairs["faint", "cursor"]  # PaintedScroll.painted takes plain text there
    pairs["background", "match"] = (theme.background, theme.accent)
    found = {}
    for pair, colours in pairs.items():
        one, other = sorted(luminance(drawn(colour, system)) for colour in colours)
        found[pair] = (other + 0.05) / (one + 0.05)
    return found


@pytest.mark.parametrize(("theme", "system"), SYSTEMS, ids=lambda each: each.name)
def test_all_text_can_be_read_on_its_ground(theme: Theme, system: ColorSystem) -> None:
    assert {pair: round(ratio, 2) for pair, ratio in contrasts(theme, system).items() if ratio < LEAST} == {}


def test_with_16_colours_the_contrast_theme_can_be_read() -> None:
    assert min(contrasts(CONTRAST, ColorSystem.STANDARD).values()) >= LEAST_BOLD


@pytest.mark.parametrize(("theme", "system"), SYSTEMS, ids=lambda each: each.name)
def test_the_cursor_has_a_ground_of_its_own(theme: Theme, system: ColorSystem) -> None:
    assert drawn(theme.variables["block-cursor-background"], system) != drawn(theme.background, system)


def test_hues_that_mean_something_differ_with_256_colours() -> None:
    meanings = ("level-low", "level-mid", "level-high", "faint", "key", "name")
    for theme in THEMES:
        if theme.name != "ink":
            assert len({drawn(theme.variables[each], ColorSystem.EIGHT_BIT) for each in meanings}) == len(meanings)
