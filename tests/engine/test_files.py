"""How file descriptors of files come, are copied and go, and what fields say about them."""

import struct

import pytest
from fd_events import O_CLOEXEC, O_DIRECTORY, close, openat, read, with_fds
from process_events import FILES, THREAD, capture, clone, execve, simple, u32, value, values
from scap_builder import i64, text

NAMES = ("fd.num", "fd.type", "fd.typechar", "fd.name", "fd.directory", "fd.filename")
FILE, PIPE, UNIX_SOCKET = 1, 7, 8


def test_open_file_has_its_whole_name() -> None:
    data = capture(openat(3, b"a/../notes.txt"), read(3))
    assert values(data, *NAMES)[-1] == (3, "file", "f", "/tmp/notes.txt", "/tmp", "notes.txt")
    assert values(data, "fd.nameraw", "fd.dev", "fd.dev.major", "fd.dev.minor", "fd.ino")[-1] == ("a/../notes.txt", 0xFE02, 254, 2, 77)


def test_relative_to_a_directory() -> None:
    data = capture(openat(3, b"/var/log", flags=1 | O_DIRECTORY), openat(4, b"../x", dirfd=3), read(4))
    assert value(data, "fd.name") == "/var/x"
    assert value(capture(openat(4, b"x", dirfd=9), read(4)), "fd.name") == "<UNKNOWN>x"
    assert values(data, "fd.type", "fd.name", "fd.directory")[1] == ("directory", "/var/log", "/var/log")


def test_failed_open_is_named_after_the_event() -> None:
    data = capture(openat(-2, b"missing"))
    fields = ("fd.num", "fd.name", "fd.type", "fd.typechar", "fd.directory")
    assert values(data, *fields)[-1] == (-1, "/tmp/missing", None, "f", "/tmp/missing")


def test_enter_event_of_open_has_no_fd() -> None:
    assert values(capture(openat(3, b"/x")), "fd.num", "fd.name")[0] == (-1, None)


def test_other_events_have_no_fd_at_all() -> None:
    assert values(capture(simple("GENERIC_E", 10, b"\0\0", b"\0\0")), "fd.num", "fd.typechar", "fd.uid") == [(None, None, None)]


def test_closed_fd_is_known_until_its_close_has_been_seen() -> None:
    data = capture(openat(3, b"/x"), close(3), read(3))
    assert values(data, "fd.name")[2:] == [("/x",), ("/x",), (None,), ("",)]


def test_failed_close_keeps_the_fd() -> None:
    assert value(capture(openat(3, b"/x"), close(3, result=-9), read(3)), "fd.name") == "/x"


@pytest.mark.parametrize("name", ["DUP_1", "DUP2", "DUP3"])
def test_copies(name: str) -> None:
    more = {"DUP_1": (i64(3),), "DUP2": (i64(3), i64(5)), "DUP3": (i64(3), i64(5), u32(O_CLOEXEC))}[name]
    data = capture(openat(3, b"/x"), simple(f"{name}_E", 10, i64(3)), simple(f"{name}_X", 10, i64(5), *more), read(5))
    assert values(data, "fd.num", "fd.name")[-1] == (5, "/x")


def test_fcntl_copies_only_on_dupfd() -> None:
    def fcntl(command: int) -> bytes:
        return simple("FCNTL_E", 10, i64(3), bytes([command])) + simple("FCNTL_X", 10, i64(7))

    assert value(capture(openat(3, b"/x"), fcntl(1), read(7)), "fd.name") == "/x"
    assert value(capture(openat(3, b"/x"), fcntl(3), read(7)), "fd.name") == ""


def test_pipe() -> None:
    data = capture(simple("PIPE_E"), simple("PIPE_X", 10, i64(0), i64(3), i64(4), struct.pack("<Q", 88)), read(3))
    assert values(data, "fd.num", "fd.type", "fd.ino")[1] == (4, "pipe", 88)
    assert values(data, "fd.num", "fd.typechar", "fd.name", "fd.ino")[-1] == (3, "p", "", 88)


@pytest.mark.parametrize(
    ("event", "kind", "letter"),
    [
        ("EVENTFD_X", "event", "e"),
        ("SIGNALFD_X", "signalfd", "s"),
        ("TIMERFD_CREATE_X", "timerfd", "t"),
        ("INOTIFY_INIT_X", "inotify", "i"),
        ("EPOLL_CREATE1_X", "eventpoll", "l"),
        ("BPF_2_X", "bpf", "b"),
        ("USERFAULTFD_X", "userfaultfd", "u"),
        ("IO_URING_SETUP_X", "io_uring", "r"),
    ],
)
def test_fds_that_have_only_a_type(event: str, kind: str, letter: str) -> None:
    assert values(capture(simple(event, 10, i64(6), i64(0)), read(6)), "fd.num", "fd.type", "fd.typechar")[-1] == (6, kind, letter)


