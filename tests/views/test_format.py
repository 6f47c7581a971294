"""Cells of a view as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.views.format import UNKNOWN, cell_text, printable, short_bytes, short_count, short_duration, short_percent, short_rate
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


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0"), (7, "7ns"), (999, "999ns"), (1000, "1.00us"), (4_240_000, "4.24ms"), (22_820_000_000, "22.8s"), (99_940_000_000, "99.9s"),
        (158_000_000_000, "2:38"), (7_200_000_000_000, "2.0h"), (10 * 86_400 * 10**9, "10d"),
    ],
)
def test_durations(duration_ns: int, text: str) -> None:
    assert short_duration(duration_ns) == text


@given(st.floats(min_value=0, max_value=1e17))
def test_durations_never_need_more_than_six_cells(duration_ns: float) -> None:
    assert len(short_duration(duration_ns)) <= 6


@pytest.mark.parametrize(("per_s", "text"), [(0, "0"), (0.26, "0.3"), (99.94, "99.9"), (99.96, "100"), (123_456, "123k")])
def test_rates(per_s: float, text: str) -> None:
    assert short_rate(per_s) == text


def test_a_bucket_is_shown_as_the_shortest_latency_in_it() -> None:
    assert [cell_text(bucket, Unit.LATENCY_BUCKET) for bucket in (1, 36, 71)] == ["1ns", "316us", "1:40"]


def test_raw_data_cannot_steer_the_terminal_either() -> None:
    assert cell_text(b"GET /\r\n\x1b[2J\xff", Unit.TEXT) == "GET /...[2J."
