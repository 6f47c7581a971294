"""Extractors, one family a module; importing this package registers them all."""

from csyspy.engine.extract import container, fd, fdlist, fdnet, fspath, k8s, proc, proc_leader, proc_state, thread, user

__all__ = ["container", "fd", "fdlist", "fdnet", "fspath", "k8s", "proc", "proc_leader", "proc_state", "thread", "user"]
