"""Look-ups in the background: nothing waits, failures cost a note, what was found stays."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from csyspy.containers.info import ContainerInfo
from csyspy.containers.runtime import RuntimeUnavailable
from csyspy.containers.service import MetadataService

DEADLINE_S = 5.0


def full(number: int) -> str:
    return f"{number:012x}" + "0" * 52


class FakeRuntime:
    """A runtime in memory."""

    name = "fake"
    socket = "/fake.sock"

    def __init__(self) -> None:
        self.known: dict[str, ContainerInfo] = {}
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.held = threading.Event()
        self.held.set()
        self.started: list[str] = []

    def add(self, number: int, name: str) -> str:
        self.known[full(number)[:12]] = ContainerInfo(full_id=full(number), type=0, name=name)
        return full(number)

    def lookup(self, container_id: str) -> ContainerInfo | None:
        self.asked.append(container_id)
        self.held.wait(DEADLINE_S)
        if self.fault is not None:
            raise self.fault
        return self.known.get(container_id[:12])

    def version(self) -> str:
        return "fake 1"

    def starts(self) -> Iterator[str]:
        yield from self.started

    def close(self) -> None:
        self.held.set()


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
def service(runtime: FakeRuntime) -> Iterator[MetadataService]:
    service = MetadataService([runtime])
    yield service
    service.close()


def eventually(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_a_name_comes_when_it_is_there(runtime: FakeRuntime, service: MetadataService) -> None:
    wanted = runtime.add(1, "web")
    runtime.held.clear()
    service.want(wanted)
    assert service.get(wanted) is None  # the runtime has not answered, and nobody waited for it
    runtime.held.set()
    assert service.settle(DEADLINE_S)
    info = service.get(wanted[:12])
    assert info is not None
    assert info.name == "web"
    assert [found.name for found in service.take()] == ["web"]
    assert service.take() == []


def test_an_id_is_asked_for_once(runtime: FakeRuntime, service: MetadataService) -> None:
    wanted = runtime.add(1, "web")
    for _ in range(50):
        service.want(wanted)
    assert service.settle(DEADLINE_S)
    for _ in range(50):
        service.want(wanted[:12])
    assert len(runtime.asked) == 1


def test_what_is_being_created_is_found_a_little_later(runtime: FakeRuntime, service: MetadataService) -> None:
    service.want(full(7))
    eventually(lambda: len(runtime.asked) >= 2)
    runtime.add(7, "late")
    eventually(lambda: service.get(full(7)))


def test_what_has_gone_stays_known(runtime: FakeRuntime, service: MetadataService) -> None:
    wanted = runtime.add(1, "web")
    service.want(wanted)
    assert service.settle(DEADLINE_S)
    runtime.known.clear()
    service.want(wanted)
    assert service.get(wanted) is not None


def test_a_started_container_is_looked_up_unasked_and_a_new_name_is_told(runtime: FakeRuntime) -> None:
    wanted = runtime.add(1, "web")
    runtime.started = [wanted]
    service = MetadataService([runtime])
    try:
        eventually(lambda: service.get(wanted))
        assert [info.name for info in service.take()] == ["web"]
    finally:
        service.close()


@pytest.mark.parametrize("fault", [RuntimeUnavailable("/fake.sock: no answer within 2 s"), TypeError("nonsense")])
def test_a_runtime_that_fails_is_noted_and_left_alone(runtime: FakeRuntime, service: MetadataService, fault: Exception) -> None:
    runtime.fault = fault
    service.want(full(1))
    eventually(lambda: service.notes()[0].fault)
    asked = len(runtime.asked)
    for number in range(2, 40):
        service.want(full(number))
    time.sleep(0.05)
    assert len(runtime.asked) - asked <= 3  # the workers that were at it already
    assert str(fault) in service.notes()[0].fault


def test_a_dead_runtime_does_not_keep_another_from_answering(runtime: FakeRuntime) -> None:
    dead = FakeRuntime()
    dead.fault = RuntimeUnavailable("/dead.sock: Connection refused")
    service = MetadataService([dead, runtime])
    try:
        wanted = runtime.add(1, "web")
        service.want(wanted)
        assert service.settle(DEADLINE_S)
        assert service.get(wanted) is not None
    finally:
        service.close()


def test_a_runtime_that_comes_back_is_asked_again(runtime: FakeRuntime, service: MetadataService) -> None:
    runtime.fault = RuntimeUnavailable("/fake.sock: Connection refused")
    wanted = runtime.add(1, "web")
    service.want(wanted)
    eventually(lambda: service.notes()[0].fault)
    runtime.fault = None
    eventually(lambda: service.get(wanted))
    assert service.notes()[0].fault == ""


def test_without_runtimes_nothing_happens() -> None:
    service = MetadataService([])
    service.want(full(1))
    assert service.settle(0)
    assert service.get(full(1)) is None
    service.close()
