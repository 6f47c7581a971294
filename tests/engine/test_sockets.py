"""What sockets connect, which end a process is, and the names that follow."""

import struct

import pytest
from fd_events import (
    INET6,
    TCP,
    UNIX,
    bind,
    connect,
    packed,
    read,
    recvfrom,
    sendto,
    sock_address,
    sock_tuple,
    socket,
    unix_tuple,
    with_fds,
)
from process_events import capture, simple, u32, value, values
from scap_builder import i64

ENDS = ("fd.cip", "fd.cport", "fd.sip", "fd.sport")
STREAM, DATAGRAM, RAW = 1, 2, 3
V4, V4_SERVER, V6 = 3, 5, 4


def ends(data: bytes) -> tuple[object, ...]:
    """Client and server of the last event."""
    return values(data, *ENDS)[-1]


def test_tcp_client() -> None:
    data = capture(socket(3), connect(3, sock_tuple("10.0.0.1", 5000, "10.0.0.2", 80), sock_address("10.0.0.2", 80)), read(3))
    assert values(data, "fd.name", "fd.type", "fd.l4proto", "fd.sockfamily", "fd.connected")[-1] == (
        "10.0.0.1:5000->10.0.0.2:80",
        "ipv4",
        "tcp",
        "ip",
        True,
    )
    assert ends(data) == ("10.0.0.1", 5000, "10.0.0.2", 80)


def test_a_connection_tells_who_began_and_how_far_it_is() -> None:
    there = sock_tuple("10.0.0.1", 5000, "10.0.0.2", 80), sock_address("10.0.0.2", 80)
    close = simple("CLOSE_E", 10, i64(3)), simple("CLOSE_X", 10, i64(0))
    states = [state for (state,) in values(capture(socket(3), connect(3, *there, result=-115), read(3), *close), "fd.state")]
    assert [state for i, state in enumerate(states) if state and state not in states[:i]] == ["SYN", "EST", "CLOSED"]
    data = capture(simple("ACCEPT4_5_X", 10, i64(4), sock_tuple("10.0.0.9", 999, "10.0.0.1", 22), b"\0"), read(4))
    assert values(data, "fd.state")[-1] == ("EST",)


def test_socket_without_a_role_shows_no_ends() -> None:
    assert values(capture(socket(3)), *ENDS, "fd.l4proto", "fd.name")[-1] == (None, None, None, None, "<NA>", "")


def test_old_socket_has_its_arguments_in_the_enter_event() -> None:
    data = capture(simple("SOCKET_E", 10, u32(INET6), u32(STREAM), u32(0)), simple("SOCKET_X", 10, i64(3)), read(3))
    assert value(data, "fd.type") == "ipv6"


def test_refused_connect_is_named_after_the_event() -> None:
    data = capture(socket(3), connect(3, b"", sock_address("10.0.0.2", 80), result=-111))
    assert values(data, "fd.name", "fd.connected")[-1] == ("NULL", False)


def test_asynchronous_connect_counts() -> None:
    data = capture(socket(3), connect(3, sock_tuple("10.0.0.1", 5000, "10.0.0.2", 80), sock_address("10.0.0.2", 80), result=-115), read(3))
    assert values(data, "fd.name", "fd.connected")[-1] == ("10.0.0.1:5000->10.0.0.2:80", True)


def test_connect_whose_enter_event_was_lost() -> None:
    data = capture(socket(3), simple("CONNECT_X", 10, i64(0), sock_tuple("10.0.0.1", 5000, "10.0.0.2", 80), i64(3)))
    assert values(data, "fd.num", "fd.name")[-1] == (3, "10.0.0.1:5000->10.0.0.2:80")


@pytest.mark.parametrize("name", ["ACCEPT", "ACCEPT_5", "ACCEPT4", "ACCEPT4_5", "ACCEPT4_6"])
def test_accepted_connection(name: str) -> None:
    data = capture(simple(f"{name}_X", 10, i64(4), sock_tuple("10.0.0.9", 999, "10.0.0.1", 22), b"\0"), read(4))
    assert values(data, "fd.name", "fd.l4proto", "fd.connected")[-1] == ("10.0.0.9:999->10.0.0.1:22", "tcp", True)
    assert values(data, "fd.num")[0] == (4,)


