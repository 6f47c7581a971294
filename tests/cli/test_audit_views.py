"""The view k8s_audit without a screen: over an audit log, and of what feeds bring."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DEADLINE_S = 60


def test_an_audit_log_as_json_csv_and_text(csyspy: Run, shared: Path) -> None:
    log = shared / "samples" / "k8s" / "audit_log.jsonl"
    answer = json.loads(csyspy("-r", log, "-v", "k8s_audit", "--json").stdout)
    rows = {(row["USER"], row["VERB"], row["RESOURCE"], row["NAME"]): row for row in answer["rows"]}
    shown = rows["kubernetes-admin", "create", "pods/exec", "web-6c9f7d5b8-x2lqz"]
    assert (shown["COUNT"], shown["NAMESPACE"], shown["CODE"]) == (1, "shop", 101)
    assert rows["system:serviceaccount:ci:deployer", "get", "secrets", "db-password"]["CODE"] == 403
    assert csyspy("-r", log, "-v", "k8s_audit", "--csv").stdout.splitlines()[0].startswith("COUNT,USER,VERB")
    sorted_rows = csyspy("-r", log, "-v", "k8s_audit", "--sort", "CODE:desc", "--columns", "CODE,USER").stdout.splitlines()
    codes = [int(line.split()[0]) for line in sorted_rows[1:] if line.split()[0].isdigit()]
    assert codes == sorted(codes, reverse=True)


def test_what_a_webhook_brings(shared: Path) -> None:
    body = (shared / "samples" / "k8s" / "audit_webhook_bodies.jsonl").read_bytes().splitlines()[0]
    events = json.loads(body)["items"]
    address = f"http://127.0.0.1:{31_000 + os.getpid() % 10_000}"
    command = [str(Path(sys.executable).with_name("csyspy")), "-v", "k8s_audit", "--json", "--interval", "100"]
    with subprocess.Popen([*command, "--from", address], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sent = False
        for line in process.stdout:
            if not sent:
                urllib.request.urlopen(f"{address}/k8s-audit", body, timeout=DEADLINE_S)
                sent = True
            if '"USER"' in line and events[0]["user"]["username"] in line:
                break
        process.terminate()
        assert sent


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-v", "k8s_audit", "--json"), "needs an audit log"),
        (("-v", "k8s_audit", "--json", "-r", "{demo}"), "is no audit log"),
        (("-v", "k8s_audit", "--json", "--from", "audit:/none", "proc.name=cat"), "takes no filter"),
    ],
)
def test_what_it_cannot_do_is_said(csyspy: Run, root: Path, words: tuple[str, ...], said: str) -> None:
    run = csyspy(*(word.format(demo=root / "examples" / "demo.scap") for word in words))
    assert run.returncode == 2
    assert said in run.stderr
