"""Sparklines and area graphs."""

from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.graph import area, spark, stretch


def test_spark_is_right_aligned_and_never_hides_a_little() -> None:
    assert spark([0, 1, 50, 100], 6, 100) == "   ▁▄█"


def test_area_fills_from_the_bottom() -> None:
    assert area([0, 50, 100], 3, 2, 100) == ["  █", " ██"]


@given(st.lists(st.floats(min_value=0, max_value=1e18), max_size=50), st.integers(0, 30), st.integers(1, 6), st.floats(0, 1e18))
def test_a_graph_has_the_size_asked_for(values: list[float], width: int, height: int, peak: float) -> None:
    lines = area(values, width, height, peak)
    assert [len(line) for line in lines] == [width] * height


def test_stretch_fills_any_width_and_keeps_the_peaks() -> None:
    assert stretch([1, 2], 4) == [1, 1, 2, 2]
    assert stretch([1, 9, 2, 3], 2) == [9, 3]
    assert stretch([], 5) == []


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=300), st.integers(1, 300))
def test_stretch_has_the_width_asked_for(values: list[float], width: int) -> None:
    shown = stretch(values, width)
    assert len(shown) == width
    assert max(shown) == max(values) or width > len(values)
