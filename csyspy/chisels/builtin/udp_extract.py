"""udp_extract: the data of UDP sockets as files."""

from pathlib import Path
from typing import Any

from csyspy.chisels.api import Chisel, ChiselError
from csyspy.chisels.context import Context
from csyspy.chisels.layout import encode

FOLDER = Path("udp_dump_files")
NAMES = str.maketrans({":": "_", ">": "-", "/": "_", "\0": "_"})
LONGEST_NAME = 200


class UdpExtract(Chisel):
    """Everything that goes over a UDP socket, appended to a file that is named after the socket."""

    name = "udp_extract"
    category = "I/O"
    short_description = "Write the data of UDP sockets to files"
    description = f"Writes the payloads of each UDP socket, name lookups included, to a file of its own in the folder {FOLDER}."
    filter = "evt.dir=< and evt.rawres>=0 and fd.l4proto=udp and evt.is_io=true"
    fields = {"data": "evt.rawarg.data", "socket": "fd.name"}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.begun: set[str] = set()

    def on_capture_start(self) -> None:
        if self.context.endless:
            raise ChiselError("chisel udp_extract reads a capture file, not a live system")
        FOLDER.mkdir(exist_ok=True)

    def on_event(self, event: Any) -> None:
        data = event["data"]
        if data is None:
            return
        name = (event["socket"] or "unnamed").translate(NAMES)[:LONGEST_NAME].lstrip(".") or "unnamed"
        # opened for each payload: a capture may hold more sockets than a process may have files
        with (FOLDER / name).open("ab" if name in self.begun else "wb") as file:
            file.write(data if isinstance(data, bytes) else encode(data))
        self.begun.add(name)
