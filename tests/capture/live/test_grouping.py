"""Rows brought down to one per key, and that rows which are groups of their own take the short way to the same end."""

import pytest

from csyspy.capture.live.grouping import OPERATIONS, group, per_second


def test_groups() -> None:
    columns = [(["", "b", None], "keep"), ([1, 2, 4], "sum"), ([1.5, None, 3], "max"), ([None, None, 7], "min"), ([1, 2, 4], "avg")]
    assert group([["x", "x", "y"]], columns, 3) == (["x", "y"], [["b", None], [3, 4], [1.5, 3.0], [None, 7], [1.5, 4.0]])
    assert group([["x", None, "x"], [1, 1, 2]], [([1, 2, 3], "sum")], 3) == ([("x", 1), ("x", 2)], [[1, 3]])


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("values", [[1, 2, 3], [1.0, 0.5, 2.0], [1, None, 2.5], [None, None, None]])
def test_rows_that_differ_are_as_in_groups(operation: str, values: list[float | None]) -> None:
    """A second key takes the long way."""
    _, short = group([[1, 2, 3]], [(values, operation)], 3)
    _, long = group([[1, 2, 3], [0, 0, 0]], [(values, operation)], 3)
    assert repr(short) == repr(long)


def test_an_unknown_key_is_left_out() -> None:
    assert group([[1, None, 3]], [([1, 2, 3], "sum")], 3) == ([1, 3], [[1, 3]])


def test_rates() -> None:
    assert per_second([1, None, 3.0], 2.0) == [0.5, None, 1.5]
