"""Event parameters as text, type by type and in the manner of each generation."""

import struct

import pytest
from fd_events import UNIX, bind, openat, sendto, sock_address, socket, unix_tuple
from process_events import capture, clone, execve, simple, u32, value, values
from scap_builder import Process, i64

OLD = [Process(1, ptid=0, comm=b"init", tail="old"), Process(10, tail="old")]      # sysdig 0.29.3
MODERN = [Process(1, ptid=0, comm=b"init"), Process(10)]                           # libs 0.20


def info(*events: bytes, processes: list[Process] = OLD) -> object:
    return value(capture(*events, processes=processes), "evt.info")


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def test_a_blank_behind_every_parameter_is_of_0_29_3() -> None:
    brk = simple("BRK_4_X", 10, u64(0x55A695D8E000), u32(1), u32(2), u32(3))
    assert info(brk) == "res=55A695D8E000 vm_size=1 vm_rss=2 vm_swap=3 "
    assert info(brk, processes=MODERN) == "res=55A695D8E000 vm_size=1 vm_rss=2 vm_swap=3"


def test_numbers_are_signed_whatever_the_type() -> None:
    assert info(simple("LISTEN_E", 10, i64(3), u32(0xFFFFFFFF))) == "fd=3 backlog=-1 "
    assert info(simple("CHMOD_X", 10, i64(0), b"/x\0", u32(0o644))) == "res=0 filename=/x mode=0644(S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR) "


@pytest.mark.parametrize(
    ("result", "text"),
    [(0, "res=0 "), (-2, "res=-2(ENOENT) "), (-25, "res=-25(ENOTTY) "), (-999, "res=-999 "), (7, "res=7 ")],
)
def test_errors_have_names(result: int, text: str) -> None:
    assert info(simple("CLOSE_X", 10, i64(result))) == text


def test_file_descriptors() -> None:
    opened = openat(3, b"/etc/hosts")
    assert info(opened, simple("CLOSE_E", 10, i64(3))) == "fd=3(<f>/etc/hosts) "
    assert info(simple("CLOSE_E", 10, i64(9))) == "fd=9 "
    assert info(simple("CLOSE_E", 10, i64(-9))) == "fd=-9(EBADF) "
    assert info(simple("UNLINKAT_2_X", 10, i64(0), i64(-100), b"/x\0", u32(0))) == "res=0 dirfd=-100(AT_FDCWD) name=/x flags=0 "


def test_processes_have_names() -> None:
    assert info(simple("KILL_E", 10, i64(1), bytes([9]))) == "pid=1(init) sig=9(SIGKILL) "
    assert info(simple("KILL_E", 10, i64(99), bytes([200]))) == "pid=99 sig=200 "


def test_relative_paths_tell_where_they_lead() -> None:
    assert info(simple("RMDIR_2_X", 10, i64(-2), b"../etc\0")) == "res=-2(ENOENT) path=../etc(/etc) "
    assert info(simple("RMDIR_2_X", 10, i64(-2), b"/a\x01b\0")) == "res=-2(ENOENT) path=/ab "
    opened = openat(3, b"/var/log", flags=1 | 1 << 10)
    assert info(opened, simple("UNLINKAT_2_X", 10, i64(0), i64(3), b"x\0", u32(0))) == (
        "res=0 dirfd=3(<d>/var/log) name=x(/var/log/x) flags=0 "
    )


def test_what_is_null() -> None:
    null = simple("RMDIR_2_X", 10, i64(-14), b"(NULL)\0")
    assert info(null) == "res=-14(EFAULT) path=(NULL)(/tmp/(NULL)) "
    assert info(null, processes=MODERN) == "res=-14(EFAULT) path=<NA>"
    empty = simple("WRITE_X", 10, i64(0), b"")
    assert info(empty) == "res=0 data= "
    assert info(empty, processes=MODERN) == "res=0 data=NULL"


def test_flags_by_bits_and_by_value() -> None:
    text = "fd=3 dirfd=-100(AT_FDCWD) name=/x flags=4099(O_RDWR|O_CLOEXEC) mode=0 "
    assert str(info(openat(3, b"/x", flags=4099))).replace("(<f>/x)", "").startswith(text)
    assert info(simple("SOCKET_E", 10, u32(1), u32(1), u32(0))) == "domain=1(AF_LOCAL) type=1 proto=0 "
    assert info(simple("SOCKET_E", 10, u32(1), u32(1), u32(0)), processes=MODERN) == "domain=1(AF_LOCAL|AF_UNIX) type=1 proto=0"


def test_flags_that_came_later_have_no_name_in_old_captures() -> None:
    in_pidns = 1 << 29
    child = clone(10, 0, flags=in_pidns)
    assert f"flags={in_pidns} " in str(info(child))
    assert f"flags={in_pidns} " in str(info(child, processes=MODERN))


