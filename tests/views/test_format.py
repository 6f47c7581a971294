"""Cells of a view as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.views.format import UNKNOWN, cell_text, printable, short_bytes, short_count, short_percent
from csyspy.views.view import Unit


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (1, "1"), (999, "999"), (999.7, "0.98K"), (1000, "0.98K"), (1024, "1.00K"), (10_230, "9.99K"), (10_240, "10.0K"),
        (102_400, "100K"), (1_290_000, "1.23M"), (5 * 2**30, "5.00G"), (2**60, "1.00E"),
    ],
)
def test_bytes_have_three_digits_and_csysdigs_suffix(count: float, text: str) -> None:
    assert short_bytes(count) == text


@given(st.floats(min_value=0, max_value=2.0**63))
def test_bytes_never_need_more_than_five_cells(count: float) -> None:
    assert len(short_bytes(count)) <= 5


@pytest.mark.parametrize(("percent", "text"), [(0, "0"), (0.04, "0"), (0.05, "0.1"), (38.24, "38.2"), (999.9, "999.9"), (1600.4, "1600")])
def test_percent(percent: float, text: str) -> None:
    assert short_percent(percent) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (99_999, "99999"), (100_000, "100k"), (1_234_567, "1.23M")])
def test_counts(count: float, text: str) -> None:
    assert short_count(count) == text


def test_a_name_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\n") == "a.[2Jb."
    assert cell_text("tab\there", Unit.TEXT) == "tab.here"


def test_unknown_is_not_zero() -> None:
    assert cell_text(None, Unit.BYTES) == UNKNOWN
    assert cell_text(0, Unit.BYTES) == "0"
    assert cell_text(1_000_000, Unit.ID) == "1000000"