def test_server_socket() -> None:
    data = capture(socket(3), bind(3, sock_address("0.0.0.0", 8080)), read(3))
    assert values(data, "fd.name", "fd.sport", "fd.cport", "fd.is_server", "fd.l4proto", "fd.sproto")[-1] == (
        "0.0.0.0:8080",
        8080,
        None,
        True,
        "tcp",
        "",
    )


def test_address_inside_an_ipv6_one_counts_as_ipv4() -> None:
    mapped = "::ffff:10.0.0.5"
    data = capture(simple("ACCEPT_5_X", 10, i64(4), sock_tuple(mapped, 999, "::ffff:10.0.0.1", 22), b"\0"), read(4))
    assert values(data, "fd.type", "fd.name")[-1] == ("ipv4", "10.0.0.5:999->10.0.0.1:22")
    assert ends(data)[0] == "10.0.0.5"


def test_ipv6_connection() -> None:
    data = capture(socket(3, INET6), connect(3, sock_tuple("2001:db8::1", 5000, "::1", 80), sock_address("::1", 80)), read(3))
    assert values(data, "fd.type", "fd.typechar", "fd.name")[-1] == ("ipv6", "6", "2001:db8::1:5000->::1:80")


def test_datagram_server_follows_its_clients() -> None:
    server = socket(3, kind=DATAGRAM) + bind(3, sock_address("127.0.0.1", 53))
    first = recvfrom(3, sock_tuple("127.0.0.1", 4444, "127.0.0.1", 53))
    data = capture(server, first, read(3))
    assert values(data, "fd.name", "fd.l4proto")[-1] == ("127.0.0.1:4444->127.0.0.1:53", "udp")
    replied = capture(server, first, sendto(3, sock_tuple("127.0.0.1", 53, "127.0.0.1", 4444)))
    assert values(replied, "fd.name", "fd.name_changed")[-1] == ("127.0.0.1:4444->127.0.0.1:53", False)
    other = capture(server, first, recvfrom(3, sock_tuple("127.0.0.1", 5555, "127.0.0.1", 53)))
    assert values(other, "fd.name", "fd.name_changed")[-1] == ("127.0.0.1:5555->127.0.0.1:53", True)


def test_datagram_client_gets_an_address_of_this_machine() -> None:
    data = with_fds([], socket(3, kind=DATAGRAM), sendto(3, sock_tuple("0.0.0.0", 0, "10.0.0.77", 53)), read(3), interfaces=[(1, b"eth0")])
    assert values(data, "fd.name", "fd.lip", "fd.rport", "fd.is_server")[-1] == ("10.0.0.1:0->10.0.0.77:53", "10.0.0.1", 53, False)


def test_sendto_on_an_unknown_fd_makes_a_datagram_socket() -> None:
    data = capture(sendto(8, sock_tuple("10.0.0.1", 1, "10.0.0.2", 53)))
    assert values(data, "fd.num", "fd.name", "fd.l4proto")[-1] == (8, "10.0.0.1:1->10.0.0.2:53", "udp")


def test_type_of_a_socket_may_change_and_change_back() -> None:
    # An empty pair of addresses counts as IPv4; the IPv6 state below it survives.
    tuple_ = sock_tuple("::1", 0, "::1", 7103)
    empty = sock_tuple("::", 0, "::", 4444)
    again = connect(3, sock_tuple("::1", 4444, "::1", 7103), sock_address("::1", 7103))
    data = capture(socket(3, INET6, DATAGRAM), sendto(3, tuple_), recvfrom(3, empty), again, read(3))
    assert values(data, "fd.type", "fd.name", "fd.l4proto")[-1] == ("ipv6", "::1:4444->::1:7103", "udp")


