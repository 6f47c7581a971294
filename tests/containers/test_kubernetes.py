"""Owners, services and namespaces of pods, against an API server that behaves like the real one where clients usually go wrong."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from csyspy.containers.kubernetes import ClusterWatch, PodStore
from csyspy.containers.kubernetes import watch as watching
from csyspy.containers.kubernetes.client import KubernetesApi
from csyspy.containers.kubernetes.store import Object, object_of, selects
from csyspy.containers.kubernetes.watch import lines
from csyspy.errors import UsageError

from .kubestub import Stub

DEADLINE_S = 10.0
OWNED = {"ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d9", "uid": "r1", "controller": True}]}


def pod(name: str, uid: str, *, node: str = "n1", namespace: str = "shop", **meta: Any) -> dict[str, Any]:
    spec = {"nodeName": node, "containers": [{"name": "app", "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}}}]}
    status = {"phase": "Running", "podIP": "10.0.0.7", "containerStatuses": [{"name": "app", "restartCount": 3}]}
    return {"kind": "Pod", "metadata": {"name": name, "namespace": namespace, "uid": uid, **meta}, "spec": spec, "status": status}


def eventually(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub().start()
    stub.apply({"kind": "Namespace", "metadata": {"name": "shop", "uid": "ns1", "labels": {"team": "a"}}})
    stub.apply({"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "d1", "labels": {"tier": "front"}}})
    owner = {"ownerReferences": [{"kind": "Deployment", "name": "web", "controller": True}]}
    stub.apply({"kind": "ReplicaSet", "metadata": {"name": "web-5d9", "namespace": "shop", "uid": "r1", **owner}})
    stub.apply({"kind": "Service", "metadata": {"name": "front", "namespace": "shop", "uid": "s1"}, "spec": {"selector": {"app": "web"}}})
    stub.apply({"kind": "Service", "metadata": {"name": "bare", "namespace": "shop", "uid": "s2"}, "spec": {}})
    stub.apply(pod("web-5d9-x", "u1", labels={"app": "web"}, **OWNED))
    stub.apply(pod("elsewhere", "u2", node="n2"))
    yield stub
    stub.stop()


@pytest.fixture
def kubeconfig(stub: Stub, tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": {"server": stub.url}}],
                "users": [{"name": "u", "user": {"token": stub.token or ""}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return str(path)


@pytest.fixture
def store() -> PodStore:
    return PodStore()


@pytest.fixture
def watch(stub: Stub, kubeconfig: str, store: PodStore) -> Iterator[ClusterWatch]:
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    assert watch.synced(DEADLINE_S)
    yield watch
    watch.close()
    stub.close_watches()


def described(store: PodStore, uid: str) -> dict[str, Any]:
    found = store.describe(uid)
    assert found is not None
    return found


@pytest.mark.usefixtures("watch")
def test_what_is_known_of_a_pod(store: PodStore) -> None:
    assert described(store, "u1") == {
        "node": "n1",
        "phase": "Running",
        "ip": "10.0.0.7",
        "restarts": {"app": 3},
        "resources": {"app": {"limits": {"cpu": "500m", "memory": "64Mi"}}},
        "labels": {"app": "web"},
        "ns": {"name": "shop", "id": "ns1", "labels": {"team": "a"}},
        "rs": {"name": "web-5d9", "id": "r1", "labels": {}},
        "deployment": {"name": "web", "id": "d1", "labels": {"tier": "front"}},
        "svc": [{"name": "front", "id": "s1", "labels": {}}],
    }


@pytest.mark.usefixtures("watch")
def test_only_pods_of_this_node_are_asked_for(stub: Stub, store: PodStore) -> None:
    assert store.describe("u2") is None
    asked = [path for path in stub.requests if path.startswith("/api/v1/pods")]
    assert asked
    assert all("fieldSelector=spec.nodeName%3Dn1" in path for path in asked)


@pytest.mark.usefixtures("watch")
def test_changes_come_by_the_watch(stub: Stub, store: PodStore) -> None:
    stub.apply(pod("web-5d9-x", "u1", labels={"app": "db"}, **OWNED))
    eventually(lambda: "svc" not in described(store, "u1"))
    stub.apply({"kind": "Service", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"selector": {"app": "db"}}})
    eventually(lambda: [service["name"] for service in described(store, "u1").get("svc", ())] == ["data"])
    stub.apply(pod("late", "u3"))
    eventually(lambda: store.describe("u3"))


@pytest.mark.usefixtures("watch")
def test_a_pod_that_is_gone_stays_known(stub: Stub, store: PodStore) -> None:
    stub.apply(pod("web-5d9-x", "u1"), delete=True)
    stub.apply(pod("marker", "u9"))
    eventually(lambda: store.describe("u9"))
    assert described(store, "u1")["labels"] == {"app": "web"}


def test_an_expired_version_is_listed_anew(stub: Stub, store: PodStore, watch: ClusterWatch) -> None:
    stub.expire()
    stub.apply(pod("after", "u4"))
    stub.expire()
    stub.close_watches()
    eventually(lambda: store.describe("u4"))
    assert "Pod" not in watch.notes()


def test_refusals_are_noted_and_the_rest_goes_on(stub: Stub, kubeconfig: str, store: PodStore) -> None:
    stub.deny = {"services"}
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    try:
        assert watch.synced(DEADLINE_S)
        assert "403" in watch.notes()["Service"]
        assert "svc" not in described(store, "u1")
        assert described(store, "u1")["deployment"]["name"] == "web"
    finally:
        watch.close()


def test_a_server_that_fails_is_asked_again(stub: Stub, kubeconfig: str, store: PodStore) -> None:
    stub.fail = [500] * 12
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    try:
        eventually(lambda: store.describe("u1"))
    finally:
        watch.close()


def test_a_wrong_token_is_named(stub: Stub, kubeconfig: str, store: PodStore) -> None:
    stub.token = "another"
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    try:
        assert watch.synced(DEADLINE_S)
        assert "401" in watch.notes()["Pod"]
    finally:
        watch.close()


def test_no_server(tmp_path: Path, store: PodStore) -> None:
    watch = ClusterWatch(lambda: KubernetesApi(str(tmp_path / "none")), store, node="n1")
    eventually(lambda: "no way to a Kubernetes API server" in watch.notes().get("configuration", ""))
    watch.close()
    with pytest.raises(UsageError, match="no way to"):
        KubernetesApi(str(tmp_path / "none"))


@pytest.mark.parametrize("content", ["hello", "[1, 2]", "clusters: 3"])
def test_what_is_no_kubeconfig_is_called_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"is not a kubeconfig|no way to"):
        KubernetesApi(str(path))


@pytest.mark.parametrize("raw", [{}, {"metadata": None}, {"metadata": {"name": 5}}, {"metadata": {"name": ""}}])
def test_an_object_without_a_name_is_none(raw: dict[str, Any]) -> None:
    assert object_of("Pod", raw) is None


@pytest.mark.parametrize("value", [None, 5, "text", [], [None], {}])
def test_objects_of_any_shape(value: object) -> None:
    raw = {"metadata": {"name": "a", "labels": value, "ownerReferences": value, "namespace": value}, "spec": value, "status": value}
    for kind in ("Pod", "Service", "ReplicaSet"):
        found = object_of(kind, raw)
        assert found is not None
        PodStore().put(found)


def test_a_loop_of_owners_ends(store: PodStore) -> None:
    for name, above in (("a", "b"), ("b", "a")):
        store.put(Object("ReplicaSet", name, "shop", name, {}, (("ReplicaSet", above),)))
    store.put(Object("Pod", "p", "shop", "u", {}, (("ReplicaSet", "a"),)))
    assert described(store, "u")["rs"]["name"] in ("a", "b")


def test_a_service_without_a_selector_selects_nothing() -> None:
    web = Object("Pod", "p", "shop", "u", {"app": "web", "x": "y"})
    assert selects(Object("Service", "s", "shop", "s", {}, selector={"app": "web"}), web)
    assert not selects(Object("Service", "s", "other", "s", {}, selector={"app": "web"}), web)
    assert not selects(Object("Service", "s", "shop", "s", {}), web)


def test_lines() -> None:
    assert list(lines(iter([b"a", b"b\nc\n\nd", b""]))) == [b"ab", b"c", b"d"]


def test_who_has_changed_is_told() -> None:
    told: list[set[str]] = []
    store = PodStore(told.append)
    store.put(Object("Pod", "p", "shop", "u", {"app": "web"}))
    store.put(Object("Pod", "p", "shop", "u", {"app": "web"}))
    store.put(Object("Service", "s", "shop", "s", {}, selector={"app": "web"}))
    store.put(Object("Service", "t", "shop", "t", {}, selector={"app": "db"}))
    store.put(Object("Namespace", "shop", "", "n", {}))
    assert told == [{"u"}, {"u"}, {"u"}]


@pytest.mark.parametrize(
    ("fault", "state", "says"),
    [
        ("none", "ok", "lists pods"),
        ("denied", "warn", "403"),
        ("another token", "warn", "401"),
        ("failing", "warn", "500"),
        ("gone", "warn", "127.0.0.1"),
    ],
)
def test_doctor_names_what_is_wrong_with_the_api_server(
    stub: Stub, kubeconfig: str, csyspy: Any, fault: str, state: str, says: str
) -> None:
    if fault == "denied":
        stub.deny = {"services", "replicasets"}
    elif fault == "another token":
        stub.token = "another"
    elif fault == "failing":
        stub.fail = [500] * 20
    elif fault == "gone":
        stub.stop()
    found = [json.loads(line) for line in csyspy("doctor", "--json", "-k", kubeconfig).stdout.splitlines()]
    (said,) = [finding for finding in found if finding["check"] == "kubernetes"]
    assert (said["state"], says in said["what"]) == (state, True), said
    assert bool(said["fix"]) == (state == "warn" and fault != "failing")


def test_a_server_that_hangs_up_in_the_middle_is_listed_anew(stub: Stub, kubeconfig: str, store: PodStore) -> None:
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    try:
        assert watch.synced(DEADLINE_S)
        stub.reset_watches()
        stub.apply(pod("after-reset", "u7"))
        eventually(lambda: store.describe("u7"))
    finally:
        watch.close()


def test_bookmarks_move_the_version_on(stub: Stub, kubeconfig: str, store: PodStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch of a quiet kind of objects begins again at the bookmark, not at the version that is forgotten by then."""
    monkeypatch.setattr(watching, "WATCH_S", 1)
    watch = ClusterWatch(lambda: KubernetesApi(kubeconfig), store, node="n1")
    try:
        assert watch.synced(DEADLINE_S)
        listed = stub.rv
        stub.apply({"kind": "Namespace", "metadata": {"name": "noise", "uid": "x"}})
        stub.apply({"kind": "Namespace", "metadata": {"name": "more-noise", "uid": "y"}})
        eventually(lambda: any(path.startswith("/api/v1/services?") and f"resourceVersion={stub.rv}" in path for path in stub.requests))
        assert stub.rv > listed
        lists = [path for path in stub.requests if path.startswith("/api/v1/services?") and "watch=" not in path]
        assert len(lists) == 1
    finally:
        watch.close()
