"""The kernel's part of a filter, on the running kernel: what passes and what does not."""

import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.prefilter import Prefilter, call_masks, has_fd
from csyspy.events.kernel_filter import KernelFilter
from csyspy.filters import parse
from csyspy.filters.kernel_split import split

pytestmark = pytest.mark.usefixtures("kernel")

READ, WRITE, CLOSE, OPENAT, SENDTO, RECVFROM = 0, 1, 3, 257, 44, 45
COUNTER = """
struct wanted { u32 clauses, has_fd, wanted; };
struct seen { u32 pid, nr; };
BPF_ARRAY(calls, struct wanted, 512);
BPF_HASH(passed, struct seen, u64, 65536);
int count_exit(struct bpf_raw_tracepoint_args *ctx)
{
  struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
  u64 nr = 0, nothing = 0, *count, pid_tgid = bpf_get_current_pid_tgid();
  struct wanted *wanted;
  struct seen seen = { .pid = pid_tgid >> 32 };
  u32 key;
  bpf_probe_read_kernel(&nr, 8, (void *)((u64)regs + O_pt_regs_orig_ax));
  key = seen.nr = nr;
  wanted = calls.lookup(&key);
  if (!wanted || !wanted->wanted || !prefilter(wanted->clauses, wanted->has_fd, regs, ctx->args[1], pid_tgid))
    return 0;
  count = passed.lookup_or_try_init(&seen, &nothing);
  if (count)
    __sync_fetch_and_add(count, 1);
  return 0;
}
"""


class Running:
    """A filter's kernel part in front of a counter."""

    def __init__(self, loaded: Loaded, prefilter: Prefilter) -> None:
        self.loaded = loaded
        self.prefilter = prefilter

    def passed(self) -> dict[tuple[int, int], int]:
        """(process, system call) -> how often it passed."""
        count, keys, values = self.loaded.map("passed").entries_read()
        numbers = struct.iter_unpack("=II", keys)
        return {(pid, nr): number for (pid, nr), (number,) in zip(numbers, struct.iter_unpack("=Q", values), strict=True)} if count else {}

    def calls_of(self, pid: int) -> set[int]:
        """System calls of a process that passed."""
        return {nr for of, nr in self.passed() if of == pid}


@contextmanager
def running(text: str, container_of: Callable[[int], str | None] | None = None) -> Iterator[Running]:
    kernel: KernelFilter = split(parse(text))
    prefilter = Prefilter(kernel, container_of)
    with Loaded(compile_module("test_prefilter", [*prefilter.sources, COUNTER])) as loaded:
        for nr, mask in call_masks(kernel, {}).items():
            loaded.map("calls").update(struct.pack("=I", nr), struct.pack("=III", mask, has_fd(nr), 1))
        prefilter.start(loaded)
        loaded.attach_raw("count_exit", "sys_exit")
        yield Running(loaded, prefilter)


