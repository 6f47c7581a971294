"""container.*: what is known of the container of the process (libs: sinsp_filtercheck_container.cpp).

`State.containers` holds the JSON objects of container events as they came; every value is looked at with care.
"""

from fnmatch import fnmatchcase

from libc.stdint cimport int64_t

from csyspy.engine.state cimport NEED_THREAD, PRODUCER_NEWEST, State
from csyspy.engine.value cimport Extractor, Value, give_bool, give_int, give_uint, register

# libs: container_engine/sinsp_container_type.h
cdef dict TYPES = {0: b"docker", 1: b"lxc", 2: b"libvirt-lxc", 3: b"mesos", 4: b"rkt", 6: b"cri", 7: b"containerd", 8: b"cri-o",
                   9: b"bpm", 11: b"podman", 100: b"nspawn"}
cdef tuple MADE_BY_RUNTIME = (b"/var/lib/docker/volumes/", b"/var/lib/containers/storage/volumes/", b"/var/lib/kubelet/pods/",
                              b"/var/lib/containerd/", b"/run/containerd/")
cdef frozenset DOCKER_LIKE = frozenset((0, 6, 7, 8, 11))    # those whose privileges are known
cdef dict MOUNT_PARTS = {"container.mount.source": "Source", "container.mount.dest": "Destination", "container.mount.mode": "Mode",
                         "container.mount.rdwr": "RW", "container.mount.propagation": "Propagation"}
cdef dict PROBES = {"container.healthcheck": "Healthcheck", "container.liveness_probe": "LivenessProbe",
                    "container.readiness_probe": "ReadinessProbe"}
# Plain members of the JSON object.
cdef dict MEMBERS = {"container.image": "image", "container.image.id": "imageid", "container.image.repository": "imagerepo",
                     "container.image.tag": "imagetag", "container.image.digest": "imagedigest"}
cdef dict FLAGS = {"container.privileged": "privileged", "container.host_pid": "host_pid", "container.host_network": "host_network",
                   "container.host_ipc": "host_ipc"}


cdef str container_id(State state):
    """Id of the container that the event is about, "" where it is on the host, None where nobody knows."""
    if state.evt_container is not None:
        return state.evt_container
    return state.thread.container_id if state.thread is not None else None


cdef bint on_host(State state):
    """A process of another pid namespace is in some container, even if nothing says in which; the newest libs do not mind."""
    if container_id(state):
        return False
    return state.producer == PRODUCER_NEWEST or not state.thread.in_pidns()


cdef dict container_of_thread(State state):
    """The JSON object of the container of the current thread; None where there is none, or nothing is known of it."""
    cdef str name = container_id(state)
    return state.containers.get(name) if name else None


cdef bytes json_text(object value):
    """A JSON member as text, b"" where it is no text."""
    return (<str>value).encode("utf-8", "replace") if isinstance(value, str) else b""


cdef int _give_unless_empty(Extractor self, bytes text, Value* out) except -1:
    return self.give(text, out) if text else 0


cdef int _id(State state, Extractor self, Value* out) except -1:
    if container_id(state) is None:
        return 0
    return self.give(b"host" if on_host(state) else json_text(container_id(state)), out)


cdef int _full_id(State state, Extractor self, Value* out) except -1:
    if container_id(state) is None:
        return 0
    if on_host(state):
        return self.give(b"host", out)
    container = container_of_thread(state)
    return _give_unless_empty(self, json_text(container.get("full_id")), out) if container is not None else 0


cdef int _name(State state, Extractor self, Value* out) except -1:
    if container_id(state) is None:
        return 0
    if on_host(state):
        return self.give(b"host", out)
    container = container_of_thread(state)
    return _give_unless_empty(self, json_text(container.get("name")), out) if container is not None else 0


cdef int _type(State state, Extractor self, Value* out) except -1:
    if container_id(state) is None:
        return 0
    if on_host(state):
        return self.give(b"host", out)
    container = container_of_thread(state)
    if container is None:
        return 0
    kind = container.get("type")
    return self.give(TYPES.get(kind, b""), out) if isinstance(kind, int) else 0


