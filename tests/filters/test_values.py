"""Constants as the engine compares them."""

import pytest

from csyspy.fields.errors import FieldError
from csyspy.filters.values import Constant, constant, hex_bytes


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1", "INT64", 1),
        ("+1", "INT64", 1),
        ("01", "PID", 1),
        (" 7", "INT64", 7),
        ("-1", "UINT32", 0xFFFFFFFF),
        ("-1", "UINT64", 0xFFFFFFFFFFFFFFFF),
        ("300", "UINT8", 44),
        ("200", "INT8", -56),
        ("99999999999999999999", "INT64", (1 << 63) - 1),
        ("99999999999999999999", "UINT64", (1 << 64) - 1),
        ("50.5", "DOUBLE", 50.5),
        ("true", "BOOL", True),
        ("ssh", "PORT", 22),
        ("", "PORT", 0),
        ("65537", "PORT", 1),
        ("1.2.3.4", "IPADDR", b"\1\2\3\4"),
        ("::1", "IPADDR", bytes(15) + b"\1"),
        ("10.0.0.0/8", "IPNET", (b"\n\0\0\0", 8)),
        ("fe80::/10", "IPNET", (b"\xfe\x80" + bytes(14), 10)),
        ("1e3", "CHARBUF", b"1e3"),
        ("\udcff", "CHARBUF", b"\xff"),
    ],
)
def test_constant(text: str, kind: str, value: Constant) -> None:
    assert constant(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "INT64"), ("1 ", "INT64"), ("1e3", "INT64"), ("0x10", "UINT32"), ("1", "BOOL"), ("-1", "PORT"), ("x", "DOUBLE"),
     ("1.2.3", "IPADDR"), ("::g", "IPADDR"), ("1.2.3.4", "IPNET"), ("1.2.3.4/33", "IPNET"), ("::/0", "IPNET"), ("::/129", "IPNET")],
)  # fmt: skip
def test_no_constant(text: str, kind: str) -> None:
    with pytest.raises(FieldError):
        constant(text, kind)


def test_hex_strings() -> None:
    assert hex_bytes("cafe00") == b"\xca\xfe\0"
    for text in ("", "1", "zz", "12 "):
        with pytest.raises(FieldError):
            hex_bytes(text)
