"""Names for container ids, found in the background: asking never waits, and what is known is taken when it is there.

Ids come from cgroup paths as processes are seen, or from a runtime's own events before that. A few threads ask the runtimes; an id that
nobody knows yet is tried again with growing pauses (the runtime may still be creating it), a runtime that does not answer is left alone
for a while. What was found stays, also after the container has gone.
"""

import heapq
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from csyspy.containers.info import ContainerInfo, short_id
from csyspy.containers.runtime import Runtime, RuntimeUnavailable

T = TypeVar("T")
WORKERS: Final = 3
MAX_KEPT: Final = 8192
"""Containers remembered; the ones that were asked for longest ago go first."""
MAX_WAITING: Final = 4096
RETRY_S: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before an id that no runtime knew is looked up again; after the last it is given up."""
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""For how long a runtime that failed so many times in a row is left alone."""


@dataclass(slots=True)
class RuntimeState:
    """How a runtime has behaved."""

    runtime: Runtime
    failures: int = 0
    """In a row."""
    closed_until_s: float = 0.0
    note: str = ""
    """What went wrong last; empty while all is well."""


@dataclass(frozen=True, slots=True)
class RuntimeNote:
    """A line for `csyspy doctor`."""

    name: str
    socket: str
    fault: str
    """Empty where the runtime answers."""


class MetadataService:
    """Looks up containers by id. All methods but `close` return at once; they may be called from any thread."""

    def __init__(
        self, runtimes: Sequence[Runtime], *, workers: int = WORKERS, clock: Callable[[], float] = time.monotonic, follow: bool = True
    ) -> None:
        self._states = [RuntimeState(runtime) for runtime in runtimes]
        self._clock = clock
        self._known: OrderedDict[str, ContainerInfo] = OrderedDict()
        self._fresh: list[ContainerInfo] = []
        self._due: list[tuple[float, int, str, int]] = []  # (when, tie-breaker, id, how many tries)
        self._pending: set[str] = set()
        self._given_up: OrderedDict[str, None] = OrderedDict()
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        if self._states:
            self._threads += [self._start(self._work, f"lookup-{i}") for i in range(workers)]
            if follow:
                self._threads += [self._start(self._follow, f"events-{state.runtime.name}", state) for state in self._states]

    def _start(self, work: Callable[..., None], name: str, *args: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=args, name=f"csyspy-{name}", daemon=True)
        thread.start()
        return thread

    def want(self, container_id: str) -> None:
        """See that the container becomes known. For an id that is known, being looked up, or given up, nothing happens."""
        if not self._states:
            return
        key = short_id(container_id)
        with self._wake:
            if key in self._known or key in self._pending or key in self._given_up or len(self._pending) >= MAX_WAITING:
                return
            self._enqueue(container_id, 0, 0.0)

    def get(self, container_id: str) -> ContainerInfo | None:
        """What is known of a container, by its id, shortened or not; None while nothing is."""
        with self._wake:
            return self._known.get(short_id(container_id))

    @property
    def has_news(self) -> bool:
        """Whether `take` has something."""
        return bool(self._fresh)

    def take(self) -> list[ContainerInfo]:
        """The containers that became known, or were renamed, since the last call: for one reader (NodeMetadata.news is for several)."""
        with self._wake:
            fresh, self._fresh = self._fresh, []
        return fresh

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is being looked up; False where that takes longer. For one-shot output and tests."""
        give_up = time.monotonic() + timeout_s
        with self._wake:
            while self._pending and not self._closed.is_set():
                if not self._wake.wait(give_up - time.monotonic()):
                    return not self._pending
        return True

    def notes(self) -> list[RuntimeNote]:
        """How the runtimes behave."""
        with self._wake:
            return [RuntimeNote(state.runtime.name, state.runtime.socket, state.note) for state in self._states]

    def close(self) -> None:
        """Stop asking. Threads that wait for a dead runtime end with the process."""
        with self._wake:
            self._closed.set()
            self._wake.notify_all()
        for state in self._states:
            state.runtime.close()

    # --- the threads ---

    def _enqueue(self, container_id: str, tries: int, pause_s: float) -> None:
        self._pending.add(short_id(container_id))
        heapq.heappush(self._due, (self._clock() + pause_s, next(self._numbers), container_id, tries))
        self._wake.notify()

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._closed.is_set() and (not self._due or self._due[0][0] > self._clock()):
                    self._wake.wait(self._due[0][0] - self._clock() if self._due else None)
                if self._closed.is_set():
                    return
                _, _, container_id, tries = heapq.heappop(self._due)
            info, everybody_answered = self._ask(container_id)
            with self._wake:
                self._settle_one(container_id, tries, info, everybody_answered)

    def _settle_one(self, container_id: str, tries: int, info: ContainerInfo | None, everybody_answered: bool) -> None:
        key = short_id(container_id)
        self._pending.discard(key)
        if info is not None:
            self._keep(info)
        elif tries < len(RETRY_S):
            self._enqueue(container_id, tries + 1, RETRY_S[tries])
        elif everybody_answered:
            _remember(self._given_up, key, None)
        self._wake.notify_all()

    def _keep(self, info: ContainerInfo) -> None:
        if self._known.get(info.id) != info:
            self._fresh.append(info)
        _remember(self._known, info.id, info)

    def _ask(self, container_id: str) -> tuple[ContainerInfo | None, bool]:
        """(the container, whether every runtime could be asked)."""
        everybody = True
        for state in self._states:
            if state.closed_until_s > self._clock():
                everybody = False
                continue
            try:
                info = state.runtime.lookup(container_id)
            except RuntimeUnavailable as error:
                self._failed(state, error)
                everybody = False
                continue
            except Exception as error:  # a runtime's answer may be anything
                self._failed(state, RuntimeUnavailable(f"{state.runtime.socket}: {type(error).__name__}: {error}"))
                everybody = False
                continue
            self._answered(state)
            if info is not None:
                return info, True
        return None, everybody

    def _failed(self, state: RuntimeState, error: RuntimeUnavailable) -> None:
        with self._wake:
            pause_s = BACK_OFF_S[min(state.failures, len(BACK_OFF_S) - 1)]
            state.failures += 1
            state.closed_until_s = self._clock() + pause_s
            state.note = error.message

    def _answered(self, state: RuntimeState) -> None:
        if state.failures:
            with self._wake:
                state.failures, state.closed_until_s, state.note = 0, 0.0, ""

    def _follow(self, state: RuntimeState) -> None:
        """Look containers up as their runtime starts them, mostly before their first event has been read."""
        broken = 0
        while not self._closed.is_set():
            try:
                for container_id in state.runtime.starts():
                    broken = 0
                    self._started(container_id)
                return
            except RuntimeUnavailable as error:
                if self._closed.is_set():
                    return
                self._failed(state, error)
            pause_s = BACK_OFF_S[min(broken, len(BACK_OFF_S) - 1)]
            broken += 1
            self._closed.wait(pause_s)

    def _started(self, container_id: str) -> None:
        """Known or not: its name may be another one now."""
        with self._wake:
            self._given_up.pop(short_id(container_id), None)
            if short_id(container_id) not in self._pending:
                self._enqueue(container_id, 0, 0.0)


def _remember(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MAX_KEPT:
        kept.popitem(last=False)
