"""Compiling, loading and reading back, on the running kernel."""

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from csyspy.capture.live import cache
from csyspy.capture.live.compile import Module, compile_module
from csyspy.capture.live.load import Loaded, tracepoint_number
from csyspy.capture.live.maps import Map, possible_cpus
from csyspy.capture.live.ring import RingReader
from csyspy.capture.live.syscalls import programs_loaded
from csyspy.errors import LiveError

pytestmark = pytest.mark.usefixtures("kernel")

GETPPID = 110
SOURCE = """
BPF_HASH(counts, u32, u64, 10240);
BPF_PERCPU_ARRAY(total, u64, 1);
BPF_ARRAY(watched, u32, 1);
BPF_RINGBUF_OUTPUT(ring, 16);
int csp_exit(struct bpf_raw_tracepoint_args *ctx)
{
  struct pt_regs *regs = (void *)ctx->args[0];
  u64 number = 0, nothing = 0, *count;
  int zero = 0;
  u32 key, *pid = watched.lookup(&zero);
  if (!pid || *pid != bpf_get_current_pid_tgid() >> 32)
    return 0;
  bpf_probe_read_kernel(&number, sizeof(number), &regs->orig_ax);
  key = number;
  count = counts.lookup_or_try_init(&key, &nothing);
  if (count)
    (*count)++;
  count = total.lookup(&zero);
  if (count)
    (*count)++;
  ring.ringbuf_output(&number, sizeof(number), 1);
  return 0;
}
int csp_tasks(u64 *ctx)
{
  char *task = (char *)ctx[1];
  u32 ids[2];
  if (!task)
    return 0;
  ids[0] = *(u32 *)(task + O_task_struct_tgid);
  ids[1] = *(u32 *)(task + O_task_struct_pid);
  bpf_seq_write((void *)*(u64 *)ctx[0], ids, sizeof(ids));
  return 0;
}
"""


@pytest.fixture(scope="module")
def module() -> Module:
    return compile_module("test", [SOURCE])


def watch_self(loaded: Loaded) -> None:
    loaded.map("watched").update(b"\0" * 4, struct.pack("<I", os.getpid()))


def table(counts: Map) -> dict[int, int]:
    count, keys, values = counts.entries_read()
    return dict(zip(struct.unpack(f"<{count}I", keys), struct.unpack(f"<{count}Q", values), strict=True))


def test_counts_what_happens(module: Module) -> None:
    with Loaded(module) as loaded:
        reader = RingReader(loaded.map("ring").fd, loaded.map("ring").entries)
        loaded.attach_raw("csp_exit", "sys_exit")
        watch_self(loaded)
        for _ in range(1000):
            os.getppid()
        loaded.detach("csp_exit")
        assert table(loaded.map("counts"))[GETPPID] == 1000
        per_cpu = loaded.map("total").lookup(b"\0" * 4)
        assert per_cpu is not None
        total = sum(struct.unpack(f"<{possible_cpus()}Q", per_cpu))
        records = reader.drain()
        assert len(records) == total
        assert records.count(struct.pack("<Q", GETPPID)) == 1000
        assert reader.waiting_bytes == 0
        reader.close()


def test_detached_means_still(module: Module) -> None:
    with Loaded(module) as loaded:
        loaded.attach_raw("csp_exit", "sys_exit")
        watch_self(loaded)
        loaded.detach("csp_exit")
        loaded.map("counts").clear()
        os.getppid()
        assert table(loaded.map("counts")) == {}
        loaded.attach_raw("csp_exit", "sys_exit")
        os.getppid()
        assert table(loaded.map("counts"))[GETPPID] == 1


def test_iterates_over_all_threads(module: Module) -> None:
    with Loaded(module) as loaded:
        pairs = set(struct.iter_unpack("<II", loaded.iterate("csp_tasks", "task")))
    assert (os.getpid(), os.getpid()) in pairs
    assert {int(name) for name in os.listdir("/proc") if name.isdecimal()} & {pid for pid, _ in pairs}


