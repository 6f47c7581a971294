"""Lists and watches of an API server, one thread a resource, that survive what API servers do: closed streams, expired versions, refusals.

The watch protocol is read from the lines of the answer (kubernetes.io/docs/reference/using-api/api-concepts): the client's own watch makes
a model object of each pod, which costs 25 times as much.
"""

import json
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from csyspy.containers.kubernetes.store import RESOURCES, PodStore, Resource, object_of
from csyspy.containers.untrusted import items, mapping, printable, text
from csyspy.errors import CsyspyError

WATCH_S: Final = 300
"""A watch is asked to end after so long; a server that has gone without a word is noticed by then."""
LIST_LIMIT: Final = 500
CONNECT_S: Final = 5.0
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
REFUSED_S: Final = 60.0
"""Pause after 401 and 403: rights seldom change."""
MAX_LINE: Final = 8 << 20
GONE: Final = 410


class ApiRefused(CsyspyError):
    """The API server answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(printable(f"{status} {message}".strip()))
        self.status = status


class Api(Protocol):
    """The way to an API server."""

    address: str

    def get(self, path: str, query: Mapping[str, str], read_timeout_s: float | None) -> Iterator[bytes]:
        """Pieces of the answer's body as they come. Raises ApiRefused or OSError."""


class ClusterWatch:
    """Keeps `store` like the API server, in the background. `start` and everything it starts need the `kubernetes` package."""

    def __init__(self, open_api: Callable[[], Api], store: PodStore, *, node: str = "") -> None:
        self._open_api = open_api
        self._store = store
        self.node = node or os.environ.get("NODE_NAME") or socket.gethostname()
        self._closed = threading.Event()
        self._notes: dict[str, str] = {}
        self._synced = {resource.kind: threading.Event() for resource in RESOURCES}
        threading.Thread(target=self._start, name="csyspy-kubernetes", daemon=True).start()

    def notes(self) -> dict[str, str]:
        """What went wrong last, by kind of object; empty while all is well."""
        return dict(self._notes)

    def synced(self, timeout_s: float) -> bool:
        """Wait until everything has been listed once; False where that takes longer."""
        return all(event.wait(timeout_s) for event in self._synced.values())

    def close(self) -> None:
        """Stop. Threads that wait for the server end with the process."""
        self._closed.set()

    def _start(self) -> None:
        """The configuration is read here: a plug-in of it may ask a cloud for a token, and the client takes its time to import."""
        try:
            api = self._open_api()
        except Exception as error:
            self._notes["configuration"] = str(error)
            return
        for resource in RESOURCES:
            threading.Thread(target=self._keep, args=(api, resource), name=f"csyspy-{resource.kind}", daemon=True).start()

    def _keep(self, api: Api, resource: Resource) -> None:
        failures = 0
        version = ""
        while not self._closed.is_set():
            try:
                if not version:
                    version = self._list(api, resource)
                    self._synced[resource.kind].set()
                version = self._watch(api, resource, version)
                self._notes.pop(resource.kind, None)
                failures = 0
                continue
            except ApiRefused as error:
                if error.status == GONE:  # what happened since is forgotten: list anew
                    version = ""
                    if not failures:
                        failures = 1
                        continue
                self._notes[resource.kind] = f"{api.address}: {error.message}"
                pause_s = REFUSED_S if error.status in (401, 403) else BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
                if error.status in (401, 403, 404):
                    self._synced[resource.kind].set()  # it will not come
            except Exception as error:  # a server's answer may be anything
                self._notes[resource.kind] = printable(f"{api.address}: {type(error).__name__}: {error}")
                pause_s = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            failures += 1
            # Nodes that lost the same server do not come back at the same moment.
            self._closed.wait(pause_s * random.uniform(0.7, 1.3))

    def _query(self, resource: Resource) -> dict[str, str]:
        return {"fieldSelector": f"spec.nodeName={self.node}"} if resource.of_node and self.node else {}

    def _list(self, api: Api, resource: Resource) -> str:
        """Take in the whole list; the version it has."""
        found = []
        query = {**self._query(resource), "limit": str(LIST_LIMIT)}
        while True:
            body = b"".join(api.get(resource.path, query, CONNECT_S * 4))
            answer = mapping(json.loads(body))
            found += [entry for raw in items(answer.get("items")) if (entry := object_of(resource.kind, mapping(raw))) is not None]
            meta = mapping(answer.get("metadata"))
            if not text(meta.get("continue")):
                break
            query["continue"] = meta["continue"]
        self._store.replace(resource.kind, found)
        return text(meta.get("resourceVersion"))

    def _watch(self, api: Api, resource: Resource, version: str) -> str:
        """Follow changes until the server ends the watch; the version it got to."""
        query = {
            **self._query(resource),
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_S),
        }
        for line in lines(api.get(resource.path, query, WATCH_S + 30)):
            if self._closed.is_set():
                break
            event = mapping(json.loads(line))
            raw = mapping(event.get("object"))
            if event.get("type") == "ERROR":
                raise ApiRefused(int(raw.get("code") or 0), text(raw.get("message")) or text(raw.get("reason")))
            version = text(mapping(raw.get("metadata")).get("resourceVersion")) or version
            entry = object_of(resource.kind, raw) if event.get("type") != "BOOKMARK" else None
            if entry is None:
                continue
            if event.get("type") == "DELETED":
                self._store.remove(*entry.key)
            else:
                self._store.put(entry)
        return version


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a stream of bytes. Raises ValueError for one that does not end."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from filter(None, whole)
        if len(rest) > MAX_LINE:
            raise ValueError(f"a line of more than {MAX_LINE >> 20} MiB")
    if rest.strip():
        yield rest
