"""Constants of a filter as the engine compares them: numbers, bytes, addresses.

How a text is read follows libs: userspace/libsinsp/value_parser.cpp, whose numbers are those of scanf: decimal, clamped to 64 bits,
then cut to the width of the type. Decimals for DOUBLE are read as such, which libs does not.
"""

import re
from typing import Final

from csyspy.fields.errors import FieldError

_DECIMAL: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")
_REAL: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
# type -> (bits, signed)
INTEGERS: Final = {
    **dict.fromkeys(("INT8",), (8, True)),
    **dict.fromkeys(("INT16",), (16, True)),
    **dict.fromkeys(("INT32",), (32, True)),
    **dict.fromkeys(("INT64", "FD", "PID", "ERRNO", "FD32", "PID32"), (64, True)),
    **dict.fromkeys(("UINT8", "FLAGS8", "ENUMFLAGS8", "SIGTYPE", "L4PROTO"), (8, False)),
    **dict.fromkeys(("UINT16", "FLAGS16", "ENUMFLAGS16", "SYSCALLID"), (16, False)),
    **dict.fromkeys(("UINT32", "FLAGS32", "ENUMFLAGS32", "MODE", "UID", "GID"), (32, False)),
    **dict.fromkeys(("UINT64", "RELTIME", "ABSTIME"), (64, False)),
}
Constant = int | float | bool | bytes | tuple[bytes, int]


def constant(text: str, value_type: str) -> Constant:
    """`text` as a value of `value_type`: an int, a float, a bool, bytes, or (network address, prefix length) of a net.

    Raises FieldError where it is none; position and hint of the error are the caller's to fill.
    """
    if value_type in INTEGERS:
        return integer(text, *INTEGERS[value_type])
    if value_type == "PORT":
        return port(text)
    if value_type == "BOOL":
        if text not in ("true", "false"):
            raise FieldError(f"{text or 'nothing'} is not a boolean", hint="write true or false")
        return text == "true"
    if value_type == "DOUBLE":
        if not _REAL.fullmatch(text):
            raise FieldError(f"{text or 'nothing'} is not a valid number")
        return float(text)
    if value_type in ("IPADDR", "IPV4ADDR", "IPV6ADDR"):
        return address(text)
    if value_type in ("IPNET", "IPV4NET", "IPV6NET"):
        return net(text)
    return to_bytes(text)


def to_bytes(text: str) -> bytes:
    """Text as the bytes it was on the command line."""
    return text.encode("utf-8", "surrogateescape")


def integer(text: str, bits: int, signed: bool) -> int:
    """A decimal number, cut to `bits` as scanf does it."""
    if not _DECIMAL.fullmatch(text):
        hint = f"write it in decimal: {int(text, 16)}" if re.fullmatch(r"0[xX][0-9a-fA-F]+", text) else ""
        raise FieldError(f"{text or 'nothing'} is not a valid number", hint=hint)
    number = int(text)
    if signed:
        number = max(-(1 << 63), min((1 << 63) - 1, number))
    elif abs(number) >= 1 << 64:
        number = (1 << 64) - 1
    number &= (1 << bits) - 1
    return number - (1 << bits) if signed and number >> (bits - 1) else number


def port(text: str) -> int:
    """A port number or the name of a service."""
    if not text:
        return 0
    if text.isascii() and text.isdigit():
        return int(text) & 0xFFFF
    import socket  # 3 ms of start-up that few filters need

    try:
        return socket.getservbyname(text)
    except (OSError, UnicodeError):
        raise FieldError(f"{text} is neither a port number nor a known service") from None


def address(text: str) -> bytes:
    """An IPv4 address (4 bytes) where there is a dot in it, else an IPv6 address (16 bytes)."""
    import socket

    family, name = (socket.AF_INET, "IPv4") if "." in text else (socket.AF_INET6, "IPv6" if ":" in text else "IP")
    try:
        return socket.inet_pton(family, text)
    except (OSError, ValueError):
        raise FieldError(f"{text or 'nothing'} is not an {name} address") from None


def net(text: str) -> tuple[bytes, int]:
    """`address/prefix length`."""
    head, slash, tail = text.partition("/")
    if not slash:
        raise FieldError(f"{text} is not an IP network", hint=f"a network has a prefix length: {text}/{32 if '.' in text else 128}")
    raw = address(head)
    bits = integer(tail, 8, False)
    if bits > len(raw) * 8 or (len(raw) == 16 and not bits):
        raise FieldError(f"{tail} is not a prefix length of {head}")
    return raw, bits


def hex_bytes(text: str) -> bytes:
    """The bytes of a hex string."""
    if not re.fullmatch(r"([0-9a-fA-F]{2})+", text):
        raise FieldError(f"{text or 'nothing'} is not a hex string", hint="two hex digits a byte, for example cafe00")
    return bytes.fromhex(text)
