"""Fields of a container without an event: what an event of one of its processes would give."""

from csyspy.engine.python_value cimport python_value
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_NONE, Extractor, Value

from csyspy.engine.value import extractor


cdef class ContainerFields:
    """Those fields, of one container after another. Raises KeyError for a name that is no field, or has to have an argument."""

    cdef State state
    cdef list fields

    def __init__(self, names):
        self.state = State()
        self.state.thread = ThreadInfo()
        self.fields = [extractor(name, None, 0, 0, False) for name in names]

    def of(self, dict container not None) -> list:
        """Their values for a container's JSON object (csyspy.containers.info); None where it says nothing."""
        cdef Extractor field
        cdef Value value
        cdef list out = []
        name = container.get("id")
        self.state.containers = {name: container}
        self.state.thread.container_id = name
        for field in self.fields:
            value.kind = VK_NONE
            out.append(python_value(&value) if field.get(self.state, &value) else None)
        return out
