"""Extractors, one family a module; importing this package registers them all."""

from csyspy.engine.extract import fd, fdlist, fdnet, fspath

__all__ = ["fd", "fdlist", "fdnet", "fspath"]