def test_times() -> None:
    sleep = simple("NANOSLEEP_E", 10, u64(1_500_000_000))
    assert info(sleep) == "interval=1500000000(1.5s) "
    assert info(simple("NANOSLEEP_E", 10, b"\xff" * 8)) == "interval=none "


def test_poll_lists() -> None:
    fds = struct.pack("<H", 2) + struct.pack("<qh", 3, 0x31) + struct.pack("<qh", -1, 1)
    assert info(openat(3, b"/x"), simple("POLL_E", 10, fds, i64(10))) == "fds=3:f31 18446744073709551615:?1 timeout=10 "
    assert info(simple("POLL_E", 10, struct.pack("<H", 9), i64(10))) == "fds= timeout=10 "      # says more than it carries


@pytest.mark.parametrize(
    ("tuple_bytes", "text"),
    [
        (bytes([2, 10, 0, 0, 1]) + struct.pack("<H", 80) + bytes([10, 0, 0, 2]) + struct.pack("<H", 81), "10.0.0.1:80->10.0.0.2:81"),
        (bytes([10]) + (b"\0" * 15 + b"\1" + struct.pack("<H", 5)) * 2, "::1:5->::1:5"),
        (bytes([10]) + (b"\0" * 10 + b"\xff\xff\x01\x02\x03\x04" + struct.pack("<H", 5)) * 2, "1.2.3.4:5->1.2.3.4:5"),
        (bytes([1]) + u64(0xAB) + u64(0) + b"/run/s\0", "ab->0 /run/s"),
        (bytes([2, 1]), "INVALID IPv4"),
        (bytes([10, 1]), "INVALID IPv6"),
        (bytes([17, 0]), "family 17"),
        (b"", "NULL"),
    ],
)
def test_socket_tuples(tuple_bytes: bytes, text: str) -> None:
    assert info(simple("CONNECT_X", 10, i64(-1), tuple_bytes)) == f"res=-1(EPERM) tuple={text} "


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (bytes([2, 127, 0, 0, 1]) + struct.pack("<H", 53), "127.0.0.1:53"),
        (bytes([10]) + b"\0" * 15 + b"\1" + struct.pack("<H", 53), "::1:53"),
        (b"\x01/dev/log\0", "/dev/log"),
        (bytes([16]), "family 16"),
    ],
)
def test_socket_addresses(address: bytes, text: str) -> None:
    assert info(simple("BIND_X", 10, i64(-1), address)) == f"res=-1(EPERM) addr={text} "


def test_parameters_shorter_than_their_type_are_read_as_far_as_they_go() -> None:
    assert info(simple("KILL_E", 10, b"\1", b"\x09")) == "pid=1(init) sig=9(SIGKILL) "
    assert info(simple("GETRLIMIT_E", 10, b"")) == "resource=<NA> "


def test_dynamic_parameters() -> None:
    level = simple("SETSOCKOPT_X", 10, i64(0), i64(3), b"\x01", b"\x02", b"\x02" + u32(1), u32(4))
    assert info(level) == "res=0 fd=3 level=1(SOL_SOCKET) optname=2(SO_REUSEADDR) val=1 optlen=4 "
    unknown = simple("SETSOCKOPT_X", 10, i64(0), i64(3), b"\x01", b"\x02", b"\x77" + u32(1), u32(4))
    assert "val=INVALID DYNAMIC PARAMETER" in str(info(unknown))


def test_generic_events_show_none() -> None:
    assert info(simple("GENERIC_E", 10, b"\x07\0", b"\x01\0")) == ""


def test_data_is_cut_in_lines_of_0_29_3_only() -> None:
    data = simple("WRITE_X", 10, i64(200), b"a" * 200)
    assert info(data) == "res=200 data=" + "a" * 77 + "... "
    assert info(data, processes=MODERN) == "res=200 data=" + "a" * 200
    assert values(capture(data, processes=OLD), "evt.args", "evt.arg.data") == [("res=200 data=" + "a" * 200, "a" * 200)]


def test_a_leader_that_left_before_its_threads_keeps_its_name_in_old_lines() -> None:
    thread = clone(10, 11, flags=1 << 13 | 1)
    gone = thread + simple("PROCEXIT_1_E", 10, i64(0), i64(0), b"\0", b"\0") + simple("PROCEXIT_1_E", 11, i64(0), i64(0), b"\0", b"\0")
    told = gone + simple("KILL_E", 1, i64(10), b"\x01")
    assert info(told) == "pid=10(sh) sig=1(SIGHUP) "
    assert info(told, processes=MODERN) == "pid=10 sig=1(SIGHUP)"


