"""What events do to the state, one family of events a module; importing this package registers them all."""

from csyspy.engine.handlers import clone, containers, execve, files, process, sockets, users

__all__ = ["clone", "containers", "execve", "files", "process", "sockets", "users"]
