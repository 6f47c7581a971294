"""Host names in filters."""

import socket

import pytest
from process_events import capture, simple, values
from scap_builder import i64

from csyspy.engine.callback import CallbackSink, EventView
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.filters import compile_filter, hosts


class _Bytes:
    name = "test"

    def __init__(self, data: bytes) -> None:
        self.data: bytes | None = data

    def read(self) -> memoryview | None:
        data, self.data = self.data, None
        return None if data is None else memoryview(data)

    def next_file(self) -> bool:
        return False


def accepted(source: bytes) -> bytes:
    """A connection from `source` to 10.0.0.1:22."""
    event: bytes = simple("ACCEPT_5_X", 10, i64(4), b"\2" + source + b"\1\2" + bytes([10, 0, 0, 1]) + b"\x16\0", b"\0")
    return event


def matches(data: bytes, text: str) -> int:
    """How many events pass."""
    seen: list[int] = []
    state = State()
    state.needs = 15
    sink = CallbackSink(EventView({}), lambda view: seen.append(1))
    sink.filter = compile_filter(text).program
    walker = Walker(state, _Bytes(data))
    walker.open()
    walker.run([sink])
    return len(seen)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that knows one host with two addresses."""

    def look_up(name: str, _port: object) -> list[tuple[object, ...]]:
        if name != "gate.lab":
            raise socket.gaierror
        found = [(socket.AF_INET, "10.9.8.7"), (socket.AF_INET6, "2001:db8::9")]
        return [(family, socket.SOCK_STREAM, 6, "", (address, 0)) for family, address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hosts.addresses.cache_clear()


@pytest.mark.usefixtures("resolver")
def test_host_names_are_looked_up() -> None:
    data = capture(accepted(bytes([10, 9, 8, 7])), accepted(bytes([10, 0, 0, 2])), simple("CLOSE_E", 10, i64(99)))
    assert matches(data, "fd.cip.name = gate.lab") == 1
    assert matches(data, "fd.cip.name in (gate.lab, nowhere.lab)") == 1
    assert matches(data, "fd.cip.name != gate.lab") == 1
    assert matches(data, "fd.cip.name = nowhere.lab") == 0
    assert matches(data, "fd.sip.name exists") == 2
    assert values(data, "fd.cip.name", "fd.sip.name")[0] == ("gate.lab", None)


@pytest.mark.usefixtures("resolver")
def test_other_operators_warn() -> None:
    assert "look" in compile_filter("fd.sip.name contains gate").warnings[0].message
