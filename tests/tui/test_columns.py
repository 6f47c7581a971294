"""Columns fitted to a screen's width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.columns import MARKER_WIDTH, REST_WIDTH, fit
from csyspy.views.catalogue import VIEWS

COLUMNS = VIEWS["procs"].shown_columns()
CPU = next(index for index, column in enumerate(COLUMNS) if column.name == "CPU")


def names(width: int) -> list[str]:
    return [COLUMNS[placed.index].name + ("~" if placed.is_trend else "") for placed in fit(COLUMNS, width, trend_of=CPU)]


@given(st.integers(min_value=60, max_value=400))
def test_the_widths_add_up_to_the_screens(width: int) -> None:
    placed = fit(COLUMNS, width, trend_of=CPU)
    assert MARKER_WIDTH + sum(p.width for p in placed) == width
    assert placed[-1].width >= REST_WIDTH


@given(st.integers(min_value=0, max_value=60))
def test_a_screen_too_narrow_still_shows_something(width: int) -> None:
    assert [COLUMNS[placed.index].name for placed in fit(COLUMNS, width)][-1] == "Command"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (200, ["PID", "PPID", "CPU", "CPU~", "USER", "TH", "VIRT", "RES", "FILE", "NET", "Command"]),
        (79, ["PID", "CPU", "USER", "TH", "RES", "FILE", "NET", "Command"]),
        (60, ["PID", "CPU", "RES", "FILE", "NET", "Command"]),
    ],
)
def test_the_least_important_columns_go_first(width: int, shown: list[str]) -> None:
    assert names(width) == shown


def test_a_column_that_was_asked_for_stays() -> None:
    columns = VIEWS["connections"].shown_columns()
    asked = next(i for i, column in enumerate(columns) if column.on_request)
    assert asked not in [placed.index for placed in fit(columns, 80)]
    assert asked in [placed.index for placed in fit(columns, 80, among=range(len(columns)))]
