"""Shell patterns: the same verdicts as fnmatch(3) of the C library."""

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.engine.glob import matches

pieces = st.sampled_from(
    [b"a", b"b", b"B", b"*", b"?", b"[", b"]", b"!", b"^", b"-", b"\\", b".", b"/", b"[:alpha:]", b"[[:digit:]]", b"1", b"\xff"]
)
patterns = st.lists(pieces, max_size=8).map(b"".join)
texts = st.lists(st.sampled_from([b"a", b"b", b"A", b"]", b"[", b"-", b".", b"/", b"1", b"\xff"]), max_size=6).map(b"".join)


@given(patterns, texts, st.booleans())
def test_as_the_c_library(pattern: bytes, text: bytes, fold: bool) -> None:
    if max(pattern + text, default=0) > 127:
        assert matches(pattern, text, fold) in (True, False)  # there the C library asks the locale
        return
    fnmatch = ctypes.CDLL(None).fnmatch
    assert matches(pattern, text, fold) == (fnmatch(pattern, text, 16 if fold else 0) == 0)


@pytest.mark.parametrize(
    ("pattern", "text", "verdict"),
    [
        (b"/etc/*", b"/etc/a/b", True),
        (b"*.c", b"x.c.c", True),
        (b"[!a]?", b"ba", True),
        (b"\\*", b"*", True),
        (b"[a", b"[a", True),
        (b"", b"", True),
    ],
)
def test_examples(pattern: bytes, text: bytes, verdict: bool) -> None:
    assert matches(pattern, text) is verdict


def test_many_stars_do_not_hang() -> None:
    assert not matches(b"a*" * 30 + b"b", b"a" * 5000)
