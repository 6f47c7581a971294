"""Logs of pods, followed: what `kubectl logs -f -l …` shows."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from csyspy.containers.kubernetes.watch import MAX_LINE, Api
from csyspy.containers.untrusted import items, mapping, parsed, text

MOST_PODS: Final = 500
MOST_BYTES: Final = 64 << 20
"""Of a list of pods."""
PREFERRED: Final = "falco"
"""Where a pod has several containers, the one of this name is meant, else the first."""

_STAMP: Final = re.compile(rb"(\d{4}-[01]\d-[0-3]\d[T][0-2]\d:[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-][01]\d:[0-5]\d)")


def pods(api: Api, namespace: str, selector: str) -> list[tuple[str, str]]:
    """(pod, container) of the pods in a namespace whose labels fit `selector`. Raises ApiRefused, OSError."""
    body = b""
    for piece in api.get(f"/api/v1/namespaces/{quote(namespace)}/pods", {"labelSelector": selector}, 30.0):
        body += piece
        if len(body) > MOST_BYTES:
            raise OSError(f"the list of pods is longer than {MOST_BYTES >> 20} MiB")
    found = []
    for item in items(parsed(body.decode(errors="replace")).get("items"))[:MOST_PODS]:
        pod = mapping(item)
        name = text(mapping(pod.get("metadata")).get("name"))
        containers = [text(mapping(each).get("name")) for each in items(mapping(pod.get("spec")).get("containers"))]
        if name and containers:
            found.append((name, PREFERRED if PREFERRED in containers else containers[0]))
    return found


class PodLog:
    """What a container writes, followed. A stream that broke off goes on where it did: nothing is lost, and nothing comes twice."""

    def __init__(self, api: Api, namespace: str, pod: str, container: str, *, whole: bool) -> None:
        """`whole`: what is there already counts too, as of a pod that has come since."""
        self._api = api
        self._path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"
        self._query = {"container": container, "follow": "true", "timestamps": "true"}
        self._whole = whole
        self._began = ""
        self._last = ("", "")

    def lines(self) -> Iterator[bytes]:
        """The lines until the stream ends, each with its end; those that are too long are left out. Raises ApiRefused, OSError."""
        query = dict(self._query)
        if self._last[0] or self._began:
            query["sinceTime"] = f"{self._last[0] or self._began}Z"
        elif not self._whole:
            query["tailLines"] = "0"
            self._began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
        for line in _lines(self._api.get(self._path, query, None)):
            stamp, _, rest = line.partition(b" ")
            at = _moment(stamp)
            if at is not None and at <= self._last:
                continue  # sinceTime is in whole seconds
            self._last = at or self._last
            yield rest + b"\n"


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest, is_passing_over = b"", False
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if not is_passing_over and line:
                yield line
            is_passing_over = False
        if is_passing_over or len(rest) > MAX_LINE:
            rest, is_passing_over = b"", True
    if rest:
        yield rest


def _moment(stamp: bytes) -> tuple[str, str] | None:
    """Second and nanoseconds of a time as kubelet writes it, in a form that can be compared; None where it is none."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    second, digits, zone = (part.decode() for part in found.groups(b""))
    if zone != "Z":
        second = f"{datetime.fromisoformat(second + zone).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return second, digits.ljust(9, "0")
