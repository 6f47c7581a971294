"""Names, images, pods and namespaces of each runtime in all places where they are shown: views, lines, filters, rules, captures."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Runtime, command, csyspy_live, lines_live

BUSY = "while :; do cat /etc/passwd; sleep 0.1; done >/dev/null 2>&1"
RULE = """
- rule: Anything in a container
  desc: For the fields of its output.
  condition: evt.type in (execve, execveat, openat, open) and container.name = {name}
  output: "name=%container.name image=%container.image pod=%k8s.pod.name ns=%k8s.ns.name"
  priority: notice
"""


@dataclass(frozen=True)
class Case:
    """A container that runs, and what is to be shown of it."""

    name: str
    image: str
    engine: str
    filter: str
    """Tells it from all others by what its runtime says."""
    sockets: tuple[str, ...]
    pod: str = ""
    namespace: str = ""


@pytest.fixture(scope="module", params=["docker", "podman", "containerd"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """One container a runtime, busy."""
    kind: str = request.param
    runtime: Runtime = request.getfixturevalue("crinode" if kind == "containerd" else kind)
    run: Callable[..., str] = runtime.run
    if kind == "containerd":
        run("add", "shop/till", BUSY)
        which = "k8s.ns.name=shop and container.image contains busybox"
        yield Case("main", "registry.local/busybox:1.35", kind, which, ("--cri", runtime.socket), "till", "shop")
        run("rm", "till")
        return
    image = "busybox:lab" if kind == "docker" else "localhost/busybox:lab"
    run("run", "-d", "--name", f"in-{kind}", "--network", "none", "-l", "app=till", image, "sh", "-c", BUSY)
    yield Case(f"in-{kind}", image, kind, f"container.image={image} and container.label[app]=till", ("--docker-host", runtime.socket))
    run("rm", "-f", f"in-{kind}")


@pytest.fixture(scope="module")
def recorded(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What csyspy records of it, and of all others."""
    path = tmp_path_factory.mktemp("recorded") / "all.scap"
    csyspy_live("-M", "2", *case.sockets, "-w", str(path))
    return path


def test_in_the_view(case: Case) -> None:
    table = json.loads(csyspy_live("-v", "containers", "--json", "--once", *case.sockets))
    row = next(row for row in table["rows"] if row["NAME"] == case.name)
    assert (row["IMAGE"], row["ENGINE"], row["POD"], row["NAMESPACE"]) == (case.image, case.engine, case.pod, case.namespace)


def test_in_lines_by_a_filter_on_what_the_runtime_says(case: Case) -> None:
    shown = lines_live(*case.sockets, "-p", "*%container.name %container.image|%k8s.ns.name|%k8s.pod.name", case.filter)
    pod = f"{case.namespace}|{case.pod}" if case.pod else "<NA>|<NA>"
    assert set(shown) == {f"{case.name} {case.image}|{pod}"}


def test_in_the_output_of_rules(case: Case, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE.format(name=case.name))
    alerts = lines_live("--rules", str(rules), *case.sockets)
    pod, namespace = (case.pod, case.namespace) if case.pod else ("<NA>", "<NA>")
    assert all(f"name={case.name} image={case.image} pod={pod} ns={namespace}" in alert for alert in alerts)


def test_in_what_is_recorded(case: Case, recorded: Path) -> None:
    shown = csyspy_live("-r", str(recorded), "-p", "%container.name %container.image", case.filter)
    assert set(shown.splitlines()) == {f"{case.name} {case.image}"}
    alike = csyspy_live("-r", str(recorded), "-c", "lscontainers").splitlines()
    assert any(case.name in line and case.image[:15] in line for line in alike)  # that is its width


@pytest.mark.parametrize("lines", ["-pc", "-pk"])
def test_sysdig_replays_the_same_lines(case: Case, recorded: Path, sysdig: str, lines: str) -> None:
    which = f"container.name={case.name} and evt.type in (open, openat, execve)"
    ours = csyspy_live("-r", str(recorded), lines, which).splitlines()
    theirs = command(sysdig)("-r", str(recorded), lines, which).splitlines()
    assert ours
    if case.engine == "podman" and not theirs:
        pytest.skip("sysdig 0.29.3 knows podman by systemd's paths only (libs: podman.cpp), and here is no systemd")
    assert [line.split(" ")[1:8] for line in ours] == [line.split(" ")[1:8] for line in theirs]  # time, CPU, container, process, event
    shown = f" {case.pod} (" if lines == "-pk" and case.pod else f" {case.name} ("
    assert (lines == "-pk" and not case.pod) or all(shown in line for line in ours)
