"""user.* and group.*: who the process runs as (libs: sinsp_filtercheck_user.cpp, sinsp_filtercheck_group.cpp, threadinfo.cpp).

A process of a container has the users and groups of that container; who is not listed is `<NA>`, but 0 is always root.
"""

from libc.stdint cimport uint32_t

from csyspy.engine.extract.container cimport json_text
from csyspy.engine.state cimport NEED_THREAD, State
from csyspy.engine.value cimport Extractor, Value, give_int, give_uint, register

cdef enum:
    UNSET = 0xFFFFFFFF
    CONTAINER_JSON_E = 272
    CONTAINER_JSON_2_E = 324

cdef enum UserPart:      # of the tuples in State.users
    NAME = 0
    HOME = 2
    SHELL = 3

cdef tuple ROOT = ("root", 0, "/root", "<NA>")
cdef tuple NOBODY = ("<NA>", 0, "<NA>", "<NA>")


cdef int _text(Extractor self, str text, Value* out) except -1:
    return self.give(text.encode(errors="surrogateescape"), out)


cdef tuple _user(State state, uint32_t uid):
    cdef str container = state.thread.container_id
    found = state.users.get((container, uid) if container else uid)
    if found is not None:
        return found
    return ROOT if uid == 0 else NOBODY


cdef int _uid(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.uid) if state.thread is not None else 0


cdef int _name(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    if state.evt.type == CONTAINER_JSON_2_E or state.evt.type == CONTAINER_JSON_E:
        container = state.containers.get(state.thread.container_id)
        if container is None:
            return 0
        user = container.get("User")
        return self.give(json_text(user) if isinstance(user, str) else b"<NA>", out)
    return _text(self, _user(state, state.thread.uid)[NAME], out)


cdef int _homedir(State state, Extractor self, Value* out) except -1:
    return _text(self, _user(state, state.thread.uid)[HOME], out) if state.thread is not None else 0


cdef int _shell(State state, Extractor self, Value* out) except -1:
    return _text(self, _user(state, state.thread.uid)[SHELL], out) if state.thread is not None else 0


cdef int _loginuid(State state, Extractor self, Value* out) except -1:
    """-1 where nobody logged in."""
    if state.thread is None:
        return 0
    return give_int(out, -1 if state.thread.loginuid == UNSET else <long long>state.thread.loginuid)


cdef int _loginname(State state, Extractor self, Value* out) except -1:
    return _text(self, _user(state, state.thread.loginuid)[NAME], out) if state.thread is not None else 0


cdef int _gid(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.gid) if state.thread is not None else 0


cdef int _group_name(State state, Extractor self, Value* out) except -1:
    cdef str container
    if state.thread is None:
        return 0
    container = state.thread.container_id
    name = state.groups.get((container, state.thread.gid) if container else state.thread.gid)
    if name is None:
        name = "root" if state.thread.gid == 0 else "<NA>"
    return _text(self, name, out)


register("user.uid", _uid, NEED_THREAD)
register("user.name", _name, NEED_THREAD)
register("user.homedir", _homedir, NEED_THREAD)
register("user.shell", _shell, NEED_THREAD)
register("user.loginuid", _loginuid, NEED_THREAD)
register("user.loginname", _loginname, NEED_THREAD)
register("group.gid", _gid, NEED_THREAD)
register("group.name", _group_name, NEED_THREAD)
