"""Names, images, pods and namespaces of each runtime in all places where they are shown: views, lines, filters, rules, captures.

The runtimes run side by side, and csyspy finds them all where such a runtime usually listens.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import rootless
from .conftest import Runtime, command, csyspy_live, lines_live

BUSY = "while :; do cat /etc/passwd; sleep 0.1; done >/dev/null 2>&1"


@dataclass(frozen=True)
class Case:
    """A container that runs, and what is to be shown of it."""

    name: str
    image: str
    engine: str
    filter: str
    """Tells it from all others by what its runtime says."""
    pod: str = ""
    namespace: str = ""


def _labelled(name: str, image: str, engine: str) -> Case:
    return Case(name, image, engine, f"container.image={image} and container.label[app]={name}")


CASES = {
    "docker": _labelled("in-docker", "busybox:lab", "docker"),
    "podman": _labelled("in-podman", "localhost/busybox:lab", "podman"),
    "rootless_podman": _labelled("of-a-user", "localhost/busybox:lab", "podman"),
    "crinode": Case(
        "main", "registry.local/busybox:1.35", "containerd", "k8s.ns.name=shop and container.image contains busybox", "till", "shop"
    ),
}
"""By the runtime's fixture."""
SOCKETS = {
    "docker": "docker.sock", "podman": "podman/podman.sock", "rootless_podman": f"user/{rootless.UID}/podman/podman.sock",
    "crinode": "containerd/containerd.sock",
}  # fmt: skip
"""Below /run."""


@dataclass(frozen=True)
class Node:
    """The cases that run here, why others do not, and the command that csyspy finds their runtimes by."""

    cases: dict[str, Case]
    missing: dict[str, str]
    inside: tuple[str, ...]

    def csyspy(self, *words: str) -> str:
        return csyspy_live(*words, inside=self.inside)

    def lines(self, *words: str) -> list[str]:
        """What csyspy prints until every case is in it."""
        return lines_live(*words, inside=self.inside, until=self._all_there)

    def _all_there(self, lines: list[str]) -> bool:
        return all(f"{case.name} " in "\n".join(lines) for case in self.cases.values())


@pytest.fixture(scope="module")
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One container of each runtime, busy."""
    runtimes: dict[str, Runtime] = {}
    missing: dict[str, str] = {}
    for kind in CASES:
        try:
            runtimes[kind] = request.getfixturevalue(kind)
        except pytest.skip.Exception as why:
            missing[kind] = str(why)
    if not runtimes:
        pytest.skip("; ".join(missing.values()))
    for kind, runtime in runtimes.items():
        case = CASES[kind]
        if case.pod:
            runtime.run("add", f"{case.namespace}/{case.pod}", BUSY)
        else:
            labels = ["-l", f"app={case.name}"]
            runtime.run("run", "-d", "--name", case.name, "--network", "none", *labels, case.image, "sh", "-c", BUSY)
    own_run = ["mount -t tmpfs none /run"]
    for kind, runtime in runtimes.items():
        own_run.append(f"mkdir -p $(dirname /run/{SOCKETS[kind]}) && ln -s {runtime.socket} /run/{SOCKETS[kind]}")
    script = tmp_path_factory.mktemp("node") / "run.sh"
    script.write_text(" && ".join(own_run) + ' && exec "$@"\n')
    yield Node({kind: CASES[kind] for kind in runtimes}, missing, ("unshare", "-m", "sh", str(script)))
    for kind, runtime in runtimes.items():
        at_once = ("-t", "0") if "podman" in kind else ()  # a shell that is the first process does not hear SIGTERM
        runtime.run("rm", *([CASES[kind].pod] if CASES[kind].pod else ["-f", *at_once, CASES[kind].name]))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, node: Node) -> Case:
    if request.param in node.missing:
        pytest.skip(node.missing[request.param])
    return node.cases[request.param]


@pytest.fixture(scope="module")
def rows(node: Node) -> dict[str, dict[str, Any]]:
    """The view, by names."""
    return {row["NAME"]: row for row in json.loads(node.csyspy("-v", "containers", "--json", "--once"))["rows"]}


@pytest.fixture(scope="module")
def lines(node: Node) -> list[str]:
    """Lines of a filter on what runtimes say."""
    which = " or ".join(f"({case.filter})" for case in node.cases.values())
    return node.lines("-p", "*%container.name %container.image|%k8s.ns.name|%k8s.pod.name", which)


@pytest.fixture(scope="module")
def alerts(node: Node, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Alerts of a rule on names."""
    rules = tmp_path_factory.mktemp("rules") / "rules.yaml"
    rule = {
        "rule": "Anything in a container", "desc": "For the fields of its output.", "priority": "notice",
        "condition": f"evt.type in (execve, execveat, openat, open) and container.name in ({', '.join(c.name for c in CASES.values())})",
        "output": "name=%container.name image=%container.image pod=%k8s.pod.name ns=%k8s.ns.name",
    }  # fmt: skip
    rules.write_text(json.dumps([rule]))
    return node.lines("--rules", str(rules))


