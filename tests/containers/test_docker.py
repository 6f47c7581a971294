"""Docker's API: descriptions read, and sockets that lie, hang or are gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from csyspy.containers import docker, layouts, unix_http
from csyspy.containers.docker import DockerRuntime, completed, parse
from csyspy.containers.info import Probe, image_of
from csyspy.containers.runtime import RuntimeUnavailable

from .conftest import Serve, http

FULL = "70cd76af5c27" + "8" * 52
INSPECT: dict[str, Any] = {
    "Id": FULL,
    "Name": "/cpu-burner",
    "Created": "2026-11-21T00:12:06.123456789Z",
    "Image": "sha256:" + "8b" * 32,
    "Config": {
        "Image": "caplab/busybox:1.35",
        "Labels": {"team": "batch", "odd": 5},
        "User": "1000",
        "Env": ["A=b"],
        "Healthcheck": {"Test": ["CMD", "curl", "-f", "http://localhost/"]},
    },
    "HostConfig": {
        "Memory": 134217728, "MemorySwap": 268435456, "NanoCpus": 800_000_000, "CpuShares": 0, "CpusetCpus": "0-1", "Privileged": True,
        "ReadonlyRootfs": True, "PidMode": "host", "NetworkMode": "host", "IpcMode": "private", "CapAdd": ["CAP_NET_ADMIN"],
    },
    "Mounts": [{"Source": "/tmp/vol1", "Destination": "/data", "Mode": "", "RW": True, "Propagation": "rprivate"}, "nonsense"],
    "NetworkSettings": {
        "IPAddress": "", "Networks": {"lab": {"IPAddress": "172.17.0.3"}},
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "53/udp": [{"HostIp": "", "HostPort": "53"}], "90/tcp": None},
    },
}  # fmt: skip


def test_parse() -> None:
    info = parse(INSPECT, layouts.DOCKER)
    assert (info.id, info.name, info.created_s) == ("70cd76af5c27", "cpu-burner", 1795219926)
    assert (info.image.repository, info.image.tag, info.image.id) == ("caplab/busybox", "1.35", "8b" * 32)
    assert info.labels == {"team": "batch"}
    assert [(m.source, m.destination, m.writable) for m in info.mounts] == [("/tmp/vol1", "/data", True)]
    assert info.ip == "172.17.0.3"
    assert info.ports == (("0.0.0.0", 8080, 80),)
    assert info.limits.cpu_quota_us == 80_000
    assert (info.limits.cpu_shares, info.limits.cpu_period_us, info.limits.cpuset_cpus) == (1024, 100_000, 2)
    walls = info.confinement
    assert (walls.privileged, walls.read_only_root, walls.user) == (True, True, "1000")
    assert (walls.host_pid, walls.host_network, walls.host_ipc) == (True, True, False)
    assert walls.capabilities_added == ("CAP_NET_ADMIN",)
    assert info.healthcheck == Probe("curl", ("-f", "http://localhost/"))


@pytest.mark.parametrize("key", [key for key in INSPECT if key != "Id"])
@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [None], {"a": None}])
def test_parse_takes_any_shape(key: str, value: object) -> None:
    assert parse({**INSPECT, key: value}, layouts.DOCKER).full_id == FULL


def test_an_image_known_by_its_id_only_gets_the_name_of_its_tags() -> None:
    image = image_of("8b8b8b", "sha256:" + "8b" * 32)
    described = {"RepoTags": ["localhost:5000/app:v3"], "RepoDigests": ["localhost:5000/app@sha256:" + "ee" * 32]}
    full = completed(image, described)
    assert (full.repository, full.tag, full.digest) == ("localhost:5000/app", "v3", "sha256:" + "ee" * 32)
    assert completed(image_of("redis"), {}).tag == "latest"


def test_probes_that_kubectl_noted() -> None:
    spec = {"spec": {"containers": [{"livenessProbe": {"exec": {"command": ["cat", "/ok"]}}, "readinessProbe": {"httpGet": {}}}]}}
    labels = {docker.KUBERNETES_SPEC: json.dumps(spec)}
    info = parse({**INSPECT, "Config": {"Labels": labels}}, layouts.DOCKER)
    assert info.liveness == Probe("cat", ("/ok",))
    assert info.readiness is None


# --- sockets ---


def test_found(server: Serve) -> None:
    info = DockerRuntime(server(http(json.dumps(INSPECT).encode()))).lookup("70cd76af5c27")
    assert info is not None
    assert info.name == "cpu-burner"


def test_not_found(server: Serve) -> None:
    assert DockerRuntime(server(http(b"{}", "404 Not Found"))).lookup("70cd76af5c27") is None


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (http(b"{}", "500 Internal Server Error"), "500"),
        (http(b"no json"), "no JSON"),
        (http(b"[1]"), "no Id"),
        (http(b'{"Id": 5}'), "no Id"),
        (b"\x00\x01garbage\r\n\r\n", "no HTTP"),
        (b"", "no HTTP|reset|closed"),
        (http(b"[" * 200_000), "no JSON"),
    ],
)
def test_lies(server: Serve, answer: bytes, says: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=says):
        DockerRuntime(server(answer)).lookup("70cd76af5c27")


def test_an_answer_of_many_megabytes_is_not_read_to_its_end(server: Serve) -> None:
    with pytest.raises(RuntimeUnavailable, match="longer than"):
        DockerRuntime(server(http(b" " * (unix_http.MAX_BYTES + 5 * unix_http.PIECE)))).lookup("70cd76af5c27")


def test_silence_is_given_up(server: Serve) -> None:
    with pytest.raises(RuntimeUnavailable, match="no answer within"):
        unix_http.get_json(server(None), "/version", timeout_s=0.1)


def test_no_socket(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="No such file"):
        DockerRuntime(str(tmp_path / "none.sock")).lookup("70cd76af5c27")


def test_starts(server: Serve) -> None:
    lines = [{"Actor": {"ID": FULL}}, {"Actor": "odd"}, "odd"]
    runtime = DockerRuntime(server(http(b"\n".join(json.dumps(line).encode() for line in lines) + b"\nno json\n")))
    started = []
    with pytest.raises(RuntimeUnavailable, match="ended"):
        started.extend(runtime.starts())
    starts = DockerRuntime(runtime.socket).starts()
    assert next(starts) == FULL
    starts.close()  # type: ignore[attr-defined]


def test_podman_says_itself_that_it_is_no_docker(server: Serve) -> None:
    body = json.dumps(INSPECT | {"Version": "4.3.1"}).encode()
    runtime = DockerRuntime(server(http(body).replace(b"\r\n", b"\r\nLibpod-API-Version: 4.3.1\r\n", 1)))
    assert runtime.version() == "podman 4.3.1"
    info = runtime.lookup("70cd76af5c27")
    assert info is not None
    assert info.type == layouts.PODMAN