def test_nothing_is_left_open(module: Module) -> None:
    before = set(os.listdir("/proc/self/fd"))
    with Loaded(module) as loaded:
        loaded.attach_raw("csp_exit", "sys_exit")
        loaded.iterate("csp_tasks", "task")
    assert set(os.listdir("/proc/self/fd")) == before


def test_the_second_time_it_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    first = compile_module("test", [SOURCE])
    second = compile_module("test", [SOURCE])
    assert (first.cached, second.cached) == (False, True)
    assert first.functions == second.functions


def test_bytecode_of_any_length_comes_through() -> None:
    body = "volatile u64 x = 0; " + "x++; " * 300
    module = compile_module("large", [f"int csp_{i}(void *ctx) {{ {body} return 0; }}" for i in range(10)])
    assert sum(len(code) for code in module.functions.values()) > 2**16


def test_c_that_does_not_compile_is_said_in_a_line() -> None:
    with pytest.raises(LiveError, match=r"broken does not compile here: .*unknown_thing"):
        compile_module("broken", ["int csp_x(void *ctx) { return unknown_thing; }"])


def test_a_program_that_the_verifier_refuses_is_said_in_a_line() -> None:
    module = compile_module("unsafe", ["int csp_x(struct bpf_raw_tracepoint_args *ctx) { return *(int *)ctx->args[0]; }"])
    with Loaded(module) as loaded, pytest.raises(LiveError, match=r"refuses the program csp_x: .*invalid"):
        loaded.attach_raw("csp_x", "sys_exit")


def test_a_tracepoint_that_is_not_there(module: Module) -> None:
    with Loaded(module) as loaded, pytest.raises(LiveError, match="no_such_thing"):
        loaded.attach_raw("csp_exit", "no_such_thing")
    with pytest.raises(LiveError, match=r"no tracepoint raw_syscalls:none|tracefs"):
        tracepoint_number("raw_syscalls", "none")


def test_maps(module: Module) -> None:
    with Loaded(module, {"counts": 5000}) as loaded:
        counts = loaded.map("counts")
        assert counts.entries == 5000
        for number in range(3000):
            counts.update(struct.pack("<I", number), struct.pack("<Q", number * 2))
        assert table(counts) == {number: number * 2 for number in range(3000)}
        assert counts.lookup(struct.pack("<I", 7)) == struct.pack("<Q", 14)
        assert counts.lookup(struct.pack("<I", 7000)) is None
        assert counts.delete(struct.pack("<I", 7))
        assert not counts.delete(struct.pack("<I", 7))
        count, _, _ = counts.entries_read(delete=True)
        assert count == 2999
        assert list(counts.keys()) == []
        with pytest.raises(ValueError, match="4 bytes"):
            counts.lookup(b"1")


def test_maps_one_by_one_read_the_same(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loaded(module) as loaded:
        counts = loaded.map("counts")
        for number in range(2000):
            counts.update(struct.pack("<I", number), struct.pack("<Q", number))
        monkeypatch.setattr(Map, "_read_batches", lambda *_: -1)
        assert table(counts) == {number: number for number in range(2000)}


KILLED = """
import re, sys, time
from csyspy.capture.live.compile import compile_module
from csyspy.capture.live.load import Loaded
loaded = Loaded(compile_module("test", [sys.stdin.read()]))
loaded.attach_raw("csp_exit", "sys_exit")
fd = loaded.program_fds()["csp_exit"]
print(re.search(r"prog_id:\\s*(\\d+)", open(f"/proc/self/fdinfo/{fd}").read())[1], flush=True)
time.sleep(60)
"""


def test_kill_9_leaves_no_probe_behind() -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(SOURCE)
    child.stdin.close()
    number = int(child.stdout.readline())
    assert number in programs_loaded()
    child.kill()
    child.wait()
    child.stdout.close()
    give_up = time.monotonic() + 10
    while number in programs_loaded():  # the kernel frees them a moment later
        assert time.monotonic() < give_up
        time.sleep(0.01)
