"""Numbers, sizes and columns as chisels write them."""

import pytest

from csyspy.chisels import layout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0B"),
        (309, "309B"),
        (1024, "1024B"),
        (1025, "1.00KB"),
        (1888, "1.84KB"),
        (1024**2, "1024.00KB"),
        (6_595_000, "6.29M"),
        (5e12, "4.55T"),
    ],
)
def test_a_size_keeps_its_unit_up_to_the_limit(value: float, text: str) -> None:
    assert layout.format_bytes(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0ns"),
        (999, "999ns"),
        (1000, "1.00us"),
        (9_999, "9.99us"),
        (10_000, "10us"),
        (999_999, "999us"),
        (3_029_999, "3.02ms"),
        (10_000_000, "10ms"),
        (994_999_999, "994ms"),
        (1_309_999_999, "1.30s"),
        (436_250_000_000, "436.25s"),
    ],
)
def test_a_time_is_cut_not_rounded(value: float, text: str) -> None:
    assert layout.format_time(value) == text


def test_numbers_are_written_as_lua_does() -> None:
    assert layout.number(2_660_000_000) == "2660000000"
    assert layout.number(12.24605) == "12.24605"
    assert layout.number(1.7e18) == "1.7e+18"
    assert layout.whole(-3.9) == -3
    assert layout.whole(float("inf")) == -(2**63)
    assert layout.scalar(True) == "true"
    assert layout.scalar(None) == "nil"
    assert layout.scalar(["a", 1]) == "(a,1)"


def test_a_column_counts_bytes_and_keeps_a_blank() -> None:
    assert layout.pad("abc", 5) == "abc  "
    assert layout.pad("abcde", 5) == "abcd "
    assert layout.pad("abc", 0) == layout.pad("abc", -4) == ""
    assert layout.encode(layout.pad("ééé", 5)) == "éé".encode() + b" "
    assert layout.encode(layout.pad("ééé", 4)) == b"\xc3\xa9\xc3 "
    assert layout.column("abcdef", 4) == "abcd"
    assert layout.column("ab", 4) == "ab  "


def test_halves_are_rounded_up() -> None:
    assert layout.format_bytes(4736 * 1024) == "4.63M"
    assert layout.format_percent(0.125, 100) == "0.13%"
    assert layout.number(2**53 / 4 + 0.25) == "2.2517998136852e+15"
    assert layout.number(1234567890123.25) == "1234567890123.3"
    assert layout.printable(b"a\nb\xc3\xa9c") == "abc"


def test_a_part_of_nothing_is_zero() -> None:
    assert layout.format_percent(5.57, 100) == "5.57%"
    assert layout.format_percent(1, 0) == layout.format_percent(1, -5) == "0.00%"
