"""What a program has from before it, where only its own name passes the filter: descriptors, working directory and session."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from .conftest import COMMAND, DEADLINE_S, recording

pytestmark = [pytest.mark.usefixtures("kernel", "root_user"), pytest.mark.xdist_group("live")]

NAME = "cspheir"
WORK = """
import os, sys
for fd in map(int, sys.argv[1:]):
    try: os.read(fd, 0)
    except OSError: pass
"""
FORMAT = "*%fd.num %proc.cwd %proc.sid %fd.type %fd.name"


def _left_behind(folder: Path, stack: ExitStack) -> dict[int, str]:
    """Descriptors of many kinds, and what each is to be called."""
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    client = stack.enter_context(socket.create_connection(server.getsockname()))
    accepted = stack.enter_context(server.accept()[0])
    datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    datagrams.bind(("127.0.0.1", 0))
    local = stack.enter_context(socket.socket(socket.AF_UNIX))
    local.bind(str(folder / "socket"))
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    stack.callback(os.close, writing)
    opened = [os.open(folder / "in", os.O_RDONLY), os.open(folder, os.O_RDONLY), os.eventfd(0)]
    for fd in opened:
        stack.callback(os.close, fd)
    port, its_port = server.getsockname()[1], client.getsockname()[1]
    connection = f"ipv4 127.0.0.1:{its_port}->127.0.0.1:{port}" if its_port > port else f"ipv4 127.0.0.1:{port}->127.0.0.1:{its_port}"
    return {
        server.fileno(): f"ipv4 127.0.0.1:{port}",
        client.fileno(): connection,
        accepted.fileno(): connection,
        datagrams.fileno(): f"ipv4 127.0.0.1:{datagrams.getsockname()[1]}",
        local.fileno(): f"unix {folder}/socket",
        reading: "pipe",
        opened[0]: f"file {folder}/in",
        opened[1]: f"directory {folder}",
        opened[2]: "event",
    }


def test_what_was_done_before_the_program_is_known_of_it(tmp_path: Path, sysdig: str) -> None:
    """A shell changes the directory and redirects; its own calls fail the filter. sysdig takes the recording as csyspy does."""
    program = tmp_path / NAME
    program.symlink_to(Path(sys.executable).resolve())
    (tmp_path / "in").write_text("in")
    (tmp_path / "there").mkdir()
    path = tmp_path / "heir.scap"
    with ExitStack() as stack:
        waiting = subprocess.Popen([program, "-c", "open(0).read()"], stdin=subprocess.PIPE)  # with one there, everything is hooked
        stack.enter_context(waiting)
        wanted = _left_behind(tmp_path, stack) | {0: f"file {tmp_path}/in", 1: f"file {tmp_path}/out"}
        words = " ".join(["-c", '"$0"', *map(str, wanted)])
        shell = f"cd {tmp_path}/there && {program} {words} <{tmp_path}/in >{tmp_path}/out"
        for fd in wanted.keys() - {0, 1}:
            os.set_inheritable(fd, True)
        with recording(path, f"proc.name={NAME}") as process:
            heir = subprocess.Popen(["/bin/sh", "-c", shell, WORK], close_fds=False, start_new_session=True)
            assert heir.wait(DEADLINE_S) == 0
            time.sleep(0.5)  # what the ring holds is read within that time
            waiting.communicate()
        assert process.stderr is not None
        if "none lost" not in process.stderr.read():
            pytest.skip("the machine is so busy that events were lost")
        asked = [COMMAND, "-r", path, "-p", FORMAT, "evt.type=read and evt.dir=<"]
        said = {line.rstrip() for line in subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()}
    for fd, name in wanted.items():
        assert f"{fd} {tmp_path}/there/ {heir.pid} {name}" in said
    ours, theirs = (subprocess.run([command, "-r", path], capture_output=True, check=True).stdout for command in (COMMAND, sysdig))
    reads = [[line.rstrip() for line in text.splitlines() if b" read " in line] for text in (ours, theirs)]
    assert len(reads[0]) > len(wanted)
    assert reads[0] == reads[1]