def test_memfd_and_pidfd_have_names() -> None:
    data = capture(simple("MEMFD_CREATE_X", 10, i64(6), b"buffer\0", u32(0)), read(6))
    assert values(data, "fd.type", "fd.name")[-1] == ("memfd", "buffer")
    data = capture(simple("PIDFD_OPEN_X", 10, i64(6), i64(1), u32(0)), read(6))
    assert values(data, "fd.type", "fd.name")[-1] == ("pidfd", "/proc/1")


def test_fork_copies_the_table_and_a_thread_shares_it() -> None:
    forked = capture(openat(3, b"/x"), clone(10, 20), close(3), simple("READ_E", 20, i64(3), u32(1)))
    assert value(forked, "fd.name") == "/x"
    shared = capture(openat(3, b"/x"), clone(10, 20, flags=THREAD | FILES), close(3), simple("READ_E", 20, i64(3), u32(1)))
    assert value(shared, "fd.name") is None


def test_exec_keeps_fds_where_enter_events_are() -> None:
    assert value(capture(openat(3, b"/x", flags=1 | O_CLOEXEC), execve(10), read(3)), "fd.name") == "/x"


def test_exit_event_without_its_fd_takes_the_one_of_the_enter_event_before() -> None:
    interrupted = simple("READ_E", 10, i64(3), u32(8)) + simple("SIGNALDELIVER_E", 10, i64(1), i64(10), b"\1")
    assert values(capture(openat(3, b"/x"), interrupted, simple("READ_X", 10, i64(2), b"xy")), "fd.num", "fd.name")[-1] == (3, "/x")
    assert value(capture(simple("READ_X", 10, i64(2), b"xy")), "fd.num") == 0


def test_exit_only_captures_name_the_fd_themselves() -> None:
    newest = simple("CLOSE_X", 10, i64(0), i64(77))  # libs 0.20 never wrote the fd there
    whole = simple("READ_X", 10, i64(2), b"xy", i64(3), u32(8))
    opened = simple("OPENAT_2_X", 10, i64(3), i64(-100), b"/x\0", u32(1 | O_CLOEXEC), u32(0), u32(0), struct.pack("<Q", 0))
    duplicate = simple("FCNTL_X", 10, i64(9), i64(3), b"\1", i64(0))
    assert values(capture(newest, opened, whole), "fd.num", "fd.name")[-1] == (3, "/x")
    again = simple("READ_X", 10, i64(2), b"xy", i64(9), u32(8))
    assert value(capture(newest, opened, duplicate, again), "fd.name") == "/x"
    gone = simple("CLOSE_RANGE_X", 10, i64(0), u32(3), u32(5), u32(0))
    assert value(capture(newest, opened, gone, whole), "fd.name") == ""


def test_fds_of_the_list() -> None:
    entries = [(0, FILE, text(b"/dev/null")), (1, PIPE, text(b"pipe:[7]")), (4000, UNIX_SOCKET, struct.pack("<QQ", 1, 2) + text(b"/run/s"))]
    data = with_fds(entries, read(0), read(1), read(4000))
    known = values(data, "fd.name", "fd.typechar", "fd.ino")[::2]
    assert known == [("/dev/null", "f", 42), ("pipe:[7]", "p", 42), ("/run/s", "u", 42)]
    assert values(data, "fd.types", "fd.types[1]")[-1] == (["unix", "pipe", "file"], ["pipe"])


def test_container_names() -> None:
    data = capture(openat(3, b"/etc/hosts"))
    assert values(data, "fd.containername", "fd.containerdirectory", "fd.uid")[-1] == (":/etc/hosts", ":/etc", "103")


def test_table_takes_no_more_than_libs_does() -> None:
    opened = b"".join(openat(number, b"/x") for number in range(4100))
    data = capture(opened, read(4095), read(4096))
    assert [row[0] for row in values(data, "fd.type")[-4::2]] == ["file", None]


def test_negative_and_huge_numbers() -> None:
    data = capture(openat(2**62, b"/far"), read(2**62), read(-5))
    assert values(data, "fd.num", "fd.name")[-4:] == [(2**62, "/far"), (2**62, "/far"), (-5, None), (-5, "")]