cdef int _member(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    return _give_unless_empty(self, json_text(container.get(MEMBERS[self.name])), out) if container is not None else 0


cdef int _flag(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        return 0
    kind = container.get("type")
    if not isinstance(kind, int) or kind not in DOCKER_LIKE:
        return 0
    return give_bool(out, container.get(FLAGS[self.name]) is True)


# ---- how far from the host (csyspy.containers.info, Confinement)

cdef int _read_only_root(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None or not isinstance(container.get("read_only_root"), bool):
        return 0
    return give_bool(out, container["read_only_root"])


cdef int _user(State state, Extractor self, Value* out) except -1:
    """An image that names no user runs as root."""
    container = container_of_thread(state)
    if container is None or not isinstance(container.get("user"), str):
        return 0
    return self.give(json_text(container["user"]) or b"root", out)


cdef int _capabilities(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    names = container.get("cap_add") if container is not None else None
    return self.give(b", ".join([json_text(name) for name in names]), out) if isinstance(names, list) else 0


cdef int _host_namespaces(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None or "host_pid" not in container:
        return 0
    shared = [name for name in ("pid", "network", "ipc") if container.get("host_" + name) is True]
    return self.give(", ".join(shared).encode(), out)


cdef int _writable_host_mounts(State state, Extractor self, Value* out) except -1:
    """Sources of mounts that the runtime has not made itself for a volume, a secret or a file of its own."""
    container = container_of_thread(state)
    if container is None or not isinstance(container.get("Mounts"), list):
        return 0
    sources = [json_text(mount.get("Source")) for mount in _mounts(container) if mount.get("RW") is True]
    return self.give(b", ".join([source for source in sources if source.startswith(b"/") and not source.startswith(MADE_BY_RUNTIME)]), out)


# ---- mounts

cdef list _mounts(dict container):
    mounts = container.get("Mounts")
    return [mount for mount in mounts if isinstance(mount, dict)] if isinstance(mounts, list) else []


cdef bytes _mount_part(dict mount, str part):
    if part == "RW":
        return b"true" if mount.get(part) is True else b"false"
    return json_text(mount.get(part))


cdef bytes _mount_text(dict mount):
    return b":".join([_mount_part(mount, part) for part in ("Source", "Destination", "Mode", "RW", "Propagation")])


cdef dict _mount(dict container, Extractor self, str by):
    """The mount that the argument names: by its number, or the first whose `by` matches the pattern."""
    cdef list mounts = _mounts(container)
    if self.index >= 0:
        return mounts[self.index] if self.index < len(mounts) else None
    for mount in mounts:
        if isinstance(mount.get(by), str) and fnmatchcase(mount[by], self.arg or ""):
            return mount
    return None


cdef int _all_mounts(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        return 0
    return self.give(b",".join([_mount_text(mount) for mount in _mounts(container)]), out)


cdef int _one_mount(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    mount = _mount(container, self, "Source") if container is not None else None
    return self.give(_mount_text(mount), out) if mount is not None else 0


cdef int _part_of_mount(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    part = MOUNT_PARTS[self.name]
    mount = _mount(container, self, "Destination" if part == "Source" else "Source") if container is not None else None
    return self.give(_mount_part(mount, part), out) if mount is not None else 0


# ---- the rest

cdef int _probe(State state, Extractor self, Value* out) except -1:
    """Command line of a health probe, `NONE` where the container has none of that kind."""
    container = container_of_thread(state)
    if container is None:
        return 0
    probe = container.get(PROBES[self.name])
    if not isinstance(probe, dict) or not isinstance(probe.get("exe"), str):
        return self.give(b"NONE", out)
    args = probe.get("args")
    words = [probe["exe"], *(args if isinstance(args, list) else ())]
    return self.give(b" ".join([json_text(word) for word in words]), out)


cdef int _start_ts(State state, Extractor self, Value* out) except -1:
    if state.thread is None or on_host(state) or state.thread.pidns_init_start_ts == 0:
        return 0
    return give_uint(out, state.thread.pidns_init_start_ts)


cdef int _duration(State state, Extractor self, Value* out) except -1:
    if state.thread is None or on_host(state) or state.thread.clone_ts == 0:
        return 0
    return give_int(out, <int64_t>(state.evt.ts - state.thread.pidns_init_start_ts))


cdef int _ip(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        # The container plugin of the newest libs has an object for the host, too, with an empty address.
        return self.give(b"", out) if state.producer == PRODUCER_NEWEST and container_id(state) == "" else 0
    return self.give(json_text(container.get("ip")) or (b"" if state.producer == PRODUCER_NEWEST else b"0.0.0.0"), out)


cdef int _cni(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    return self.give(json_text(container.get("cni_json")), out) if container is not None else 0


cdef dict labels_of(dict container, str member):
    labels = container.get(member)
    return labels if isinstance(labels, dict) else {}


cdef int _label(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        return 0
    value = labels_of(container, "labels").get(self.arg)
    return self.give(json_text(value), out) if isinstance(value, str) else 0


cdef int _labels(State state, Extractor self, Value* out) except -1:
    container = container_of_thread(state)
    if container is None:
        return 0
    return self.give(join_labels(labels_of(container, "labels"), False), out)


cdef bytes join_labels(dict labels, bint users_only):
    """`key:value` pairs by key; `users_only` leaves out what Kubernetes itself wrote."""
    cdef list pairs = []
    for key in sorted(labels):
        if users_only and key.startswith(("annotation.", "io.kubernetes.")):
            continue
        value = json_text(labels[key])
        pairs.append(json_text(key) + b":" + value if value else json_text(key))
    return b", ".join(pairs)


register("container.id", _id, NEED_THREAD)
register("container.full_id", _full_id, NEED_THREAD)
register("container.name", _name, NEED_THREAD)
register("container.type", _type, NEED_THREAD)
for _field in MEMBERS:
    register(_field, _member, NEED_THREAD)
for _field in FLAGS:
    register(_field, _flag, NEED_THREAD)
register("container.mounts", _all_mounts, NEED_THREAD)
register("container.mount", _one_mount, NEED_THREAD)
for _field in MOUNT_PARTS:
    register(_field, _part_of_mount, NEED_THREAD)
for _field in PROBES:
    register(_field, _probe, NEED_THREAD)
register("container.start_ts", _start_ts, NEED_THREAD)
register("container.duration", _duration, NEED_THREAD)
register("container.ip", _ip, NEED_THREAD)
register("container.cni.json", _cni, NEED_THREAD)
register("container.label", _label, NEED_THREAD)
register("container.read_only_root", _read_only_root, NEED_THREAD)
register("container.user", _user, NEED_THREAD)
register("container.capabilities", _capabilities, NEED_THREAD)
register("container.host_namespaces", _host_namespaces, NEED_THREAD)
register("container.writable_host_mounts", _writable_host_mounts, NEED_THREAD)
register("container.labels", _labels, NEED_THREAD)
