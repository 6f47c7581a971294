"""Containers: which one a cgroup path belongs to. Never on the hot path: the engine asks once per set of cgroups."""

from csyspy.containers.layouts import LAYOUTS, Layout, container_of

__all__ = ["LAYOUTS", "Layout", "container_of"]
