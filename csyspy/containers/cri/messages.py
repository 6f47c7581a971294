"""The messages of runtime.proto as classes, made from its compiled form (`make proto`), so that any version of protobuf will do."""

from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_POOL = descriptor_pool.DescriptorPool()
for _file in descriptor_pb2.FileDescriptorSet.FromString(files(__package__).joinpath("runtime.binpb").read_bytes()).file:
    _POOL.Add(_file)


def message(name: str) -> Any:
    """The class of a message of package runtime.v1. Raises KeyError where there is none."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"runtime.v1.{name}"))
