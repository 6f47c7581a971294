"""Cells as text and roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from csyspy.tui.cells import aligned, cell_segments, header_text
from csyspy.tui.columns import Placed
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Snapshot, Value, snapshot_of

PROCS = VIEWS["procs"]
NAMES = [column.name for column in PROCS.shown_columns()]


def snapshot(**fields: Value) -> Snapshot:
    row: dict[str, Value] = {"proc.pid": 7}
    row.update({name.replace("__", "."): value for name, value in fields.items()})
    return snapshot_of(PROCS, [row], trends={7: (0.0, 50.0, 100.0)})


def cell(name: str, width: int, sideways: int = 0, **fields: Value) -> list[tuple[str, str]]:
    return cell_segments(snapshot(**fields), 0, Placed(NAMES.index(name), width), sideways)


@given(st.text(), st.integers(min_value=2, max_value=40), st.integers(min_value=0, max_value=60))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int, sideways: int) -> None:
    for name in ("USER", "Command"):
        pieces = cell(name, width, sideways, user__name=text, proc__exeline=text)
        assert sum(cell_len(piece) for piece, _ in pieces) == width


def test_numbers_stand_right_and_text_left_with_a_blank_behind() -> None:
    columns = {column.name: column for column in PROCS.columns}
    assert aligned("12.5", columns["CPU"], 7) == "  12.5 "
    assert aligned("12.5", columns["CPU"], 12) == "  12.5      "
    assert aligned("root", columns["USER"], 8) == "root    "
    assert aligned("systemd-network", columns["USER"], 8) == "system… "


def test_the_sorted_head_carries_the_arrow() -> None:
    shot = snapshot(thread__cpu=1.0)
    place = Placed(NAMES.index("CPU"), 7)
    assert header_text(shot.columns[place.index], place, shot.sort) == "  CPU▼ "


@pytest.mark.parametrize(
    ("percent", "text", "role"),
    [(0.0, "0", "faint"), (3.0, "3.0", "low"), (38.2, "38.2", "mid"), (99.0, "99.0", "high"), (None, "—", "faint")],
)
def test_a_busy_cpu_is_louder(percent: float | None, text: str, role: str) -> None:
    [(shown, shown_role)] = cell("CPU", 8, thread__cpu=percent)
    assert (shown.strip(), shown_role) == (text, role)


def test_a_command_shows_its_name_loud_and_its_folder_faint() -> None:
    assert cell("Command", 30, proc__exeline="/usr/bin/python3 -m http") == [
        ("/usr/bin/", "faint"), ("python3", "name"), (" -m http", "text"), ("      ", "text"),
    ]
    assert cell("Command", 14, proc__exeline="kworker/0:1-ev")[0] == ("kworker/0:1-ev", "name")


def test_a_long_command_is_cut_and_can_be_moved() -> None:
    assert "".join(text for text, _ in cell("Command", 10, proc__exeline="/bin/sh -c true")) == "/bin/sh -…"
    assert "".join(text for text, _ in cell("Command", 10, sideways=5, proc__exeline="/bin/sh -c true")) == "sh -c true"


def test_a_trend_is_measured_against_one_cpu() -> None:
    [(text, role)] = cell_segments(snapshot(thread__cpu=100.0), 0, Placed(NAMES.index("CPU"), 9, is_trend=True))
    assert text == "      ▄█ "
    assert role == "high"


def test_a_path_alone_is_cut_at_its_beginning_until_it_is_moved() -> None:
    path = "/usr/lib/locale/C.utf8/LC_CTYPE"
    assert cell("Command", 20, proc__exeline=path) == [("…ale/C.utf8/", "faint"), ("LC_CTYPE", "name")]
    assert cell("Command", 20, 4, proc__exeline=path)[0] == ("/lib/locale/C.utf8/", "faint")
    assert cell("Command", 20, proc__exeline=f"{path} -x")[-1][0].endswith("…")
