"""What every container runtime offers to the rest: a look-up by id, and, where it has one, a stream of beginnings."""

from collections.abc import Iterator
from typing import Protocol

from csyspy.containers.info import ContainerInfo
from csyspy.containers.untrusted import printable
from csyspy.errors import CsyspyError


class RuntimeUnavailable(CsyspyError):
    """A runtime that cannot be asked, or does not answer as it should. The message names the socket and what happened."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class Runtime(Protocol):
    """One socket of one runtime. All methods block, at most for the runtime's time limit, and may be called from several threads."""

    name: str
    """Such as ``docker``, for messages."""
    socket: str
    """Path of the unix socket."""

    def lookup(self, container_id: str) -> ContainerInfo | None:
        """The container whose id begins with `container_id`; None where the runtime has none. Raises RuntimeUnavailable."""

    def version(self) -> str:
        """What the runtime says it is, for `csyspy doctor`. Raises RuntimeUnavailable."""

    def starts(self) -> Iterator[str]:
        """Ids of containers as they start, for ever; nothing at all where the runtime tells none.

        Raises RuntimeUnavailable where the stream breaks off."""

    def close(self) -> None:
        """Let go of the socket; a waiting `starts` ends."""
