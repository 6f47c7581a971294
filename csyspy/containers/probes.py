"""Health probes that run a command inside the container (libs: userspace/libsinsp/container_info.h, container_health_probe)."""

from collections.abc import Mapping
from typing import Any

from csyspy.containers.info import Probe
from csyspy.containers.untrusted import items, mapping, parsed, text, texts


def healthcheck(check: Mapping[str, Any]) -> Probe | None:
    """Docker's `Test`: ["CMD", exe, args …] or ["CMD-SHELL", line]; ["NONE"] and an empty one are none."""
    test = texts(check.get("Test"))
    if len(test) >= 2 and test[0] == "CMD":
        return Probe(test[1], tuple(test[2:]))
    if len(test) == 2 and test[0] == "CMD-SHELL":
        return Probe("/bin/sh", ("-c", test[1]))
    return None


def kubernetes_probes(pod_json: str, container: str = "") -> tuple[Probe | None, Probe | None]:
    """Liveness and readiness probe of a container, by default the first, of a pod as kubectl notes it."""
    containers = [mapping(entry) for entry in items(mapping(parsed(pod_json).get("spec")).get("containers"))]
    mine = next((entry for entry in containers if not container or text(entry.get("name")) == container), {})
    return _command(mine.get("livenessProbe")), _command(mine.get("readinessProbe"))


def _command(probe: object) -> Probe | None:
    words = texts(mapping(mapping(probe).get("exec")).get("command"))
    return Probe(words[0], tuple(words[1:])) if words else None
