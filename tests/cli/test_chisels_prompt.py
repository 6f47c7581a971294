"""What chisels print while they wait for more."""

import gzip
import os
import selectors
import subprocess
import sys
import threading
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 30


@pytest.mark.parametrize("unbuffered", [False, True])
def test_lines_are_there_before_the_pipe_ends(root: Path, unbuffered: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    if unbuffered:
        environment["PYTHONUNBUFFERED"] = "1"
    command = [COMMAND, "-r", "-", "-c", "spy_users", "proc.name=sleep"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        capture = gzip.decompress((root / "examples" / "demo.scap").read_bytes())
        # Whoever reads nothing is not written to for ever, so that this may stop in the middle.
        threading.Thread(target=os.write, args=(process.stdin.fileno(), capture[: len(capture) // 2]), daemon=True).start()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            assert selector.select(DEADLINE_S)
        assert os.read(process.stdout.fileno(), 1 << 16)
        process.kill()
