"""One test per cgroup layout: the id it gives, and what must not be taken for a container."""

import pytest

from csyspy.containers import LAYOUTS, container_of
from csyspy.containers.layouts import BPM, CONTAINERD, CRIO, DOCKER, LIBVIRT_LXC, LXC, NSPAWN, PODMAN

ID = "ab1fbeaf118714d829ba1befba8d2e76655a8832a087a249a9959eaee9ad9960"
SHORT = ID[:12]
POD = "pod5f3cbb9d_6fd4_4b2c_9b0a_1f0f6a7e9d11"

CASES = {
    "docker, cgroupfs": (f"/docker/{ID}", SHORT, DOCKER),
    "docker, systemd": (f"/system.slice/docker-{ID}.scope", SHORT, DOCKER),
    "docker, systemd, nested": (f"/system.slice/docker-{ID}.scope/init", SHORT, DOCKER),
    "podman, root": (f"/machine.slice/libpod-{ID}.scope", SHORT, PODMAN),
    "podman, container below": (f"/machine.slice/libpod-{ID}.scope/container", SHORT, PODMAN),
    "podman, rootless": (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container", SHORT, PODMAN),
    "podman, cgroupfs": (f"/libpod_parent/libpod-{ID}", SHORT, PODMAN),
    "kubepods, cgroupfs": (f"/kubepods/burstable/{POD}/{ID}", SHORT, DOCKER),
    "kubepods, systemd, containerd": (f"/kubepods.slice/kubepods-{POD}.slice/cri-containerd-{ID}.scope", SHORT, CONTAINERD),
    "kubepods, systemd paths, cgroupfs": (f"/system.slice/containerd.service/kubepods-{POD}.slice:cri-containerd:{ID}", SHORT, CONTAINERD),
    "kubepods, systemd, cri-o": (f"/kubepods.slice/kubepods-besteffort.slice/{POD}.slice/crio-{ID}.scope", SHORT, CRIO),
    "kubepods, cgroupfs, cri-o": (f"/kubepods/besteffort/{POD}/crio-{ID}", SHORT, CRIO),
    "kubepods, systemd, cri-dockerd": (f"/kubepods.slice/kubepods-{POD}.slice/docker-{ID}.scope", SHORT, DOCKER),
    "bpm": ("/garden/bpm-nats.server_0", "nats.server_0", BPM),
    "bpm, systemd": ("/system.slice/bpm-nats.scope/worker", "nats", BPM),
    "containerd by ctr": ("/default/my-test", "my-test", CONTAINERD),
    "lxc": ("/lxc/web1", "web1", LXC),
    "lxc, inside": ("/lxc/web1/init.scope", "web1", LXC),
    "lxc, payload folder": ("/lxc.payload/web1", "web1", LXC),
    "lxc 4": ("/lxc.payload.web1/system.slice", "web1", LXC),
    "libvirt": ("/machine/box.libvirt-lxc", "box", LIBVIRT_LXC),
    "libvirt, systemd": (r"/machine.slice/machine-lxc\x2d2293906\x2dbox.scope/libvirt", r"2293906\x2dbox", LIBVIRT_LXC),
    "nspawn, by machinectl": ("/machine.slice/systemd-nspawn@web.service/payload/init.scope", "web", NSPAWN),
    "nspawn": ("/machine.slice/machine-web.scope/payload", "web", NSPAWN),
    "nspawn, cgroup v1": ("/machine.slice/machine-web.scope", "web", NSPAWN),
    "libvirt, before systemd": ("/libvirt/lxc/box", "box", LXC),
}


@pytest.mark.parametrize("case", CASES)
def test_layout(case: str) -> None:
    path, expected, kind = CASES[case]
    found = container_of([(b"cpuset", b"/"), (b"memory", path.encode())])
    assert found is not None
    assert found[:2] == (expected if len(expected) != 64 else SHORT, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/system.slice/docker.service",
        "/init.scope",
        "/user.slice/user-1000.slice/session-2.scope",
        f"/docker/{ID[:40]}",
        f"/docker/{ID}0",
        f"/docker/{ID[:-1]}z",
        f"/crio-conmon-{ID}.scope",
        "/default/cron.service",
        "/system.slice/bpm-agent.service",
        "/garden/bpm-nats/worker",
        r"/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator",
    ],
)
def test_on_the_host(path: str) -> None:
    assert container_of([(b"cpu", path.encode())]) is None


def test_rootless_podman_is_known_by_its_systemd_path_only() -> None:
    path = f"/user.slice/user-1000.slice/user@1000.service/job/{ID}".encode()
    assert container_of([(b"name=systemd", path)]) == (SHORT, PODMAN, "")
    assert container_of([(b"cpu", path)]) == (SHORT, DOCKER, "")


def test_lxc_id_is_the_name() -> None:
    assert container_of([(b"cpu", b"/lxc/web1")]) == ("web1", LXC, "web1")


def test_no_cgroups() -> None:
    assert container_of([]) is None


def test_every_layout_says_what_it_is() -> None:
    assert len({layout.what for layout in LAYOUTS}) == len(LAYOUTS)
