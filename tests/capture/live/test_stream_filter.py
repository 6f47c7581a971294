"""Live text with a filter: the kernel leaves out what fails it, and nothing else."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csyspy.capture.live import stream
from csyspy.capture.live.stream import LiveSource, StreamOptions
from csyspy.filters import parse
from csyspy.filters.kernel_split import split

pytestmark = [pytest.mark.usefixtures("kernel"), pytest.mark.xdist_group("live")]

CSYSPY = Path(sys.executable).with_name("csyspy")
ATTEMPTS = 3
FORMAT = "*%evt.dir %evt.type %proc.name %thread.tid %fd.num %fd.name %evt.rawres"
WORK = """
import os, socket, subprocess, sys, threading
print("ready", flush=True); sys.stdin.readline()
left, right = socket.socketpair()
left.send(b"hello"); right.recv(9)
open("/etc/hostname").read()
try: open("/nothing/there")
except OSError: pass
thread = threading.Thread(target=lambda: open("/etc/hosts").read()); thread.start(); thread.join()
subprocess.run(["/bin/cat", "/etc/hostname"], stdout=subprocess.DEVNULL)
os.close(os.dup(0))
print("done", flush=True); sys.stdin.readline()
"""


def hooks_of(process: "subprocess.Popen[bytes]") -> int:
    """How much a csyspy holds in the kernel."""
    count = 0
    for entry in os.scandir(f"/proc/{process.pid}/fd"):
        try:
            target = os.readlink(entry.path)
        except OSError:
            continue
        count += "bpf" in target or "perf_event" in target
    return count


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def by_thread(lines: list[str]) -> dict[str, list[str]]:
    """The lines of each thread: two watchers take the time one after the other, so what two CPUs do at once may swap between them."""
    threads: dict[str, list[str]] = {}
    for line in lines:
        threads.setdefault(line.split(" ")[3], []).append(line)
    return threads


def is_settled(process: "subprocess.Popen[bytes]") -> bool:
    before = hooks_of(process)
    time.sleep(0.4)
    return before > 0 and hooks_of(process) == before


@pytest.mark.parametrize(
    "text",
    [
        "proc.name={name}",
        "proc.name={name} and evt.type=openat",
        "proc.name={name} and evt.failed=true",
        "proc.pid={pid} and fd.type=unix",
        "proc.pid={pid} and not evt.type in (openat, mmap, read)",
        "proc.aname={name} or proc.pid={pid} and evt.type=dup",
        "user.uid=0 and evt.type in (openat, close) and proc.pid={pid}",
        "container.id=host and proc.pid={pid} and evt.type=openat",
    ],
)
def test_the_same_events_with_and_without_the_kernels_part(text: str, tmp_path: Path) -> None:
    """-d keeps the filter from everything but what is shown."""
    (tmp_path / "cspwork").symlink_to(sys.executable)
    for _ in range(ATTEMPTS):
        filtered, whole = watched(text, tmp_path)
        if filtered:
            break
    assert filtered
    assert filtered == whole


def watched(text: str, tmp_path: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What both watchers print; nothing where the machine was so busy that one that was not ready yet seemed to be."""
    work = subprocess.Popen([str(tmp_path / "cspwork"), "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert work.stdin is not None
    assert work.stdout is not None
    assert work.stdout.readline() == b"ready\n"
    shown = text.format(name="cspwork", pid=work.pid)
    outputs = [tmp_path / "filtered", tmp_path / "whole"]
    watchers = []
    try:
        for output, more in zip(outputs, ([], ["-d"]), strict=True):
            with output.open("wb") as file:
                command = [str(CSYSPY), "-M", "60", *more, "-p", FORMAT, shown]
                watchers.append(subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE))
        wait_for(lambda: all(is_settled(watcher) for watcher in watchers))
        work.stdin.write(b"go\n")
        work.stdin.flush()
        assert work.stdout.readline() == b"done\n"
        time.sleep(0.5)
    finally:
        for watcher in watchers:
            watcher.terminate()
        said = [watcher.communicate()[1] for watcher in watchers]
        work.kill()
        work.communicate()
    if any(b"LOST" in text for text in said):
        pytest.skip("the machine is so busy that events were lost, which no comparison survives")
    filtered, whole = (by_thread(output.read_text(errors="replace").splitlines()) for output in outputs)
    return filtered, whole


def test_nothing_is_hooked_until_a_name_appears_and_again_when_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "REST_S", 1.0)
    (tmp_path / "cspsleep").symlink_to("/bin/sleep")
    source = LiveSource(StreamOptions(kernel_filter=split(parse("proc.name=cspsleep"))))
    try:
        for _ in range(2):
            wait_for(lambda: source.read() is not None and "stream_exit" not in source.attached())
            child = subprocess.Popen([str(tmp_path / "cspsleep"), "60"])
            wait_for(lambda: source.read() is not None and "stream_exit" in source.attached())
            child.kill()
            child.wait()
        wait_for(lambda: source.read() is not None and "stream_exit" not in source.attached())
    finally:
        source.close()
