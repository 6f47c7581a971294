"""Containers, their users, and what events say about them."""

import json

import pytest
from process_events import DOCKER_ID, IN_PIDNS, capture, clone, execve, simple, u32, value, values
from scap_builder import i64

SHORT = DOCKER_ID[:12]
CGROUPS = f"cpuset=/docker/{DOCKER_ID}\0mem_cgroup=/docker/{DOCKER_ID}\0".encode()
OBJECT = {
    "id": SHORT,
    "full_id": DOCKER_ID,
    "type": 0,
    "name": "web",
    "image": "shop:1.2",
    "imageid": "77",
    "imagerepo": "shop",
    "imagetag": "1.2",
    "privileged": True,
    "ip": "172.17.0.2",
    "labels": {"app": "shop", "io.kubernetes.pod.name": "web-1"},
    "pod_sandbox_id": "ffeeddccbbaa99",
    "Mounts": [{"Source": "/srv", "Destination": "/data", "Mode": "ro", "RW": False, "Propagation": "rprivate"}],
    "Healthcheck": {"exe": "/bin/probe", "args": ["-q", "now"]},
    "User": "www",
}


def container(**changes: object) -> bytes:
    return simple("CONTAINER_JSON_2_E", -1, json.dumps({"container": OBJECT | changes}).encode() + b"\0")


def inside(*events: bytes) -> bytes:
    """Container events, then an exec of thread 10 inside the container."""
    return capture(*events, execve(10, cgroups=CGROUPS))


def test_id_comes_from_the_cgroups() -> None:
    assert values(inside(), "container.id", "container.type", "container.name", "thread.cgroup.memory")[-1] == (
        SHORT,
        "docker",
        None,
        f"/docker/{DOCKER_ID}",
    )


def test_host() -> None:
    data = capture(execve(10))
    assert values(data, "container.id", "container.name", "container.type", "container.image")[-1] == ("host", "host", "host", None)


def test_pid_namespace_without_a_known_container() -> None:
    data = capture(clone(20, 0, ptid=10, flags=IN_PIDNS, vids=(3, 3)), simple("CLOSE_E", 20, i64(1)))
    assert value(data, "container.id") == ""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("container.name", "web"),
        ("container.image", "shop:1.2"),
        ("container.image.tag", "1.2"),
        ("container.image.digest", None),
        ("container.full_id", DOCKER_ID),
        ("container.privileged", True),
        ("container.host_pid", False),
        ("container.ip", "172.17.0.2"),
        ("container.mounts", "/srv:/data:ro:false:rprivate"),
        ("container.mount[0]", "/srv:/data:ro:false:rprivate"),
        ("container.mount[1]", None),
        ("container.mount[/s*]", "/srv:/data:ro:false:rprivate"),
        ("container.mount.dest[/srv]", "/data"),
        ("container.mount.source[/data]", "/srv"),
        ("container.mount.rdwr[0]", "false"),
        ("container.healthcheck", "/bin/probe -q now"),
        ("container.liveness_probe", "NONE"),
        ("container.label[app]", "shop"),
        ("container.label[none]", None),
        ("k8s.pod.name", "web-1"),
        ("k8s.ns.name", None),
        ("k8s.pod.image", "shop:1.2"),
        ("k8s.pod.sandbox_id", "ffeeddccbbaa"),
        ("k8s.rc.name", None),
    ],
)
def test_members(field: str, expected: object) -> None:
    assert value(inside(container()), field) == expected


def test_the_sandbox_is_not_the_image_of_a_pod() -> None:
    assert value(inside(container(is_pod_sandbox=True)), "k8s.pod.image") is None
    assert value(inside(container(labels={})), "k8s.pod.image") is None


def test_pod_labels_come_from_the_sandbox() -> None:
    sandbox = container(id="ffeeddccbbaa", labels={}, pod_sandbox_labels={"tier": "front", "io.kubernetes.x": "y", "a": ""})
    data = inside(container(), sandbox)
    assert values(data, "k8s.pod.label.tier", "k8s.pod.labels")[-1] == ("front", "a, tier:front")


