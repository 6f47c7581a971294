"""Why a view of containers, pods or their owners may have no rows: what the source knows of them, and what would make it know more."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from csyspy.views.view import View

POD_UID: Final = "io.kubernetes.pod.uid"
_OWNER: Final = re.compile(r"\bk8s\.(\w+)\.")
_NOUNS: Final = {
    "ns": "namespace", "svc": "service", "rs": "replica set", "rc": "replication controller", "deployment": "deployment",
}  # fmt: skip
"""Second part of a field -> what the API server alone can tell of a pod; other parts are in its containers' labels."""

Containers = Collection[Mapping[str, Any]]
"""Objects of container events."""


def is_of_containers(view: View) -> bool:
    """Whether it has containers, or what is made of them, alone."""
    return "container." in view.filter or "k8s." in view.filter


def why_not_recorded(view: View, containers: Containers) -> tuple[str, ...]:
    """Of a capture that tells of these containers, a line each; empty where they are no reason."""
    noun, pods = _noun(view), _pods(containers)
    if not is_of_containers(view):
        return ()
    if not containers:
        return (
            "This capture tells of no container: none did anything, or no runtime could be asked for its name.",
            "csyspy doctor, where it was recorded, says which runtimes are found; csyspy -w records what they say.",
        )
    if "k8s." in view.filter and not pods:
        return (f"This capture tells of {_count(containers, 'container')}, and of none that a pod owns it; the view containers has them.",)
    if noun and not any(pods.values()):
        return (
            f"This capture knows {_count(pods, 'pod')} by labels of containers; "
            f"of a pod's {noun} the API server tells, which was not asked.",
            "csyspy -k auto -w FILE records what it says; the view kubernetes_pods has them.",
        )
    return _of_none(view, noun, pods)


def why_not_here(view: View, containers: Containers, *, asked_node: str) -> tuple[str, ...]:
    """Of a machine with these containers, a line each; empty where they are no reason. `asked_node`: the one
    whose pods an API server is asked about; empty: none is asked."""
    noun, pods = _noun(view), _pods(containers)
    if not containers or not is_of_containers(view):
        return ()
    if "k8s." in view.filter and not pods:
        return (f"Known here: {_count(containers, 'container')}, and of none that a pod owns it; the view containers has them.",)
    if noun and not asked_node:
        return (
            f"Known here: {_count(pods, 'pod')}, by labels of containers; of a pod's {noun} the API server tells, which is not asked.",
            "csyspy -k auto asks it, -k FILE with that kubeconfig; the view kubernetes_pods has them.",
        )
    if noun and not any(pods.values()):
        return (
            f"Known here: {_count(pods, 'pod')}, by labels of containers; the API server has told of none of them so far.",
            f"It is asked about the node {asked_node}; --node-name NAME, or $NODE_NAME, is another.",
        )
    return _of_none(view, noun, pods)


def _of_none(view: View, noun: str, pods: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    if noun and not any(_owner(view) in told for told in pods.values()):
        return (f"The API server told of no {noun} of any pod: {len(pods)} known.",)
    return ()


def _owner(view: View) -> str:
    found = _OWNER.search(view.filter)
    return found[1] if found is not None else ""


def _noun(view: View) -> str:
    return _NOUNS.get(_owner(view), "")


def _pods(containers: Containers) -> dict[str, Mapping[str, Any]]:
    """By id, what the API server told of each pod."""
    found: dict[str, Mapping[str, Any]] = {}
    for container in containers:
        uid = _member(container, "labels").get(POD_UID)
        if isinstance(uid, str):
            found[uid] = found.get(uid) or _member(container, "k8s")
    return found


def _member(container: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object in the container's; captures may hold anything there."""
    value = container.get(name)
    return value if isinstance(value, Mapping) else {}


def _count(things: Collection[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
