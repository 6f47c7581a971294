"""The container runtime interface of Kubernetes, spoken to containerd and cri-o."""

from csyspy.containers.cri.client import CriRuntime

__all__ = ["CriRuntime"]