@pytest.fixture(scope="module")
def recorded(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What csyspy records of them, and of all others."""
    path = tmp_path_factory.mktemp("recorded") / "all.scap"
    node.csyspy("-M", "2", "-w", str(path))
    return path


def test_in_the_view(case: Case, rows: dict[str, dict[str, Any]]) -> None:
    row = rows[case.name]
    assert (row["IMAGE"], row["ENGINE"], row["POD"], row["NAMESPACE"]) == (case.image, case.engine, case.pod, case.namespace)


def test_in_lines_by_a_filter_on_what_the_runtime_says(case: Case, lines: list[str]) -> None:
    pod = f"{case.namespace}|{case.pod}" if case.pod else "<NA>|<NA>"
    assert {line for line in lines if line.startswith(f"{case.name} ")} == {f"{case.name} {case.image}|{pod}"}


def test_in_the_output_of_rules(case: Case, alerts: list[str]) -> None:
    own = [alert for alert in alerts if f"name={case.name} " in alert]
    pod, namespace = (case.pod, case.namespace) if case.pod else ("<NA>", "<NA>")
    assert own
    assert all(f"name={case.name} image={case.image} pod={pod} ns={namespace}" in alert for alert in own)


def test_in_what_is_recorded(case: Case, recorded: Path) -> None:
    shown = csyspy_live("-r", str(recorded), "-p", "%container.name %container.image", case.filter)
    assert set(shown.splitlines()) == {f"{case.name} {case.image}"}


def test_in_the_list_of_containers_of_what_is_recorded(node: Node, recorded: Path) -> None:
    listed = csyspy_live("-r", str(recorded), "-c", "lscontainers").splitlines()
    for case in node.cases.values():
        assert any(case.name in line and case.image[:15] in line for line in listed)  # that is its width


@pytest.mark.parametrize("lines", ["-pc", "-pk"])
def test_sysdig_replays_the_same_lines(case: Case, recorded: Path, sysdig: str, lines: str) -> None:
    which = f"container.name={case.name} and evt.type in (open, openat, execve)"
    ours = csyspy_live("-r", str(recorded), lines, which).splitlines()
    theirs = command(sysdig)("-r", str(recorded), lines, which).splitlines()
    assert ours
    if case.engine == "podman" and not theirs:
        pytest.skip("sysdig 0.29.3 knows podman by systemd's paths only (libs: podman.cpp), and here is no systemd")
    wanted, got = ([line.split(" ")[1:8] for line in lines_of] for lines_of in (theirs, ours))  # time, CPU, container, process, event
    for theirs_cells, ours_cells in zip(wanted, got, strict=True):
        if theirs_cells[5].endswith(":<NA>)"):  # first seen as it executes a program; libs 0.20 have a number then (parse_execve_exit)
            ours_cells[5] = ours_cells[5].partition(":")[0] + ":<NA>)"
    assert got == wanted
    shown = f" {case.pod} (" if lines == "-pk" and case.pod else f" {case.name} ("
    assert (lines == "-pk" and not case.pod) or all(shown in line for line in ours)
