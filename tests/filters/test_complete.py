"""Completion of a filter that is being typed."""

import pytest

from csyspy.filters.complete import complete


@pytest.mark.parametrize(
    ("text", "word", "absent"),
    [
        ("proc.name con", "contains", "exists"),
        ("proc.pid ", "<=", "contains"),
        ("len(fd.name) ", "<=", "contains"),
        ("fd.types ", "intersects", "="),
        ("evt.type=ope", "openat", "close"),
        ("evt.type in (openat, clo", "close", "openat"),
        ("evt.arg.fi", "evt.arg.filename", "evt.arg.res"),
        ("proc.name=cat ", "and", "contains"),
        ("(proc.name=cat a", "and", "or"),
        ("not ", "tolower(", "and"),
    ],
)
def test_candidates(text: str, word: str, absent: str) -> None:
    found = complete(text)
    assert word in found.words
    assert absent not in found.words
    assert (text[: found.start] + word).startswith(text.rstrip()[: found.start])


@pytest.mark.parametrize("text", ["proc.name = ", "proc.name contains ", "proc.name=(", '"', "proc.name=cat)"])
def test_nothing_to_offer(text: str) -> None:
    assert not {"and", "contains", "proc.name"} & set(complete(text).words)


def test_the_cursor_may_stand_inside() -> None:
    text = "evt.type=op and proc.name=x"
    found = complete(text, len("evt.type=op"))
    assert "openat" in found.words
    assert (found.start, found.end) == (9, 11)
