"""A process that does exactly what it is told: a line of Python in, one line out."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LOOP = """
import os, sys, time, socket, threading, select
for line in sys.stdin:
    exec(line.encode().decode("unicode_escape"), globals())
    print("done", flush=True)
"""


class Workload:
    """The process, by its pid; `do` returns when it has done it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", _LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.pid = self.process.pid
        self.do("pass")

    def do(self, code: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(code.encode("unicode_escape").decode() + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", (code, answer)


@contextmanager
def workload() -> Iterator[Workload]:
    made = Workload()
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()
