"""Who looks up the names of containers and pods, by the options of the command line."""

import os
from typing import TYPE_CHECKING

from csyspy.cli.command import Command
from csyspy.errors import UsageError

if TYPE_CHECKING:
    from csyspy.containers.node import NodeMetadata

AUTO = "auto"
SETTLE_S = 0.3
"""For so long a first table waits for the names of the containers that are there already."""


def open_metadata(command: Command) -> "NodeMetadata":
    """The look-up for a live run. Raises UsageError for an address that cannot be one and a kubeconfig that is not there."""
    from csyspy.containers.node import open_node

    kubeconfig = None
    if command.kubeconfig:
        kubeconfig = "" if command.kubeconfig == AUTO else command.kubeconfig
    if kubeconfig and not os.access(kubeconfig, os.R_OK):
        raise UsageError(f"cannot read the kubeconfig {kubeconfig}", "-k wants a file, or auto for the usual places")
    docker_host = command.docker_host or _docker_host_here()
    timeout_s = command.cri_timeout_ms / 1000 or None
    return open_node(command.cri, docker_host, kubeconfig, command.node_name, timeout_s)


def _docker_host_here() -> str:
    """$DOCKER_HOST where it names a socket: the containers of another machine do not run on this kernel."""
    named = os.environ.get("DOCKER_HOST", "")
    return named if named.startswith(("unix://", "/")) else ""