def test_old_lines_join_paths_as_0_29_3_does() -> None:
    rmdir = simple("RMDIR_2_X", 10, i64(0), b"a./b..\0")
    assert info(rmdir) == "res=0 path=a./b..(/tmp) "
    assert info(rmdir, processes=MODERN) == "res=0 path=a./b..(/tmp/a./b..)"
    assert info(openat(3, b"notes."), simple("CLOSE_E", 10, i64(3))) == "fd=3(<f>/tmp/notes) "


def test_a_thread_that_nobody_announced_has_no_directory_in_old_lines() -> None:
    rmdir = simple("RMDIR_2_X", 50, i64(0), b"x\0")
    assert info(rmdir) == "res=0 path=x(x) "
    assert info(rmdir, processes=MODERN) == "res=0 path=x(./x)"
    assert info(simple("CHDIR_X", 50, i64(0), b"/etc\0"), rmdir) == "res=0 path=x(/etc/x) "


def test_a_socket_whose_enter_event_was_lost_is_not_in_old_lines() -> None:
    made = simple("SOCKET_X", 10, i64(3))
    close = simple("CLOSE_E", 10, i64(3))
    assert info(made, close) == "fd=3 "
    assert info(openat(3, b"/etc/hosts"), made, close) == "fd=3(<f>/etc/hosts) "
    assert info(made, close, processes=MODERN) == "fd=3(<o>)"
    assert info(made, simple("CLOSE_X", 10, i64(0)), socket(3), close) == "fd=3(<4>) "


def test_a_bind_whose_enter_event_was_lost_leaves_old_lines_alone() -> None:
    events = openat(0, b"/dev/null"), simple("BIND_X", 10, i64(0), sock_address("127.0.0.1", 80)), simple("CLOSE_E", 10, i64(0))
    assert info(*events) == "fd=0(<f>/dev/null) "
    assert info(openat(0, b"/dev/null"), bind(0, sock_address("127.0.0.1", 80)), events[2]) == "fd=0(<4>127.0.0.1:80) "


def test_a_parent_that_nobody_announced_is_called_like_its_child_in_old_lines() -> None:
    events = clone(60, 0, ptid=50, comm=b"job"), simple("KILL_E", 10, i64(50), bytes([9]))
    assert info(*events) == "pid=50(job) sig=9(SIGKILL) "
    assert info(*events, processes=MODERN) == "pid=50(<NA>) sig=9(SIGKILL)"


def test_a_parent_in_a_container_is_made_up_until_its_child_speaks_in_old_lines() -> None:
    kill = simple("KILL_E", 10, i64(50), bytes([9]))
    call = clone(50, 7, vids=(3, 3), comm=b"job")
    assert info(call, kill) == "pid=50(<NA>) sig=9(SIGKILL) "
    assert info(call, clone(60, 0, ptid=50, comm=b"job"), kill) == "pid=50(job) sig=9(SIGKILL) "
    assert info(call, clone(60, 0, ptid=50, comm=b"job"), kill, processes=MODERN) == "pid=50(<NA>) sig=9(SIGKILL)"


def test_a_parent_called_like_its_child_has_its_own_name_once_it_executes() -> None:
    events = clone(60, 0, ptid=50, comm=b"job"), execve(50, comm=b"cat"), simple("KILL_E", 10, i64(50), bytes([9]))
    assert info(*events) == "pid=50(cat) sig=9(SIGKILL) "


def test_a_connect_without_its_address_leaves_old_lines_alone() -> None:
    connect = simple("CONNECT_E", 10, i64(3))
    assert info(socket(3), connect) == "fd=3(<4>) "
    assert info(socket(3), connect, processes=MODERN) == "fd=3(<4>0.0.0.0:0->0.0.0.0:0)"
    bound = socket(3), connect, bind(3, sock_address("127.0.0.1", 80)), simple("CLOSE_E", 10, i64(3))
    assert info(*bound) == "fd=3(<4t>127.0.0.1:80) "


def test_a_connect_after_datagrams_names_the_socket_in_old_lines() -> None:
    unix = socket(3, UNIX, kind=2) + sendto(3, unix_tuple(0, 0xAB, b"/run/s"))
    close = simple("CLOSE_E", 10, i64(3))
    assert info(unix, close) == "fd=3(<u>0->ab /run/s) "
    assert info(unix, simple("CONNECT_E", 10, i64(3), bytes([UNIX]) + b"/run/s\0")) == "fd=3(<u>/run/s) addr=/run/s "


def test_a_userfaultfd_is_no_descriptor_in_old_lines() -> None:
    made = simple("USERFAULTFD_E", 10) + simple("USERFAULTFD_X", 10, i64(3), u32(0))
    close = simple("CLOSE_E", 10, i64(3))
    assert info(made, close) == "fd=3 "
    assert info(made, close, processes=MODERN) == "fd=3(<u>)"
