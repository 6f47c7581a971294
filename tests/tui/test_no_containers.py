"""What stands where containers, pods and their owners would be."""

from pathlib import Path
from typing import Any

import pytest
from screen import settled, text_of

from csyspy.tui.app import CsyspyApp
from csyspy.tui.no_containers import why_not_here, why_not_recorded
from csyspy.tui.replay_feed import ReplayFeed
from csyspy.views.catalogue import VIEWS

PLAIN: dict[str, Any] = {"id": "1", "labels": {}}
POD: dict[str, Any] = {"id": "2", "labels": {"io.kubernetes.pod.uid": "7d5e"}}
OWNED: dict[str, Any] = {**POD, "k8s": {"ns": {"name": "shop"}, "rs": {"name": "web-5d"}}}
ODD: dict[str, Any] = {"id": "3", "labels": ["none"], "k8s": 4}


@pytest.mark.parametrize(
    ("view_id", "containers", "recorded", "here"),
    [
        ("containers", [], "tells of no container", ""),
        ("kubernetes_pods", [], "csyspy doctor", ""),
        ("kubernetes_pods", [PLAIN, ODD], "tells of 2 containers, and of none that a pod owns it", "Known here: 2 containers"),
        ("kubernetes_services", [PLAIN], "tells of 1 container, ", "of none that a pod owns it"),
        ("kubernetes_services", [POD, ODD], "csyspy -k auto -w FILE records", "csyspy -k auto asks it"),
        ("kubernetes_services", [OWNED, POD], "told of no service of any pod: 1 known", "csyspy -k auto asks it"),
        ("kubernetes_namespaces", [POD], "of a pod's namespace the API server tells", "of a pod's namespace"),
        ("kubernetes_replicasets", [OWNED], "", "-k auto"),
        ("kubernetes_pods", [POD], "", ""),
        ("containers", [PLAIN], "", ""),
        ("procs", [], "", ""),
    ],
)
def test_what_is_missing(view_id: str, containers: list[Any], recorded: str, here: str) -> None:
    for lines, wanted in (
        (why_not_recorded(VIEWS[view_id], containers), recorded),
        (why_not_here(VIEWS[view_id], containers, asked_node=""), here),
    ):
        assert wanted in "\n".join(lines)
        assert bool(lines) == bool(wanted)


def test_where_the_api_server_is_asked() -> None:
    services = VIEWS["kubernetes_services"]
    assert why_not_here(services, [POD], asked_node="n1") == (
        "Known here: 1 pod, by labels of containers; the API server has told of none of them so far.",
        "It is asked about the node n1; --node-name NAME, or $NODE_NAME, is another.",
    )
    assert why_not_here(services, [OWNED], asked_node="n1") == ("The API server told of no service of any pod: 1 known.",)
    assert why_not_here(VIEWS["kubernetes_replicasets"], [OWNED], asked_node="n1") == ()


async def test_a_capture_whose_api_server_was_not_asked(demo: Path) -> None:
    app = CsyspyApp(ReplayFeed(str(demo)), view_id="kubernetes_deployments")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        shown = " ".join(text_of(app).split())
        assert "No rows in K8s Deployments" in shown
        assert "This capture knows 1 pod by labels of containers; of a pod's deployment the API server tells, which was not asked." in shown
        assert "csyspy -k auto -w FILE records what it says; the view kubernetes_pods has them." in shown
