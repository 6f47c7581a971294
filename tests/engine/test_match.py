"""Matchers: one right side each."""

import pytest

from csyspy.engine import match
from csyspy.engine.program import matches_number, matches_text


@pytest.mark.parametrize(
    ("op", "text", "value", "verdict"),
    [
        ("=", b"a", b"a", True), ("=", b"a", b"ab", False), ("!=", b"a", b"ab", True), ("<", b"b", b"a", True), ("<=", b"a", b"a", True),
        (">", b"a", b"ab", True), (">=", b"ab", b"a", False), ("contains", b"b", b"abc", True), ("contains", b"", b"abc", True),
        ("icontains", b"bC", b"aBc", True), ("icontains", b"abcd", b"abc", False), ("startswith", b"ab", b"abc", True),
        ("endswith", b"bc", b"abc", True), ("endswith", b"abcd", b"abc", False),
        ("glob", b"a*", b"abc", True), ("iglob", b"A*", b"abc", True),
    ],
)  # fmt: skip
def test_text(op: str, text: bytes, value: bytes, verdict: bool) -> None:
    assert matches_text(match.TextMatcher(match.OPS[op], text), value) is verdict


def test_numbers_know_their_sign() -> None:
    assert matches_number(match.IntMatcher(match.OPS[">"], -2, False), -1)
    assert matches_number(match.IntMatcher(match.OPS[">"], 1, True), -1)
    assert not matches_number(match.IntMatcher(match.OPS[">"], 1, False), -1)
    assert matches_number(match.IntMatcher(match.OPS["="], 0xFFFFFFFFFFFFFFFF, True), -1)
    assert matches_number(match.DoubleMatcher(match.OPS["<"], 1.5), 1)


@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_sets(count: int) -> None:
    members = [b"m%d" % i for i in range(count)]
    found = match.TextSet(members)
    assert all(matches_text(found, member) for member in members)
    assert not matches_text(found, b"m999")
    assert not matches_text(found, b"")


def test_a_set_may_hold_the_empty_text() -> None:
    assert matches_text(match.TextSet([b"", b"a"]), b"")


@pytest.mark.parametrize(
    ("paths", "value", "verdict"),
    [
        ([b"/var/run"], b"/var/run", True), ([b"/var/run"], b"/var/run/x", True), ([b"/var/run"], b"/var/runner", False),
        ([b"/var/run/"], b"//var//run/x", True), ([b"/*/run"], b"/var/run/x", True), ([b"/a?/[bc]"], b"/ax/c/y", True),
        ([b"/"], b"/x", True),
        ([b"/x", b"/y"], b"/y/z", True), ([], b"/x", False), ([b"/a/b"], b"/a", False),
    ],
)  # fmt: skip
def test_paths(paths: list[bytes], value: bytes, verdict: bool) -> None:
    assert matches_text(match.PathMatcher(paths), value) is verdict


def test_how_many_must_pass() -> None:
    parts = [match.TextMatcher(match.OPS["contains"], text) for text in (b"a", b"b")]
    for least, most, expected in ((1, 1, (False, True, False)), (1, 2, (True, True, False)), (2, 2, (True, False, False))):
        one = match.AnyOf(parts, least, most)
        assert (matches_text(one, b"ab"), matches_text(one, b"a"), matches_text(one, b"")) == expected


def test_an_address_has_a_size() -> None:
    with pytest.raises(ValueError, match="4 or 16"):
        match.AddressMatcher(b"123", None, False)
