"""Alerts in the logs of pods, from an API server that breaks streams off."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csyspy.cli import pod_logs
from csyspy.cli.pod_logs import PodLogFeed
from csyspy.errors import UsageError
from csyspy.rules.alerts import Alert

from .kubestub import Stub

DEADLINE_S = 60


def until(true: Callable[[], object]) -> None:
    give_up_s = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def write(stub: Stub, pod: str, second: int, rule: str, digits: str = "") -> None:
    line = json.dumps({"rule": rule, "priority": "Error", "output": "x"})
    stub.log("falco", pod, f"2031-01-01T00:00:{second:02}{digits}Z", line)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub().start()
    for name, labels in (("falco-a", {"app": "falco"}), ("web", {"app": "web"})):
        add(stub, name, labels)
    yield stub
    stub.end_logs()
    stub.stop()


def add(stub: Stub, name: str, labels: dict[str, str]) -> None:
    containers = [{"name": "init"}, {"name": "falco"}]
    stub.apply({"kind": "Pod", "metadata": {"name": name, "namespace": "falco", "labels": labels}, "spec": {"containers": containers}})


@pytest.fixture
def kubeconfig(stub: Stub, tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": stub.url}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [cluster], "users": [{"name": "u", "user": {}}],
        "contexts": [context],
    }))
    return str(path)


def test_logs_are_followed_through_breaks_and_of_pods_that_come_later(
    stub: Stub, kubeconfig: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kubernetes")
    monkeypatch.setattr(pod_logs, "PAUSE_S", 0.05)
    found: list[Alert] = []
    stop = threading.Event()
    write(stub, "falco-a", 0, "old")
    feed = PodLogFeed("k8s://falco/app=falco", found.append, kubeconfig)
    thread = threading.Thread(target=feed.run, args=(stop,))
    thread.start()
    try:
        until(lambda: any("/falco-a/log" in request for request in stub.requests))
        until(lambda: write(stub, "falco-a", 1, "started") or found)
        stub.log("falco", "falco-a", "2031-01-01T00:00:02.1Z", "Falco says something else")
        stub.log("falco", "falco-a", "2031-01-01T00:00:02.2Z", "x" * 10_000_000)
        write(stub, "falco-a", 2, "one", ".25")
        until(lambda: found[-1].rule == "one")
        stub.end_logs()
        write(stub, "falco-a", 2, "two", ".250000001")
        write(stub, "falco-a", 3, "three")
        until(lambda: found[-1].rule == "three")
        write(stub, "falco-b", 1, "early")
        add(stub, "falco-b", {"app": "falco"})
        until(lambda: found[-1].rule == "early")
        stub.fail += [500] * 3
        stub.end_logs()
        write(stub, "falco-a", 4, "four")
        until(lambda: found[-1].rule == "four")
    finally:
        stop.set()
        stub.end_logs()
        thread.join(10)
    rules = [alert.rule for alert in found]
    assert [rule for rule in rules if rule != "started"] == ["one", "two", "three", "early", "four"]
    assert "old" not in rules
    assert found[-1].origin == "k8s://falco/app=falco#falco-a"
    assert all("container=falco" in request for request in stub.requests if "/log?" in request)
    assert not [request for request in stub.requests if "/web/log" in request]


def test_who_may_not_see_the_pods_is_told(stub: Stub, kubeconfig: str) -> None:
    pytest.importorskip("kubernetes")
    stub.deny = {"pods"}
    with pytest.raises(Exception, match="403 pods is forbidden"):
        PodLogFeed("k8s://falco", list[Alert]().append, kubeconfig).run(threading.Event())


def test_a_namespace_is_wanted() -> None:
    with pytest.raises(UsageError, match="names no namespace"):
        PodLogFeed("k8s:///app=falco", list[Alert]().append)
