"""What the fields of containers and of Kubernetes share."""

from csyspy.engine.state cimport State

cdef dict container_of_thread(State state)
cdef bytes json_text(object value)
cdef dict labels_of(dict container, str member)
cdef bytes join_labels(dict labels, bint users_only)