CONFINED = {
    "read_only_root": True, "user": "", "cap_add": ["CAP_NET_ADMIN", "CAP_SYS_TIME"],
    "host_pid": True, "host_network": False, "host_ipc": True,
    "Mounts": [
        {"Source": "/etc", "Destination": "/x", "RW": True}, {"Source": "/usr", "Destination": "/y", "RW": False},
        {"Source": "/var/lib/docker/volumes/v/_data", "Destination": "/z", "RW": True},
        {"Source": "tmpfs", "Destination": "/t", "RW": True},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "expected", "unknown"),
    [
        ("container.read_only_root", True, None),
        ("container.user", "root", None),
        ("container.capabilities", "CAP_NET_ADMIN, CAP_SYS_TIME", None),
        ("container.host_namespaces", "pid, ipc", None),
        ("container.writable_host_mounts", "/etc", ""),
    ],
)
def test_how_far_from_the_host(field: str, expected: object, unknown: object) -> None:
    assert value(inside(container(**CONFINED)), field) == expected
    assert value(inside(container()), field) == unknown


CLUSTER = {
    "labels": {"app": "web", "b": ""},
    "ns": {"name": "shop", "id": "n1", "labels": {"team": "a"}},
    "rs": {"name": "web-5d9", "id": "r1", "labels": {}},
    "deployment": {"name": "web", "id": "d1", "labels": {"tier": "front", "z": ""}},
    "statefulset": {"name": "db", "id": "t1", "labels": {"a": "1"}},
    "daemonset": {"name": "logs", "id": "e1", "labels": {"b": "2"}},
    "job": {"name": "backup", "id": "j1", "labels": {}},
    "node": "n7",
    "svc": [{"name": "front", "id": "s1", "labels": {"l": "1"}}, {"name": "metrics", "id": "s2", "labels": {"l": "2"}}, "odd"],
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("k8s.deployment.name", "web"),
        ("k8s.deployment.id", "d1"),
        ("k8s.deployment.label.tier", "front"),
        ("k8s.deployment.label.none", None),
        ("k8s.deployment.labels", "tier:front, z"),
        ("k8s.rs.name", "web-5d9"),
        ("k8s.rs.labels", ""),
        ("k8s.svc.name", "front, metrics"),
        ("k8s.svc.id", "s1, s2"),
        ("k8s.svc.label.l", "1, 2"),
        ("k8s.svc.labels", "l:1, l:2"),
        ("k8s.ns.id", "n1"),
        ("k8s.ns.label.team", "a"),
        ("k8s.rc.name", None),
        ("k8s.statefulset.name", "db"),
        ("k8s.statefulset.label[a]", "1"),
        ("k8s.daemonset.name", "logs"),
        ("k8s.daemonset.labels", "b:2"),
        ("k8s.job.name", "backup"),
        ("k8s.job.id", "j1"),
        ("k8s.node.name", "n7"),
        ("k8s.pod.label.app", "web"),
        ("k8s.pod.labels", "app:web, b"),
    ],
)
def test_what_the_api_server_told(field: str, expected: object) -> None:
    assert value(inside(container(k8s=CLUSTER)), field) == expected


@pytest.mark.parametrize("odd", [None, 5, "text", [], {"svc": 5, "ns": [None], "deployment": {"name": 7, "labels": 3}}])
def test_a_cluster_of_any_shape(odd: object) -> None:
    for field in ("k8s.svc.name", "k8s.ns.label.team", "k8s.deployment.name", "k8s.deployment.labels", "k8s.pod.labels"):
        assert not value(inside(container(k8s=odd)), field)


def test_event_shows_the_container_it_tells_of() -> None:
    data = capture(simple("CLOSE_E", 10, i64(1)), container())  # those before the first event are not shown
    assert values(data, "proc.name", "container.name", "user.name")[-1] == (f"container:{SHORT}", "web", "www")