def test_unix_sockets() -> None:
    path = unix_tuple(0xABC, 0xDEF, b"/run/x.sock")
    data = capture(socket(3, UNIX), connect(3, path, bytes([UNIX]) + b"/run/x.sock\0"), read(3))
    assert values(data, "fd.type", "fd.name", "fd.sockfamily")[-1] == ("unix", "abc->def /run/x.sock", "unix")
    pair = simple("SOCKETPAIR_X", 10, i64(0), i64(5), i64(6), struct.pack("<Q", 1), struct.pack("<Q", 2))
    assert values(capture(pair, read(5)), "fd.num", "fd.typechar")[0] == (6, "u")


def test_connections_of_the_list_learn_their_role() -> None:
    def tail(source: str, sport: int, dest: str, dport: int) -> bytes:
        return packed(source) + packed(dest) + struct.pack("<HHB", sport, dport, TCP)

    entries = [
        (3, V4_SERVER, packed("0.0.0.0") + struct.pack("<HB", 80, TCP)),
        (4, V4, tail("10.0.0.1", 80, "10.0.0.9", 5555)),
        (5, V4, tail("10.0.0.1", 6666, "10.0.0.9", 443)),
        (6, V6, tail("::ffff:10.0.0.1", 1, "::ffff:10.0.0.2", 2)),
    ]
    data = with_fds(entries, read(4), read(5), read(6))
    assert [row[0] for row in values(data, "fd.name")[::2]] == [
        "10.0.0.9:5555->10.0.0.1:80",
        "10.0.0.1:6666->10.0.0.9:443",
        "10.0.0.1:1->10.0.0.2:2",
    ]
    assert values(data, *ENDS)[0] == ("10.0.0.9", 5555, "10.0.0.1", 80)


def test_local_end_is_that_of_an_interface() -> None:
    data = with_fds([], simple("ACCEPT_5_X", 10, i64(4), sock_tuple("10.0.0.9", 999, "10.0.0.1", 22), b"\0"), interfaces=[(1, b"eth0")])
    assert values(data, "fd.lip", "fd.lport", "fd.rip", "fd.rport", "fd.lproto", "fd.rproto", "fd.is_server", "fd.role")[-1] == (
        "10.0.0.1",
        22,
        "10.0.0.9",
        999,
        "22",
        "999",
        True,
        "server",
    )


def test_poll_lists() -> None:
    fds = struct.pack("<HqHqHqH", 3, 4, 1, 5, 1, 9, 1)
    data = capture(simple("ACCEPT_5_X", 10, i64(4), sock_tuple("10.0.0.9", 999, "10.0.0.1", 22), b"\0"), simple("POLL_E", 10, fds, i64(1)))
    fields = ("fdlist.nums", "fdlist.names", "fdlist.cips", "fdlist.sips", "fdlist.cports", "fdlist.sports")
    assert values(data, *fields)[-1] == ("4,5,9", "10.0.0.9:999->10.0.0.1:22,<NA>,<NA>", "10.0.0.9", "10.0.0.1", "999", "22")
    assert values(data, *fields)[0] == (None,) * 6


@pytest.mark.parametrize("size", range(14))
@pytest.mark.parametrize("family", [UNIX, 2, INET6, 16, 200])
def test_cut_parameters_are_harmless(size: int, family: int) -> None:
    short = (bytes([family]) + b"\x11" * 40)[:size]
    events = [
        socket(3, kind=DATAGRAM),
        simple("CONNECT_E", 10, i64(3), short),
        simple("CONNECT_X", 10, i64(0), short, i64(3)),
        bind(3, short),
        recvfrom(3, short),
        sendto(3, short),
        simple("ACCEPT_5_X", 10, i64(4), short, b"\0"),
        simple("POLL_E", 10, short, i64(1)),
    ]
    assert len(values(capture(*events), "fd.name", "fdlist.names", "fd.sip", "fd.lip")) == 12


def test_udp_and_raw_protocols() -> None:
    cases = ((DATAGRAM, 0, "udp"), (STREAM | 0x80000, 0, "tcp"), (RAW, 1, "raw"), (DATAGRAM, 1, "icmp"), (RAW, 255, "raw"))
    for kind, protocol, expected in cases:
        data = capture(socket(3, kind=kind, protocol=protocol), bind(3, sock_address("10.0.0.1", 9)))
        assert value(data, "fd.l4proto") == expected
