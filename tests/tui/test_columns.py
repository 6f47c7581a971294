"""Columns fitted to a screen's width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.columns import MARKER_WIDTH, REST_WIDTH, fit, needs_of
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Value, snapshot_of

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


def test_a_column_gets_what_its_text_needs_and_grows_only_where_there_is_room() -> None:
    columns = VIEWS["connections"].shown_columns()
    rows: list[dict[str, Value]] = [
        {"fd.name": "a", "fd.l4proto": "tcp", "fd.lip": "127.0.0.1", "fd.rip": "fe80::1c2d:3eff:fe4f:5a6b%eth0", "proc.exeline": "x" * 99}
    ]
    needs = needs_of(snapshot_of(VIEWS["connections"], rows))

    def width_of(name: str, width: int) -> int:
        return next((placed.width for placed in fit(columns, width, needs=needs) if columns[placed.index].name == name), 0)

    assert len("127.0.0.1") < width_of("LIP", 120) < next(column.colsize for column in columns if column.name == "LIP")
    assert width_of("RIP", 200) > len("fe80::1c2d:3eff:fe4f:5a6b%eth0") > next(column.colsize for column in columns if column.name == "RIP")
    assert sum(placed.width for placed in fit(columns, 200, needs=needs)) + MARKER_WIDTH == 200
    fewer = needs_of(snapshot_of(VIEWS["connections"], []), needs)
    assert fewer == needs  # what stood there does not move because it has gone
