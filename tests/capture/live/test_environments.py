"""Environments above 4 KiB."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from csyspy.capture.live.environments import environment

COMMAND = Path(sys.executable).with_name("csyspy")
DEADLINE_S = 60

pytestmark = [pytest.mark.usefixtures("kernel", "root_user"), pytest.mark.xdist_group("live")]


@pytest.mark.parametrize("tier", ["A", "B"])
@pytest.mark.parametrize(("words", "found"), [((), ""), (("--large-environment",), "the-last")])
def test_the_end_of_a_long_environment(tmp_path: Path, tier: str, words: tuple[str, ...], found: str) -> None:
    name = tmp_path / "csyspy-env"
    name.symlink_to("/bin/sleep")
    variables = {"FIRST": "1", **{f"FILL{i}": "x" * 1000 for i in range(20)}, "LAST": "the-last"}
    command = [COMMAND, "--tier", tier, "-M", str(DEADLINE_S), "-n", "1", *words, "-p", "%proc.env[FIRST] %proc.env[LAST]"]
    condition = f"proc.name={name.name} and evt.type=execve and evt.dir=<"
    with subprocess.Popen([*command, condition], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watcher:
        end_s = time.monotonic() + DEADLINE_S
        while watcher.poll() is None and time.monotonic() < end_s:  # it may not look yet
            subprocess.run([name, "2"], env=variables, check=True)
        assert watcher.stdout is not None
        assert watcher.stdout.read() == f"1 {found}\n"


def test_no_more_than_whole_variables_are_read() -> None:
    with subprocess.Popen(["/bin/sleep", "100"], env={f"V{i}": "x" * 999 for i in range(100)}) as process:
        end_s = time.monotonic() + DEADLINE_S
        while not (found := environment(process.pid)) and time.monotonic() < end_s:  # it has not its own yet
            time.sleep(0.01)
        process.kill()
    assert 40_000 < len(found) <= 45_000
    assert found.endswith(b"x\0")
    assert environment(os.getpid() + (1 << 25)) == b""
