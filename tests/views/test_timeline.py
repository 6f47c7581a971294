"""A growing sum as rates over time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.views.timeline import POINTS, Timeline


def timeline(*marks: tuple[int, float]) -> Timeline:
    made = Timeline()
    for time_ns, total in marks:
        made.add(time_ns, total)
    return made


def test_growth_falls_into_the_part_where_it_happened() -> None:
    assert timeline((0, 0), (10, 5), (20, 5), (30, 35)).rates(3) == pytest.approx((5, 0, 30))


def test_a_long_step_is_spread_over_the_parts_it_touches() -> None:
    made = timeline((0, 0), (10, 10), (40, 40))
    assert made.rates(2) == pytest.approx((20, 20))


def test_what_came_before_the_first_look_has_its_time() -> None:
    timeline = Timeline()
    for _ in range(2):
        timeline.begin(0)
    timeline.add(100, 5)
    timeline.add(200, 5)
    assert timeline.rates(2) == (5, 0)


def test_one_mark_or_none_has_no_rates() -> None:
    assert timeline().rates() == ()
    assert timeline((5, 3.0)).rates() == ()


def test_time_that_runs_back_counts_as_the_newest() -> None:
    made = timeline((0, 0), (10, 5), (7, 9))
    assert made.total == 9
    assert made.rates(1) == pytest.approx((9,))


@given(st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1e6)), min_size=2, max_size=2000))
def test_nothing_is_lost_however_many_marks(steps: list[tuple[int, float]]) -> None:
    made = Timeline()
    time_ns, total = 1, 0.0
    made.add(time_ns, total)
    for step_ns, growth in steps:
        time_ns, total = time_ns + step_ns, total + growth
        made.add(time_ns, total)
    rates = made.rates()
    assert len(rates) <= POINTS
    assert sum(rates) == pytest.approx(total)
