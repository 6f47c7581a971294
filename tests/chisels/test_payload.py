"""What chisels print of payloads and of threads that nothing announced, as sysdig 0.29.3 does."""

import io
from types import SimpleNamespace

import pytest

from csyspy.chisels import Context, registry
from csyspy.chisels.builtin._payload import payload_text
from csyspy.chisels.builtin._snapshot import SnapshotChisel


@pytest.mark.parametrize(
    ("shown", "raw", "text"),
    [("ab.", b"ab\x00", "ab."), ("NULL", b"NULL", "NULL"), ("NULL", b"", ""), ("NULL", None, ""), (None, None, None)],
)
def test_a_payload_without_bytes_is_empty_text(shown: str | None, raw: bytes | None, text: str | None) -> None:
    assert payload_text({"data": shown, "raw_data": raw}) == text


@pytest.mark.parametrize(("name", "word"), [("echo_fds", "disable_color"), ("spy_port", "disable_colors"), ("spy_ip", "disable_colors")])
def test_each_chisel_takes_the_word_of_its_original(name: str, word: str) -> None:
    for given in ("disable_color", "disable_colors"):
        chisel = registry.load(name)(Context(out=io.BytesIO()))
        chisel.on_set_arg("disable_color", given)
        assert (chisel.color.red == "") == (given == word)  # type: ignore[attr-defined]


def test_a_thread_that_nothing_announced_is_its_own_process() -> None:
    assert SnapshotChisel.pid(SimpleNamespace(tid=7, pid=-1)) == 7
    assert SnapshotChisel.pid(SimpleNamespace(tid=8, pid=7)) == 7
