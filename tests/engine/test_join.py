"""Exit events of old captures with the parameters of their enter events behind their own."""

from fd_events import openat, read, socket
from process_events import capture, simple, values
from scap_builder import i64

ARGS = ("evt.args", "evt.arg.fd", "evt.rawarg.size")


def test_a_read_tells_fd_and_size_on_its_exit_too() -> None:
    args, fd, size = values(capture(openat(3, b"/etc/passwd"), read(3)), *ARGS)[-1]
    assert args == "res=2 data=xy fd=3(<f>/etc/passwd) size=8"
    assert (fd, size) == ("<f>/etc/passwd", 8)


def test_an_exit_without_its_enter_gets_zeros() -> None:
    rows = values(capture(simple("READ_X", 10, i64(2), b"xy")), *ARGS)
    assert rows[-1][0] == "res=2 data=xy fd=0 size=0"


def test_the_enter_event_of_another_call_does_not_count() -> None:
    rows = values(capture(simple("CLOSE_E", 10, i64(7)), simple("READ_X", 10, i64(2), b"xy")), *ARGS)
    assert rows[-1][2] == 0


def test_a_socket_tells_its_domain() -> None:
    rows = values(capture(socket(4)), "evt.args")
    assert "domain=2(AF_INET)" in str(rows[-1][0])
