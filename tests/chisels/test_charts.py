"""The chisels that draw on a terminal."""

import io
from types import SimpleNamespace

import pytest

from csyspy.chisels import ChiselError, Context, registry
from csyspy.chisels.builtin._chart import ruler


def test_they_refuse_what_is_no_terminal() -> None:
    context = Context(out=io.BytesIO(), is_tty=False)
    with pytest.raises(ChiselError, match="terminal"):
        registry.load("spectrogram")(context).on_init()


def test_a_row_has_a_block_for_each_column() -> None:
    out = io.BytesIO()
    chart = registry.load("subsecoffset")(Context(out=out, is_tty=True, columns=40))
    for at in (0, 500_000_000, 500_000_001, 999_999_999):
        chart.on_event(SimpleNamespace(ts=7_000_000_000 + at))
    chart.on_interval(8_000_000_000, 0)
    row, scale = out.getvalue().decode().split("\n")[:2]
    blocks = [part[-1] for part in row.split("\x1b[38;5;")[1:]]
    assert len(blocks) == 40
    assert row.count("\x1b[38;5;0m") == 37
    assert scale.startswith("|0ms|100ms")
    assert len(scale) <= 40


def test_marks_that_do_not_fit_are_left_out() -> None:
    assert ruler(12, [(0, "0ms"), (2, "1ms"), (5, "2ms"), (10, "3ms")]) == "|0ms |2ms"
