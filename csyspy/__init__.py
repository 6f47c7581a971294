"""csyspy: what processes on a Linux machine do, from system calls: views, chisels, filters and captures."""

__version__ = "0.1.0"
