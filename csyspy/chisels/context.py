"""What a chisel may know about the run that it is part of, and where its output goes."""

import sys
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from csyspy.chisels.layout import encode


def _stdout() -> BinaryIO:
    return sys.stdout.buffer


@dataclass
class Context:
    """The run as chisels see it; one object for all chisels of a run."""

    filter_text: str = ""  # the filter of the command line
    prefiltered: bool = False  # only events that pass it reach the chisels; otherwise they apply it themselves
    source_name: str = ""  # the capture file, "" where the events come from somewhere else
    endless: bool = False  # the source goes on until it is stopped: tables are drawn anew each second
    json: bool = False  # -j
    container_data: bool = False  # -pc, -pk or -pm: chisels print container columns
    is_tty: bool = False  # the output is a terminal
    columns: int = 80  # size of that terminal
    rows: int = 24
    buffer_format: str = ""  # what the command line asked for: "hex", "hexascii", "ascii", "base64"; "" where it did not
    out: BinaryIO = field(default_factory=_stdout)
    next_run: list[str] = field(default_factory=list)  # arguments of another run of csyspy that a chisel asks for
    state: Any = None  # csyspy.engine.state.State, from the start of the capture on

    def write(self, text: str | bytes) -> None:
        """Write text as it is."""
        self.out.write(encode(text) if isinstance(text, str) else text)

    def print(self, *parts: str | bytes) -> None:
        """Write the parts as one line."""
        if len(parts) == 1 and isinstance(parts[0], str):
            self.out.write(encode(parts[0] + "\n"))
            return
        self.out.write(b"".join(encode(part) if isinstance(part, str) else part for part in parts) + b"\n")
