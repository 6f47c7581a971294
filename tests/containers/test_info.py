"""The record of a container, and the JSON that the engine and sysdig read."""

import pytest

from csyspy.containers.info import ContainerInfo, Image, Mount, Probe, cpuset_size, image_of, short_id

FULL = "3fc1a0be9d1e" + "0" * 52
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("name", "image_id", "parts"),
    [
        ("nginx", "", ("nginx", "", "")),
        ("nginx:1.27", "", ("nginx", "1.27", "")),
        ("localhost:5000/team/app", "", ("localhost:5000/team/app", "", "")),
        ("localhost:5000/team/app:v2", "", ("localhost:5000/team/app", "v2", "")),
        (f"ghcr.io/a/b:v1@{DIGEST}", "", ("ghcr.io/a/b", "v1", DIGEST)),
        (f"ghcr.io/a/b@{DIGEST}", "", ("ghcr.io/a/b", "", DIGEST)),
        ("sha256:" + "cd" * 32, "", ("", "", "")),
        ("cdcdcd", "sha256:" + "cd" * 32, ("", "", "")),
        ("", "", ("", "", "")),
    ],
)
def test_image_name(name: str, image_id: str, parts: tuple[str, str, str]) -> None:
    image = image_of(name, image_id)
    assert (image.repository, image.tag, image.digest) == parts
    assert image.name == name


def test_an_image_named_by_its_id_keeps_the_id() -> None:
    assert image_of("sha256:" + "cd" * 32).id == "cd" * 32
    assert image_of("cdcd", "sha256:" + "cd" * 32).id == "cd" * 32


@pytest.mark.parametrize(("text", "count"), [("0-3,7", 5), ("0", 1), ("", 0), ("a", 0), ("0-", 0), ("3-1", 0)])
def test_cpuset(text: str, count: int) -> None:
    assert cpuset_size(text) == count


def test_short_id() -> None:
    assert short_id(FULL) == "3fc1a0be9d1e"
    assert short_id("a-name-of-an-lxc-that-is-long") == "a-name-of-an-lxc-that-is-long"


def test_json_has_the_members_of_sysdigs() -> None:
    info = ContainerInfo(
        full_id=FULL,
        type=0,
        name="web",
        image=Image("nginx:1.27", "ab" * 32, "nginx", "1.27", DIGEST),
        labels={"app": "web"},
        mounts=(Mount("/etc", "/host-etc", "ro", False, "rprivate"),),
        ports=(("127.0.0.1", 8080, 80), ("", 8443, 443)),
        healthcheck=Probe("/bin/true", ("-x",)),
    )
    out = info.as_json()
    assert out["id"] == "3fc1a0be9d1e"
    assert out["full_id"] == FULL
    assert (out["image"], out["imagerepo"], out["imagetag"], out["imagedigest"]) == ("nginx:1.27", "nginx", "1.27", DIGEST)
    assert out["Mounts"] == [{"Source": "/etc", "Destination": "/host-etc", "Mode": "ro", "RW": False, "Propagation": "rprivate"}]
    assert out["port_mappings"][0] == {"HostIp": 0x7F000001, "HostPort": 8080, "ContainerPort": 80}
    assert out["port_mappings"][1]["HostIp"] == 0
    assert out["Healthcheck"] == {"exe": "/bin/true", "args": ["-x"]}
    assert out["ip"] == "0.0.0.0"
    assert "LivenessProbe" not in out
    assert "pod_sandbox_id" not in out
