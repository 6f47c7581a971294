"""Which words belong to a chisel."""

import pytest

from csyspy.chisels import Argument, Chisel, ChiselError
from csyspy.chisels.arguments import pair, split_words, takes_word, usage


class Plain(Chisel):
    name = "plain"


class Required(Chisel):
    name = "required"
    args = (Argument("key", "a key"), Argument("top", "rows", "int", optional=True))


class Optional(Chisel):
    name = "optional"
    args = (Argument("a", "a", optional=True), Argument("b", "b", optional=True))


class Listing(Chisel):
    name = "listing"
    args = (Argument("filter", "f", "filter", optional=True),)


def is_filter(text: str) -> bool:
    return "=" in text


def test_only_what_a_chisel_declares_is_taken() -> None:
    assert not takes_word(Plain, ["evt.type=open"], is_filter)
    assert takes_word(Required, ["-x"], is_filter)
    assert takes_word(Optional, ["R"], is_filter)
    assert not takes_word(Optional, [], is_filter)
    assert not takes_word(Optional, ["-j"], is_filter)
    assert not takes_word(Optional, ["evt.type", "=", "open"], is_filter)
    assert takes_word(Listing, ["proc.name=bash"], is_filter)
    with pytest.raises(ChiselError, match="missing arguments for chisel required"):
        takes_word(Required, [], is_filter)


def test_blanks_divide_and_quotes_group() -> None:
    assert split_words(" a  b ", "x") == ["a", "", "b"]
    assert split_words("'a b' c", "x") == ["a b", "c"]
    assert split_words("`a b`", "x") == ["a b"]
    assert split_words("", "x") == []
    with pytest.raises(ChiselError, match="quote"):
        split_words("'a b", "x")


def test_arguments_are_counted() -> None:
    assert [(argument.name, value) for argument, value in pair(Required, "fd.name 5")] == [("key", "fd.name"), ("top", "5")]
    with pytest.raises(ChiselError, match="takes 1 to 2 arguments, 0 given"):
        pair(Required, "")
    with pytest.raises(ChiselError, match="takes 0 to 2 arguments, 3 given"):
        pair(Optional, "a b c")
    assert usage(Required) == "usage: -c required 'key [top]'"
    assert usage(Plain) == "usage: -c plain"
