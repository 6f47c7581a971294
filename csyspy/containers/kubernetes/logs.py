"""Logs of pods, followed: what `kubectl logs -f -l …` shows."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from csyspy.containers.kubernetes.watch import Api
from csyspy.containers.untrusted import items, mapping, parsed, text

MOST_PODS: Final = 500
MOST_BYTES: Final = 64 << 20
"""Of a list of pods."""
PREFERRED: Final = "falco"
"""Where a pod has several containers, the one of this name is meant, else the first."""


def pods(api: Api, namespace: str, selector: str) -> list[tuple[str, str]]:
    """(pod, container) of the pods in a namespace whose labels fit `selector`. Raises ApiRefused, OSError."""
    body = b""
    for piece in api.get(f"/api/v1/namespaces/{quote(namespace)}/pods", {"labelSelector": selector}, 30.0):
        body += piece
        if len(body) > MOST_BYTES:
            raise OSError(f"the list of pods is longer than {MOST_BYTES >> 20} MiB")
    found = []
    for item in items(parsed(body.decode(errors="replace")).get("items"))[:MOST_PODS]:
        pod = mapping(item)
        name = text(mapping(pod.get("metadata")).get("name"))
        containers = [text(mapping(each).get("name")) for each in items(mapping(pod.get("spec")).get("containers"))]
        if name and containers:
            found.append((name, PREFERRED if PREFERRED in containers else containers[0]))
    return found


def log_pieces(api: Api, namespace: str, pod: str, container: str) -> Iterator[bytes]:
    """What a container writes from now on, as it comes. Raises ApiRefused, OSError."""
    path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"
    yield from api.get(path, {"container": container, "follow": "true", "tailLines": "0"}, None)
