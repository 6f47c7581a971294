"""Work whose system calls are known: run as a program, it does one thing after the other and tells on its output what it did, as JSON.

Arguments: a folder to work in. Everything stays on this machine.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
done: dict[str, Any] = {}


def raw(number: int, *arguments: Any) -> int:
    """A system call by its number."""
    return int(LIBC.syscall(number, *arguments))


def files(folder: Path) -> None:
    path = str(folder / "file")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    done["written"] = os.write(fd, b"hello, kernel\n" * 10)
    os.pwrite(fd, b"HELLO", 3)
    os.lseek(fd, 0, os.SEEK_SET)
    done["read"] = len(os.read(fd, 4096))
    os.pread(fd, 5, 3)
    os.writev(fd, [b"one ", b"two ", b"three"])
    os.lseek(fd, 0, os.SEEK_SET)
    os.readv(fd, [bytearray(3), bytearray(200)])
    os.preadv(fd, [bytearray(4)], 1)
    os.pwritev(fd, [b"abc", b"def"], 2)
    other = os.dup(fd)
    os.dup2(fd, other)
    fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.fchmod(fd, 0o600)
    os.fchown(fd, 0, 0)
    os.ftruncate(fd, 3)
    os.close(other)
    os.close(fd)
    done["file"] = path
    done["ino"] = os.stat(path).st_ino


def names(folder: Path) -> None:
    os.chdir(folder)
    os.mkdir("folder", 0o750)
    os.rename("file", "folder/renamed")
    os.link("folder/renamed", "linked")
    os.symlink("linked", "symbolic")
    os.chmod("linked", 0o4755)
    os.chown("linked", 1, 2)
    os.access("linked", os.R_OK | os.X_OK)
    os.readlink("symbolic")
    for missing in ("nothing-1", "nothing-2", "nothing-3"):
        try:
            os.open(missing, os.O_RDONLY)
        except FileNotFoundError as error:
            done.setdefault("failures", []).append(error.errno)
    at = os.open("folder", os.O_RDONLY | os.O_DIRECTORY)
    os.mkdir("inner", dir_fd=at)
    os.rename("renamed", "again", src_dir_fd=at, dst_dir_fd=at)
    os.unlink("again", dir_fd=at)
    os.rmdir("inner", dir_fd=at)
    os.fchdir(at)
    os.chdir("..")
    os.close(at)
    for name in ("linked", "symbolic"):
        os.unlink(name)
    os.rmdir("folder")
    os.getcwd()
    raw(2, b"/etc/hostname", 0)
    raw(85, b"made", 0o600)
    raw(87, b"made")
    raw(4, b"/etc/passwd", ctypes.create_string_buffer(256))
    raw(6, b"/etc/passwd", ctypes.create_string_buffer(256))
    raw(21, b"/etc/passwd", 4)
    raw(82, b"none", b"other")
    raw(83, b"legacy", 0o700)
    raw(84, b"legacy")
    raw(86, b"none", b"other")
    raw(88, b"target", b"legacy-link")
    raw(87, b"legacy-link")
    raw(90, b"none", 0o644)
    raw(92, b"none", 0, 0)
    raw(94, b"none", 0, 0)
    raw(133, b"node", 0o10644, 0)
    raw(87, b"node")
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    raw(437, -100, b"/etc/passwd", how, 24)
    raw(316, -100, b"none", -100, b"other", 1)
    raw(437, -100, None, how, 24)


def descriptors() -> None:
    left, right = os.pipe2(os.O_CLOEXEC)
    raw(22, (ctypes.c_int * 2)())
    os.write(right, b"through the pipe")
    done["piped"] = len(os.read(left, 100))
    poll = select.poll()
    poll.register(left, select.POLLIN)
    poll.register(right, select.POLLOUT)
    poll.poll(10)
    select.select([left], [right], [], 0.01)
    epoll = select.epoll()
    epoll.register(right, select.EPOLLOUT)
    epoll.poll(0.01, 3)
    epoll.close()
    raw(213, 8)
    raw(290, 3, os.O_NONBLOCK)
    raw(284, 3)
    raw(283, 1, 0)
    raw(294, 0)
    raw(253)
    raw(289, -1, (ctypes.c_uint64 * 1)(1 << 9), 8, 0)
    raw(319, b"in memory", 1)
    raw(323, 0o2000000 | 1)
    raw(434, os.getpid(), 0)
    raw(40, right, left, None, 4)
    raw(275, left, None, right, None, 4, 2)
    raw(326, left, None, right, None, 4, 0)
    os.close(left)
    os.close(right)
    raw(436, 900, 950, 0)


def _serve(listener: socket.socket, count: list[int]) -> None:
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(4096):
            count.append(len(data))
            connection.sendall(data.upper())


def _talk(family: int, address: Any, key: str) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        if family != socket.AF_UNIX:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(5)
        where = listener.getsockname()
        counts: list[int] = []
        server = threading.Thread(target=_serve, args=(listener, counts))
        server.start()
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.connect(where)
            client.sendall(b"across a socket")
            client.recv(100)
            client.sendmsg([b"in ", b"two parts"])
            client.recvmsg(100)
            client.getpeername()
            client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            client.shutdown(socket.SHUT_WR)
        server.join()
    done[key] = sum(counts)
    if family != socket.AF_UNIX:
        done[key + "_port"] = where[1]


def sockets(folder: Path) -> None:
    _talk(socket.AF_INET, ("127.0.0.1", 0), "tcp")
    if socket.has_ipv6:
        try:
            _talk(socket.AF_INET6, ("::1", 0), "tcp6")
        except OSError:
            done["tcp6"] = 0
    _talk(socket.AF_UNIX, str(folder / "socket"), "unix")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        two.sendto(b"a datagram", one.getsockname())
        done["udp"] = len(one.recvfrom(100)[0])
        done["udp_port"] = one.getsockname()[1]
    left, right = socket.socketpair()
    left.send(b"pair")
    right.recv(10)
    left.close()
    right.close()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as refused:
        try:
            refused.connect(("127.0.0.1", 1))
        except OSError as error:
            done["refused"] = error.errno
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))


def processes() -> None:
    child = os.fork()
    if child == 0:
        os._exit(7)
    done["forked"] = child
    done["exit_code"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    child = os.fork()
    if child == 0:
        os.execve("/bin/echo", ["echo", "from", "exec"], {"MARK": "environment of exec", "PATH": "/bin"})
    done["executed"] = child
    os.waitpid(child, 0)
    child = os.fork()
    if child == 0:
        try:
            os.execve("/no/such/program", ["such", "arguments"], {"NONE": "1"})
        except OSError as error:
            os._exit(error.errno)
    done["exec_failed"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    child = os.fork()
    if child == 0:
        signal.pause()
    time.sleep(0.05)
    os.kill(child, signal.SIGTERM)
    done["killed"] = child
    os.waitpid(child, 0)
    ready = threading.Event()
    thread = threading.Thread(target=ready.set)
    thread.start()
    thread.join()
    child = os.fork()
    if child == 0:
        os.setgid(12345)
        os.setresuid(54321, 54321, 54321)
        os.getresuid()
        os.getresgid()
        os.setsid()
        try:
            os.setuid(0)
        except PermissionError:
            os._exit(0)
        os._exit(1)
    os.waitpid(child, 0)
    child = os.fork()
    if child == 0:
        raw(272, 0x20000000)      # its children count in a pid namespace of their own
        inner = os.fork()
        if inner == 0:
            os._exit(0)
        os.waitpid(inner, 0)
        os._exit(0)
    done["outside"] = child
    os.waitpid(child, 0)
    raw(200, os.getpid(), 0)
    raw(234, os.getpid(), os.getpid(), 0)
    raw(109, 0, 0)
    raw(113, -1, -1)
    raw(114, -1, -1)
    raw(126, None, None)
    for number in (102, 104, 107, 108, 110, 39):
        raw(number)
    raw(157, 15, b"renamed")
    raw(157, 15, b"workload")
    raw(101, 7, -1, 0, 0)
    raw(317, 9, 0, None)
    raw(321, 99, None, 0)
    raw(272, 0)
    raw(308, -1, 0)


def memory() -> None:
    area = mmap.mmap(-1, 1 << 16)
    area.write(b"x" * 100)
    area.close()
    raw(10, None, 0, 1)
    raw(12, 0)
    raw(149, None, 0)
    raw(150, None, 0)
    raw(151, 0)
    raw(152)
    raw(325, None, 0, 0)
    resource.getrlimit(resource.RLIMIT_NOFILE)
    raw(97, 7, (ctypes.c_uint64 * 2)())
    raw(160, 4, (ctypes.c_uint64 * 2)(0, 0))
    raw(202, (ctypes.c_int * 1)(1), 0, 2, None)
    raw(64, 0x5EED, 1, 0o1600)
    raw(65, -1, (ctypes.c_uint16 * 6)(1, 2, 0o4000, 3, 4, 0), 2)
    raw(66, -1, 0, 0)
    raw(35, (ctypes.c_uint64 * 2)(0, 1000), None)
    raw(271, None, 0, (ctypes.c_uint64 * 2)(0, 1000), None, 8)
    raw(161, b"/no/such/root")
    raw(165, b"device", b"/no/such/place", b"nothing", 0, None)
    raw(166, b"/no/such/place", 2)
    raw(179, 0x80000700, b"special", 0, None)
    raw(175, None, 0, b"")
    raw(313, -1, b"", 0)
    raw(176, b"no_such_module", 0o4000)
    raw(250, 0, -1, 0)
    raw(304, -1, None, 0)
    raw(310, os.getpid(), None, 0, None, 0, 0)
    raw(311, os.getpid(), None, 0, None, 0, 0)
    raw(332, -100, b"/etc/passwd", 0, 0xFFF, ctypes.create_string_buffer(256))
    raw(425, 4, None)
    raw(426, -1, 0, 0, 0, None, 0)
    raw(427, -1, 0, None, 0)
    raw(431, -1, 0, None, None, 0)


def main() -> None:
    """Do all of it in the folder that the first argument names."""
    folder = Path(sys.argv[1])
    done["pid"] = os.getpid()
    work: tuple[Callable[[], None], ...] = (
        lambda: files(folder),
        lambda: names(folder),
        descriptors,
        lambda: sockets(folder),
        processes,
        memory,
    )
    for one in work:
        one()
    assert done["failures"] == [errno.ENOENT] * 3
    print(json.dumps(done))


if __name__ == "__main__":
    main()