def called(name: str, folder: Path, words: Sequence[str], program: str = "/bin/cat") -> int:
    """Run a program under a name; its pid."""
    link = folder / name
    if not link.exists():
        link.symlink_to(program)
    child = subprocess.Popen([str(link), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    child.wait()
    return child.pid


def test_names_and_types(tmp_path: Path) -> None:
    with running("proc.name=cspnano and evt.type=openat") as probe:
        other, wanted = called("cspother", tmp_path, ["/etc/hostname"]), called("cspnano", tmp_path, ["/etc/hostname"])
        assert probe.calls_of(other) == set()
        assert probe.calls_of(wanted) == {OPENAT}
        assert {pid for pid, _ in probe.passed()} == {wanted}


def test_presence(tmp_path: Path) -> None:
    with running("proc.name=cspsleep") as probe:
        assert probe.prefilter.waits
        assert not probe.prefilter.present(probe.loaded)
        (tmp_path / "cspsleep").symlink_to("/bin/sleep")
        child = subprocess.Popen([str(tmp_path / "cspsleep"), "60"])
        try:
            wait_for(lambda: probe.prefilter.present(probe.loaded))
        finally:
            child.kill()
            child.wait()
        wait_for(lambda: not probe.prefilter.present(probe.loaded))


def test_who_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "cspcat").symlink_to("/bin/cat")
    child = subprocess.Popen([str(tmp_path / "cspcat")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    wait_for(lambda: Path(f"/proc/{child.pid}/comm").read_text() == "cspcat\n")
    try:
        with running("proc.name in (cspcat, cspdog) and evt.type in (read, write)") as probe:
            assert probe.prefilter.present(probe.loaded)
            child.stdin.write(b"x\n")
            child.stdin.flush()
            assert child.stdout.readline() == b"x\n"
            assert probe.calls_of(child.pid) >= {READ, WRITE}
            child.stdin.close()
            child.wait()
            wait_for(lambda: not probe.prefilter.present(probe.loaded))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_name_set_later_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "cspfirst").symlink_to("/usr/bin/python3")
    script = "import time; open('/proc/self/comm', 'w').write('cspsecond'); open('/etc/hostname').close()"
    with running("proc.name=cspfirst and evt.type=close") as probe:
        assert probe.calls_of(called("cspfirst", tmp_path, ["-c", script], "/usr/bin/python3")) == {CLOSE}
    with running("proc.name=cspsecond and evt.type=close") as probe:
        assert probe.calls_of(called("cspfirst", tmp_path, ["-c", script], "/usr/bin/python3")) == set()


def test_numbers() -> None:
    with running(f"proc.pid in ({os.getpid()}, 1) and evt.type=close") as probe:
        os.close(os.dup(2))
        assert {pid for pid, _ in probe.passed()} <= {os.getpid(), 1}
        assert CLOSE in probe.calls_of(os.getpid())
    many = ", ".join(map(str, [os.getpid(), *range(1_000_000, 1_000_020)]))
    with running(f"proc.pid in ({many}) and evt.type=close") as probe:
        os.close(os.dup(2))
        assert {pid for pid, _ in probe.passed()} == {os.getpid()}
    with running(f"thread.tid={os.getpid()} and evt.type=openat and evt.failed=true") as probe:
        os.close(os.open("/etc/hostname", os.O_RDONLY))
        assert probe.calls_of(os.getpid()) == set()
        assert not os.path.exists("/nothing/there")  # a stat
        with pytest.raises(OSError):
            os.open("/nothing/there", os.O_RDONLY)
        assert probe.calls_of(os.getpid()) == {OPENAT}


def test_users(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with running("user.uid=65534 and evt.type=openat") as probe:
        child = subprocess.Popen(["/bin/cat", "/etc/hostname"], user=65534, stdout=subprocess.DEVNULL)
        child.wait()
        other = called("cspother", tmp_path, ["/etc/hostname"])
        assert probe.calls_of(child.pid) == {OPENAT}
        assert probe.calls_of(other) == set()


def test_kinds_of_descriptors() -> None:
    left, right = socket.socketpair()
    with left, right, open("/etc/hostname", "rb", buffering=0) as file, running(f"fd.type=unix and proc.pid={os.getpid()}") as probe:
        file.read(1)
        assert READ not in probe.calls_of(os.getpid())
        left.send(b"x")
        right.recv(1)
        assert probe.calls_of(os.getpid()) >= {SENDTO, RECVFROM}
        os.write(left.fileno(), b"x")
        assert WRITE in probe.calls_of(os.getpid())


def test_containers() -> None:
    """Until it is told whose a cgroup is, the kernel lets it pass."""
    with running(f"container.id=abc and proc.pid={os.getpid()} and evt.type=close", lambda pid: "host") as probe:
        os.close(os.dup(2))
        assert (os.getpid(), CLOSE) in probe.passed()
        assert probe.prefilter.learn_containers(probe.loaded) >= 1
        before = probe.passed()[os.getpid(), CLOSE]
        os.close(os.dup(2))
        assert probe.passed()[os.getpid(), CLOSE] == before
    with running(f"container.id!=abc and proc.pid={os.getpid()} and evt.type=close", lambda pid: "host") as probe:
        os.close(os.dup(2))
        probe.prefilter.learn_containers(probe.loaded)
        before = probe.passed()[os.getpid(), CLOSE]
        os.close(os.dup(2))
        assert probe.passed()[os.getpid(), CLOSE] > before


def test_one_shape_is_compiled_once() -> None:
    texts = ["proc.name=one and proc.pid=3", "proc.name=two and proc.pid=4"]
    first, second = (Prefilter(split(parse(text))).sources for text in texts)
    assert first == second


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)
