"""Which characters and colours a terminal is given."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from csyspy.tui.terminal import AsciiFilter, Symbols, has_few_colours, symbols
from csyspy.views.format import printable

CASES = [
    ({"LANG": "C"}, Symbols.ASCII),
    ({"LANG": "C", "LC_ALL": "C.UTF-8"}, Symbols.UNICODE),
    ({"LANG": "de_DE.ISO-8859-1", "TERM": "xterm"}, Symbols.ASCII),
    ({"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, Symbols.ASCII),
    ({"LANG": "en_US.utf8", "TERM": "linux"}, Symbols.LETTERS),
    ({"TERM": "vt100"}, Symbols.LETTERS),
    ({"TERM": "dumb"}, Symbols.LETTERS),
    ({"TERM": "vte-256color"}, Symbols.UNICODE),
    ({"TERM": "screen-256color"}, Symbols.UNICODE),
    ({}, Symbols.UNICODE),
]


@pytest.mark.parametrize(("environment", "expected"), CASES)
def test_locale_and_terminal_say_which(environment: dict[str, str], expected: Symbols) -> None:
    assert symbols(environment) is expected


def test_every_sign_of_ours_has_one_in_ascii(root: Path) -> None:
    signs = set()
    for path in [*(root / "csyspy" / "tui").rglob("*.py"), *(root / "csyspy" / "views").glob("*.py")]:
        tree = ast.parse(path.read_text())
        signs |= {char for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) for char in node.value}
    signs = {sign for sign in signs if not sign.isascii() and sign.isprintable()}
    assert len(signs) > 30
    plain = AsciiFilter(Symbols.LETTERS).plain
    assert {sign for sign in signs if not plain(sign).isascii()} == set()


def test_texts_of_others_lose_nothing_but_what_cannot_be_shown() -> None:
    assert AsciiFilter(Symbols.LETTERS).plain("▸ café ▇█") == "> café ##"
    assert AsciiFilter(Symbols.ASCII).plain("▸ café 数 ▁▄█") == "> cafe ?? .-#"


@given(st.text(st.characters(codec="utf-8")))
def test_lines_stay_as_wide_as_they_were(text: str) -> None:
    text = printable(text)
    for each in (Symbols.LETTERS, Symbols.ASCII):
        (segment,) = AsciiFilter(each).apply([Segment(text)], Color(0, 0, 0))
        assert cell_len(segment.text) == cell_len(text)
        assert segment.text.isascii() or each is Symbols.LETTERS


TERMS = [("linux", True), ("vt100", True), ("dumb", True), ("xterm-256color", False), ("tmux-256color", False)]


@pytest.mark.parametrize(("term", "few"), TERMS)
def test_few_colours(monkeypatch: pytest.MonkeyPatch, term: str, few: bool) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", term)
    assert has_few_colours() is few
