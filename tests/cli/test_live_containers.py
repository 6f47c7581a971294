"""Containers made by runc in the cgroup layouts of the engines, in both versions of cgroups: their ids live, on replay, in tables."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csyspy.capture.live import tier as tiers
from csyspy.capture.live.tier import Tier

pytestmark = pytest.mark.xdist_group("live")
DEADLINE_S = 60
CGROUPS = Path("/sys/fs/cgroup")
WORK = "while :; do /bin/busybox true; /bin/busybox usleep 50000; done"
V2_ONLY = "umount /sys/fs/cgroup/unified; mount -t cgroup2 none /sys/fs/cgroup && "
V1_ONLY = "umount /sys/fs/cgroup/unified; "


def identity(number: int) -> str:
    """64 hexadecimal digits, the first twelve of which are shown."""
    return f"{number:x}c5b" * 16


@dataclass(frozen=True)
class Box:
    """A container."""

    number: int
    path: str
    kind: str
    before: str = ""
    """What the shell does before runc, in a mount namespace of its own."""
    called: str = ""
    """Its id, where that is no number."""

    @property
    def name(self) -> str:
        return f"csyspy-test-{self.number}"

    @property
    def id(self) -> str:
        return self.called or identity(self.number)


POD = "pod0b7a1f60-2c5d-4c8e-9f52-0d9c0e4e6c11"
BEST_EFFORT = f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-{POD.replace('-', '_')}.slice"
BOXES = (
    Box(1, f"/docker/{identity(1)}", "docker"),
    Box(2, f"/kubepods/burstable/{POD}/{identity(2)}", "docker"),
    Box(3, f"/machine.slice/libpod-{identity(3)}.scope", "podman"),
    Box(4, f"/system.slice/docker-{identity(4)}.scope", "docker"),
    Box(5, f"/kubepods.slice/kubepods-{POD.replace('-', '_')}.slice/cri-containerd-{identity(5)}.scope", "containerd"),
    Box(6, f"/docker/{identity(6)}", "docker", V1_ONLY),
    Box(7, f"/docker/{identity(7)}", "docker", V2_ONLY),
    Box(8, f"{BEST_EFFORT}/crio-{identity(8)}.scope", "cri-o"),
    Box(9, f"/kubepods/besteffort/{POD}/crio-{identity(9)}", "cri-o"),
    Box(10, f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{identity(10)}.scope/container", "podman"),
    Box(11, "/lxc/cspweb", "lxc", called="cspweb"),
    Box(12, "/machine.slice/systemd-nspawn@cspbox.service/payload", "nspawn", called="cspbox"),
    Box(13, "/system.slice/bpm-cspjob.scope", "bpm", called="cspjob"),
)
IDS = {box.id[:12]: box for box in BOXES}


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All containers, running."""
    missing = tiers.lacking(Tier.A, tiers.possibilities())
    if missing is not None:
        pytest.skip(f"needs live capture: {missing.message}")
    if os.geteuid() != 0 or not all(map(shutil.which, ("runc", "busybox", "unshare"))):
        pytest.skip("needs root, runc and busybox-static (Debian packages)")
    if not (CGROUPS / "unified").is_dir():
        pytest.skip("needs a machine with both versions of cgroups")
    folder = tmp_path_factory.mktemp("boxes")
    (folder / "rootfs" / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", folder / "rootfs" / "bin" / "busybox")
    for name in ("proc", "sys", "dev", "tmp"):
        (folder / "rootfs" / name).mkdir()
    try:
        for box in BOXES:
            start(box, folder)
        yield
    finally:
        for box in BOXES:
            subprocess.run(["runc", "--root", str(folder / "state"), "delete", "-f", box.name], capture_output=True, check=False)
            remove_cgroups(box)


def start(box: Box, folder: Path) -> None:
    bundle = folder / box.name
    bundle.mkdir()
    subprocess.run(["runc", "spec"], cwd=bundle, check=True)
    spec = json.loads((bundle / "config.json").read_text())
    spec["process"] |= {"terminal": False, "args": ["/bin/busybox", "sh", "-c", WORK], "rlimits": []}
    spec["root"]["path"] = str(folder / "rootfs")
    spec["linux"]["cgroupsPath"] = box.path
    spec["linux"].pop("resources", None)
    (bundle / "config.json").write_text(json.dumps(spec))
    words = ["runc", "--root", str(folder / "state"), "run", "-d", "--bundle", str(bundle), box.name]
    shell = ["unshare", "-m", "sh", "-c", box.before + 'exec "$@"', "sh", *words]
    with (bundle / "log").open("w") as log:  # the container holds it open, so it is no pipe
        done = subprocess.run(shell, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=DEADLINE_S, check=False)
    if done.returncode:
        pytest.skip(f"runc cannot make {box.path} here: {(bundle / 'log').read_text().strip()[-200:]}")


def remove_cgroups(box: Box) -> None:
    """Runc leaves the parents; only those that are empty go."""
    for root in CGROUPS.iterdir():
        at = Path(f"{root}{box.path}")
        while at != root and at.parts[: len(root.parts)] == root.parts:
            with contextlib.suppress(OSError):
                at.rmdir()
            at = at.parent


def csyspy(*words: str) -> str:
    command = [sys.executable, "-m", "csyspy", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("boxes")
def test_ids_live_written_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "boxes.scap"
    asked = "proc.name=busybox and evt.type in (execve, clone, vfork, fork)"
    shown = "%container.id %container.type"
    live = set(csyspy("-M", "2", "-p", shown, asked).splitlines())
    csyspy("-M", "2", "-w", str(path), asked)
    replayed = set(csyspy("-r", str(path), "-p", shown, asked).splitlines())
    wanted = {f"{number} {box.kind}" for number, box in IDS.items()}
    assert live == wanted
    assert replayed == wanted
    if shutil.which("sysdig") is not None:
        done = subprocess.run(["sysdig", "-r", str(path), "-p", "%container.id", asked], capture_output=True, text=True, check=True)
        assert set(done.stdout.split()) - {"host"} == {number for number, box in IDS.items() if box.kind != "nspawn"}  # it knows none


@pytest.mark.usefixtures("boxes")
def test_one_container_alone() -> None:
    for number in list(IDS)[::5]:
        lines = csyspy("-n", "20", "-p", "%evt.time,%user.uid,%proc.name,%container.id", f"container.id={number}").splitlines()
        assert len(lines) == 20
        assert all(line.count(",") == 3 and line.endswith(f",{number}") for line in lines), lines[:5]


@pytest.mark.usefixtures("boxes")
def test_the_log_of_a_container_is_clean(tmp_path: Path) -> None:
    """`csyspy -M 2 -p … container.id=ID > log.txt`: whole lines of that container alone, and no more than two seconds of them."""
    words = ["-M", "2", "-p", "%evt.time,%user.uid,%proc.name", f"container.id={next(iter(IDS))}"]
    with (tmp_path / "log.txt").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-m", "csyspy", *words], stdout=log, stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=False
        )
    assert done.returncode == 0, done.stderr
    assert "none lost" in done.stderr
    text = (tmp_path / "log.txt").read_text()
    assert text.endswith("\n")
    rows = [line.split(",") for line in text.splitlines()]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{9}", row[0]) and row[1:] == ["0", row[2]] for row in rows)
    assert {row[2] for row in rows} <= {"busybox", "sh"}
    assert seconds_between(rows[0][0], rows[-1][0]) <= 2


def seconds_between(first: str, last: str) -> float:
    """Of two times of day, the second at most a day behind the first."""
    begin, end = (sum(float(part) * unit for part, unit in zip(time_.split(":"), (3600, 60, 1), strict=True)) for time_ in (first, last))
    return (end - begin) % 86_400


@pytest.mark.usefixtures("boxes")
def test_ids_in_tables() -> None:
    give_up = time.monotonic() + DEADLINE_S
    found: set[str] = set()
    while not IDS.keys() <= found and time.monotonic() < give_up:
        lines = csyspy("-v", "containers", "--once", "--json").splitlines()
        found |= {word.strip('"') for line in lines for word in line.replace(",", " ").replace("}", " ").split()} & IDS.keys()
    assert found == IDS.keys()
