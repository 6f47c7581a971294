"""Binary data in the formats of -x, -X, -A and -b."""

import base64

import pytest
from process_events import _Whole, capture, simple
from scap_builder import i64

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.engine.format import Formatter
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.fields.extraction import compile_field


def shown(data: bytes, buffer_format: str) -> str | None:
    state = State()
    state.configure(buffer_format=buffer_format)
    formatter = Formatter([(compile_field("evt.buffer"), "evt.buffer", 0)], True)
    lines: list[str | None] = []
    sink = CallbackSink(EventView({}), lambda view: lines.append(formatter.line(state)))
    walker = Walker(state, _Whole(capture(simple("READ_X", 10, i64(len(data)), data))))
    walker.run([sink])
    return lines[-1]


def test_dots() -> None:
    assert shown(b"a\0b\n\xff ", "dots") == "a.b.. "


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"/tmp", "\n\t0x0000: 2f74 6d70\n"),
        (b"abc", "\n\t0x0000: 6162 63\n"),
        (bytes(17), "\n\t0x0000:" + " 0000" * 8 + "\n\t0x0010: 00\n"),
    ],
)
def test_hex(data: bytes, text: str) -> None:
    assert shown(data, "hex") == text


def test_hex_and_text() -> None:
    assert shown(b"2\0", "hexascii") == "\n\t0x0000: 3200" + " " * 35 + "  2.\n"
    assert shown(b"0123456789abcdef", "hexascii") == "\n\t0x0000: 3031 3233 3435 3637 3839 6162 6364 6566  0123456789abcdef\n"


def test_text_keeps_line_ends() -> None:
    assert shown(b"a\r\nb\nc\rd\0", "ascii") == "\na\nb\nc\nd"
    assert shown(b"\nx", "ascii") == "\nx"


@pytest.mark.parametrize("n", range(8))
def test_base64(n: int) -> None:
    data = bytes(range(200, 200 + n))
    assert (shown(data, "base64") or "") == base64.b64encode(data).decode()


def test_offsets_of_long_data() -> None:
    assert "\n\t0xea50:" in (shown(bytes(60_000), "hex") or "")