@pytest.mark.parametrize("name", ["container", "container_removed"])
def test_async_events_of_the_newest_producers(name: str) -> None:
    def told(kind: str) -> bytes:
        return simple("ASYNCEVENT_E", 0, u32(0), kind.encode() + b"\0", json.dumps({"container": OBJECT}).encode() + b"\0")

    data = capture(told("container"), told(name), execve(10, cgroups=CGROUPS))
    assert value(data, "container.name") == ("web" if name == "container" else None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"container": 7}',
        b'{"container": {"id": 7}}',
        b'{"container": {"id": ""}}',
        b'{"container": {"id": "\\ud800"}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_odd_json_is_passed_over(text: bytes) -> None:
    assert value(capture(simple("CONTAINER_JSON_2_E", -1, text + b"\0"), execve(10)), "container.id") == "host"


ODD = [None, 7, -1.5, "", "x", [], [1, None], {}, {"a": 1}, "\ud800"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_members_never_raise(odd: object) -> None:
    fields = (
        "container.name",
        "container.full_id",
        "container.type",
        "container.image",
        "container.privileged",
        "container.mounts",
        "container.mount[0]",
        "container.mount.dest[x]",
        "container.healthcheck",
        "container.ip",
        "container.cni.json",
        "container.labels",
        "container.label[a]",
        "k8s.pod.name",
        "k8s.pod.labels",
        "k8s.pod.label.a",
        "k8s.pod.ip",
        "k8s.pod.sandbox_id",
    )
    members = dict.fromkeys(
        (
            "name",
            "full_id",
            "type",
            "image",
            "privileged",
            "Mounts",
            "Healthcheck",
            "ip",
            "cni_json",
            "labels",
            "pod_sandbox_id",
            "pod_sandbox_labels",
            "lookup_state",
        ),
        odd,
    )
    assert len(values(inside(container(**members)), *fields)) == 1


def test_health_probe_is_recognised() -> None:
    probe = execve(10, exe=b"/bin/probe", args=b"-q\0now\0", cgroups=CGROUPS)
    assert values(capture(container(), probe), "proc.is_container_healthcheck", "proc.is_container_liveness_probe")[-1] == (True, False)


def test_first_process_of_a_container_is_no_probe() -> None:
    child = clone(20, 0, ptid=10, flags=IN_PIDNS, vids=(1, 1), cgroups=CGROUPS)
    probe = execve(20, exe=b"/bin/probe", args=b"-q\0now\0", cgroups=CGROUPS)
    assert value(capture(container(), child, probe), "proc.is_container_healthcheck") is False


# ---- users and groups


def user(name: bytes, box: bytes = b"", kind: str = "USER_ADDED_E") -> bytes:
    return simple(kind, -1, u32(1000), u32(100), name + b"\0", b"/home/x\0", b"/bin/zsh\0", box + b"\0")


def test_users_come_as_events() -> None:
    group = simple("GROUP_ADDED_E", -1, u32(100), b"staff\0", b"\0")
    data = capture(user(b"ada"), group, simple("CLOSE_E", 10, i64(1)))
    assert values(data, "user.name", "user.homedir", "user.shell", "user.loginname", "group.name")[-1] == (
        "ada",
        "/home/x",
        "/bin/zsh",
        "ada",
        "staff",
    )


def test_users_go() -> None:
    data = capture(user(b"ada"), user(b"ada", kind="USER_DELETED_E"), simple("CLOSE_E", 10, i64(1)))
    assert value(data, "user.name") == "<NA>"


def test_entries_of_the_name_service_are_no_users() -> None:
    assert value(capture(user(b"+nis"), simple("CLOSE_E", 10, i64(1))), "user.name") == "<NA>"


def test_users_of_a_container_are_its_own() -> None:
    data = capture(user(b"host"), user(b"boxed", SHORT.encode()), execve(10, cgroups=CGROUPS))
    assert value(data, "user.name") == "boxed"


def test_root_is_root_everywhere() -> None:
    data = capture(
        execve(10, cgroups=CGROUPS), simple("SETUID_E", 10, u32(0)), simple("SETUID_X", 10, i64(0)), simple("CLOSE_E", 10, i64(1))
    )
    assert values(data, "user.name", "user.homedir", "user.shell")[-1] == ("root", "/root", "<NA>")
