"""A CRI runtime that tells what it was told to, over a real gRPC socket: shapes of runtimes that are not on this machine, and faults."""

import queue
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc

from csyspy.containers.cri.messages import message

SERVICE = "runtime.v1.RuntimeService"


class CriStub:
    """Serves containers and sandboxes, by id; `start` and `stop` as often as wanted, on the same socket."""

    def __init__(self, path: str, name: str = "cri-o", version: str = "1.34.0") -> None:
        self.path = path
        self.name, self.version = name, version
        self.containers: dict[str, Any] = {}
        """Id -> ContainerStatusResponse."""
        self.sandbox_of: dict[str, str] = {}
        self.sandboxes: dict[str, Any] = {}
        """Id -> PodSandboxStatusResponse."""
        self.events: queue.Queue[str] | None = None
        """Ids of containers as they start; None: the stream ends at once, as cri-o's does where pod events are off."""
        self.answer_s = 0.0
        """What every answer takes."""
        self.padding = 0
        """Bytes that every answer about a container is longer by."""
        self.asked: list[str] = []
        self._server: grpc.Server | None = None

    def start(self) -> "CriStub":
        """Listen."""
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, self._handlers()),))
        self._server.add_insecure_port(f"unix:{self.path}")
        self._server.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.stop(None).wait()
            self._server = None

    def _handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        def unary(method: str, answer: Callable[[Any], Any]) -> grpc.RpcMethodHandler:
            def serve(request: Any, context: grpc.ServicerContext) -> Any:
                self.asked.append(method)
                time.sleep(self.answer_s)
                try:
                    return answer(request)
                except KeyError:
                    context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")

            return grpc.unary_unary_rpc_method_handler(serve, message(f"{method}Request").FromString, _bytes)

        return {
            "Version": unary("Version", self._version),
            "ListContainers": unary("ListContainers", self._list_containers),
            "ContainerStatus": unary("ContainerStatus", self._container_status),
            "ListPodSandbox": unary("ListPodSandbox", self._list_sandboxes),
            "PodSandboxStatus": unary("PodSandboxStatus", lambda request: self.sandboxes[request.pod_sandbox_id]),
            "GetContainerEvents": grpc.unary_stream_rpc_method_handler(self._events, message("GetEventsRequest").FromString, _bytes),
        }

    def _version(self, request: Any) -> Any:
        return message("VersionResponse")(version="0.1.0", runtime_name=self.name, runtime_version=self.version, runtime_api_version="v1")

    def _list_containers(self, request: Any) -> Any:
        found = [
            {"id": one, "pod_sandbox_id": self.sandbox_of.get(one, ""), "metadata": self.containers[one].status.metadata}
            for one in self.containers
            if one.startswith(request.filter.id)
        ]
        return message("ListContainersResponse")(containers=found)

    def _list_sandboxes(self, request: Any) -> Any:
        found = [{"id": one} for one in self.sandboxes if one.startswith(request.filter.id)]
        return message("ListPodSandboxResponse")(items=found)

    def _container_status(self, request: Any) -> Any:
        answer = message("ContainerStatusResponse")()
        answer.CopyFrom(self.containers[request.container_id])
        if self.padding:
            answer.info["padding"] = "x" * self.padding
        return answer

    def _events(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        while self.events is not None and context.is_active():
            try:
                started = self.events.get(timeout=0.05)
            except queue.Empty:
                continue
            yield message("ContainerEventResponse")(container_id=started, container_event_type=1)


def _bytes(answer: Any) -> bytes:
    encoded: bytes = answer.SerializeToString()
    return encoded
