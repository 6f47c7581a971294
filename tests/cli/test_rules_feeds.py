"""`csyspy rules --from`: feeds on the command line, merged with each other, and what is said of wrong ones."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).with_name("csyspy")), "rules"]


def test_alerts_on_standard_input_are_marked_with_their_origin(shared: Path) -> None:
    samples = (shared / "samples" / "falco" / "stdout_json.jsonl").read_bytes()
    done = subprocess.run([*COMMAND, "--from", "-", "--json"], input=samples + b"garbage\n", capture_output=True, timeout=60)
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [alert.pop("origin") for alert in printed] == ["standard input"] * 10
    assert printed == [json.loads(line) for line in samples.splitlines()]
    assert b"1 were no alerts, the last: neither JSON nor" in done.stderr


def test_control_characters_of_strangers_do_not_reach_the_terminal() -> None:
    alert = {"rule": "r", "priority": "Error", "output": "a\x1b[31m\nb", "time": "2026-03-14T09:26:57Z"}
    done = subprocess.run([*COMMAND, "--from", "-"], input=json.dumps(alert).encode(), capture_output=True, timeout=60)
    assert done.stdout.decode() == "a\\u001b[31m\\nb (from standard input)\n"


def test_a_file_a_receiver_and_audit_rules_together(shared: Path, tmp_path: Path) -> None:
    growing = tmp_path / "alerts.json"
    rules = tmp_path / "audit.yaml"
    rules.write_text("- rule: exec\n  desc: d\n  condition: ka.target.subresource = exec\n  output: '%ka.user.name'\n"
                     "  priority: NOTICE\n  source: k8s_audit\n")
    port = 21_000 + os.getpid() % 10_000
    address = f"http://127.0.0.1:{port}"
    words = [*COMMAND, "-r", str(rules), "--from", str(growing), "--from", address, "--json", "-U"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        bodies = shared / "samples"
        deadline_s = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except OSError:
                assert time.monotonic() < deadline_s
                assert process.poll() is None
                time.sleep(0.05)
        growing.write_bytes((bodies / "falco" / "file_output.jsonl").read_bytes().splitlines(keepends=True)[0])
        origins = [json.loads(process.stdout.readline())["origin"]]
        body = (bodies / "falcosidekick" / "webhook_bodies.jsonl").read_bytes().splitlines()[0]
        urllib.request.urlopen(address, body, timeout=5)
        origins.append(json.loads(process.stdout.readline())["origin"])
        audit = (bodies / "k8s" / "audit_webhook_bodies.jsonl").read_bytes().splitlines()[0]
        urllib.request.urlopen(f"{address}/k8s-audit", audit, timeout=5)
        last = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
    assert origins == [str(growing), address]
    assert (last["rule"], last["source"], "origin" in last) == ("exec", "k8s_audit", False)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ("http://127.0.0.1", "names no address and port"),
        ("http://0.0.0.0:2801", "needs a token"),
        ("k8s://", "names no namespace"),
        ("audit:x", "needs rules of the source k8s_audit\n  name them with --rules FILE"),
    ],
)
def test_a_feed_that_is_none(feed: str, said: str) -> None:
    done = subprocess.run([*COMMAND, "--from", feed], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_file_that_is_not_there_is_waited_for_aloud(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "--from", tmp_path / "none", "-M", "1"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, f"csyspy: {tmp_path / 'none'} is not there yet: csyspy waits for it\n")


def test_a_log_that_was_moved_away_is_begun_anew_on_sigusr1(tmp_path: Path) -> None:
    growing, log, moved = (tmp_path / name for name in ("alerts.json", "log", "moved"))
    growing.touch()
    settings = f"file_output.enabled=true file_output.keep_alive=true file_output.filename={log}".split()
    words = [*COMMAND, "--from", str(growing), *(word for one in settings for word in ("-o", one))]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process, growing.open("a") as file:
        for told in (moved, log):
            deadline_s = time.monotonic() + 60  # what is written before it is followed does not count
            while not log.exists() or not log.read_text().endswith("\n"):
                assert time.monotonic() < deadline_s
                assert process.poll() is None
                file.write('{"rule": "r", "priority": "Error", "output": "o", "time": "2026-03-14T09:26:57Z"}\n')
                file.flush()
                time.sleep(0.05)
            if told is moved:
                log.rename(moved)
                process.send_signal(signal.SIGUSR1)
        process.terminate()
    assert moved.read_text().startswith("o (from ")
    assert log.read_text().startswith("o (from ")


def test_alerts_of_an_audit_log_reach_the_outputs(shared: Path, tmp_path: Path) -> None:
    rules, log = tmp_path / "audit.yaml", tmp_path / "log"
    rules.write_text("- {rule: any, desc: d, condition: ka.verb exists, output: '%ka.verb', priority: NOTICE, source: k8s_audit}\n")
    words = ["-r", str(rules), "-e", str(shared / "samples" / "k8s" / "audit_log.jsonl")]
    plain = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60, check=True).stdout
    settings = f"stdout_output.enabled=false file_output.enabled=true file_output.filename={log}".split()
    done = subprocess.run(
        [*COMMAND, *words, *(word for one in settings for word in ("-o", one))], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, log.read_text()) == ("", plain)
    assert plain
