"""Make demo.scap: a web server's load, then containers and a pod, joined as two sections of one capture.

``python -m examples.make_demo ../shared/captures`` from the project's folder. Both captures were made for csyspy by the real sysdig.
"""

import gzip
import sys
from pathlib import Path

from bench.lengthen import TIMESTAMP, read

CONTAINER_EVENTS = 80_000
"""So many of the second capture: all its containers have been seen by then, and the file stays below 2 MB."""
GAP_NS = 500_000_000
"""Between the last event of the first section and the first of the second, whose timestamps are moved."""


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m examples.make_demo FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    web, containers = read(folder / "web.scap"), read(folder / "containers.scap", CONTAINER_EVENTS)
    events = bytearray(containers.events)
    end_ns = max(TIMESTAMP.unpack_from(web.events, at)[0] for at in web.stamps)
    delta_ns = end_ns + GAP_NS - TIMESTAMP.unpack_from(events, containers.stamps[0])[0]
    for at in containers.stamps:
        TIMESTAMP.pack_into(events, at, TIMESTAMP.unpack_from(events, at)[0] + delta_ns)
    demo = gzip.compress(web.state + web.events + containers.state + bytes(events), 9, mtime=0)
    target = Path(__file__).with_name("demo.scap")
    target.write_bytes(demo)
    print(f"{target}: {len(demo)} bytes, {len(web.stamps) + len(containers.stamps)} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
