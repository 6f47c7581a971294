"""lscontainers: the containers that are known when the capture begins."""

from typing import Any

from csyspy.chisels.api import Argument
from csyspy.chisels.builtin._snapshot import SnapshotChisel
from csyspy.chisels.layout import pad, scalar

COLUMNS = ("container.type", 15), ("container.image", 16), ("container.name", 20), ("container.id", 13)
KEYS = "type", "image", "name", "id"
# libs: userspace/libsinsp/container_info.h, sinsp_container_type
TYPES = {
    0: "docker",
    1: "lxc",
    2: "libvirt_lxc",
    3: "mesos",
    4: "rkt",
    5: "custom",
    6: "cri",
    7: "containerd",
    8: "cri-o",
    9: "bpm",
    11: "podman",
}


class LsContainers(SnapshotChisel):
    """Type, image, name and id of each container, at the time of the first event."""

    name = "lscontainers"
    short_description = "List the containers"
    description = (
        "The containers that are known at the first event: type, image, name, id. With `desc` they are printed as a data structure."
    )
    args = (Argument("desc", "`desc` prints all as a data structure", optional=True),)

    full = False

    def on_set_arg(self, name: str, value: str) -> None:
        self.full = value == "desc"

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.show()

    def containers(self) -> list[dict[str, str]]:
        """The known containers as rows of KEYS."""
        found = []
        for known in self.context.state.containers.values():
            about: dict[str, Any] = known
            row = {key: scalar(about.get(key) or "") for key in KEYS}
            kind = about.get("type")
            row["type"] = TYPES.get(kind, "unknown") if isinstance(kind, int) else "unknown"
            found.append(row)
        return found

    def show(self) -> None:
        if self.full:
            self.print("{")
            for number, row in enumerate(self.containers(), 1):
                self.print(f" {number} = {{")
                for key in KEYS:
                    self.print(f'  {key} = "{row[key]}",')
                self.print(" },")
            self.print("}")
            return
        self.print("".join(pad(title, width) for title, width in COLUMNS))
        self.print("".join(pad("-" * width, width) for _, width in COLUMNS))
        for row in self.containers():
            self.print("".join(pad(row[key], width) for key, (_, width) in zip(KEYS, COLUMNS, strict=True)))
