"""proc.*: names, arguments, environment, ids and kinship of the process (libs: sinsp_filtercheck_thread.cpp).

Text of a thread is handed out as it lies there; it stays while the event is looked at.
"""

from libc.stdint cimport int64_t, uint32_t

from csyspy.engine.extract.give cimport give_bytes, give_id, parent_process
from csyspy.engine.state cimport NEED_FD, NEED_THREAD, PRODUCER_NEWEST, State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport Extractor, Value, give_bool, give_int, give_uint, register

cdef enum:
    ENV_LEVELS = 20      # how far up proc.aenv[NAME] looks


# ---- the process itself

cdef int _name(State state, Extractor self, Value* out) except -1:
    return give_bytes(out, state.thread.comm) if state.thread is not None else 0


cdef int _exe(State state, Extractor self, Value* out) except -1:
    return give_bytes(out, state.thread.exe) if state.thread is not None else 0


cdef int _exepath(State state, Extractor self, Value* out) except -1:
    return give_bytes(out, state.thread.exepath) if state.thread is not None else 0


cdef int _cmdline(State state, Extractor self, Value* out) except -1:
    return give_bytes(out, state.thread.cmdline()) if state.thread is not None else 0


cdef int _args(State state, Extractor self, Value* out) except -1:
    cdef list args
    if state.thread is None:
        return 0
    args = state.thread.args
    if self.arg is not None:
        return self.give(args[self.index] if 0 <= self.index < len(args) else b"", out)
    return self.give(b" ".join(args), out)


cdef int _exeline(State state, Extractor self, Value* out) except -1:
    return self.give(state.thread.exeline(), out) if state.thread is not None else 0


cdef int _cwd(State state, Extractor self, Value* out) except -1:
    return self.give(state.thread.get_cwd(), out) if state.thread is not None else 0


cdef int _cmdnargs(State state, Extractor self, Value* out) except -1:
    return give_uint(out, len(state.thread.args)) if state.thread is not None else 0


cdef int _cmdlenargs(State state, Extractor self, Value* out) except -1:
    return give_uint(out, sum([len(arg) for arg in state.thread.args])) if state.thread is not None else 0


cdef int _tty(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.tty) if state.thread is not None else 0


cdef int _pid(State state, Extractor self, Value* out) except -1:
    return give_id(out, state.thread.pid) if state.thread is not None else 0


cdef int _vpid(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.thread.vpid) if state.thread is not None and state.thread.vpid != -1 else 0


cdef int _sid(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.thread.sid) if state.thread is not None else 0


cdef int _vpgid(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.thread.vpgid) if state.thread is not None else 0


cdef int _pgid(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.thread.pgid) if state.thread is not None else 0


cdef int _is_sid_leader(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.sid == state.thread.vpid) if state.thread is not None else 0


cdef int _is_vpgid_leader(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.vpgid == state.thread.vpid) if state.thread is not None else 0


cdef int _is_pgid_leader(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.pgid == state.thread.pid) if state.thread is not None else 0


# ---- environment

cdef list _environment(ThreadInfo info):
    cdef ThreadInfo main = info if info.is_main() else info.main
    return main.env if main is not None else info.env


cdef bytes _variable(ThreadInfo info, bytes name):
    """Value of an environment variable without the spaces round it; b"" where it is empty or absent."""
    cdef bytes entry
    cdef Py_ssize_t n = len(name)
    for entry in _environment(info):
        if len(entry) > n + 1 and entry[n] == 61 and entry.startswith(name):
            return entry[n + 1:].strip(b" ")
    return b""


cdef int _env(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    if self.arg is not None and self.index < 0 and self.key:
        return self.give(_variable(state.thread, self.key), out)
    return self.give(b" ".join(_environment(state.thread)), out)


cdef int _aenv(State state, Extractor self, Value* out) except -1:
    """Bare or with 0: the process's own; with a number: of that ancestor; with a name: of the nearest ancestor that has it."""
    cdef ThreadInfo at
    cdef bytes found = b""
    cdef int64_t level
    if state.thread is None:
        return 0
    if not self.key or self.index == 0:
        return self.give(b" ".join(_environment(state.thread)), out)
    at = state.thread if state.thread.is_main() else state.thread.main
    level = self.index if self.index > 0 else ENV_LEVELS
    while at is not None and level > 0:
        level -= 1
        at = state.threads.parent(at)
        if at is not None and self.index < 0:
            found = _variable(at, self.key)
            if found:
                break
    if self.index < 0:
        return self.give(found, out)
    return self.give(b" ".join(_environment(at)), out) if at is not None else 0


# ---- kinship

cdef int _ppid(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = parent_process(state)
    return give_id(out, parent.pid) if parent is not None else 0


cdef int _pname(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = parent_process(state)
    return give_bytes(out, parent.comm) if parent is not None else 0


cdef int _pexe(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = parent_process(state)
    return give_bytes(out, parent.exe) if parent is not None else 0


cdef int _pexepath(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = parent_process(state)
    return give_bytes(out, parent.exepath) if parent is not None else 0


cdef int _pcmdline(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = parent_process(state)
    return give_bytes(out, parent.cmdline()) if parent is not None else 0


cdef int _pvpid(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo parent = state.threads.parent(state.thread) if state.thread is not None else None
    return give_int(out, parent.vpid) if parent is not None else 0


cdef ThreadInfo _ancestor(State state, Extractor self):
    """The process that `[N]` names; None for a bare field, which filters compare with every ancestor."""
    if state.thread is None or self.index < 0:
        return None
    return state.threads.ancestor_process(state.thread, <uint32_t>self.index if self.index <= 0x7FFFFFFF else 0x7FFFFFFF)


cdef int _all_ancestors(State state, Extractor self, Value* out, bytes (*text)(ThreadInfo)) except -1:
    """A bare field's value: exit-only captures show the ancestors' texts in a row, older ones nothing."""
    cdef ThreadInfo main
    cdef ThreadInfo at
    cdef list texts = []
    if state.thread is None or self.arg is not None or state.producer != PRODUCER_NEWEST:
        return 0
    main = state.thread if state.thread.is_main() else state.thread.main
    if main is None:
        return 0
    for at in state.threads.lineage(main):
        texts.append(text(at))
    if not any(texts):
        return 0
    return self.give(b" ".join(texts), out)


cdef bytes _comm_of(ThreadInfo info):
    return info.comm


cdef bytes _exe_of(ThreadInfo info):
    return info.exe


cdef bytes _exepath_of(ThreadInfo info):
    return info.exepath


cdef bytes _cmdline_of(ThreadInfo info):
    return info.cmdline()


cdef bytes _args_of(ThreadInfo info):
    return b" ".join(info.args)


cdef int _apid(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    if at is None and self.arg is None and state.thread is not None and state.producer == PRODUCER_NEWEST:
        at = state.threads.ancestor_process(state.thread, 0)
    return give_id(out, at.pid) if at is not None else 0


cdef int _aname(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    return give_bytes(out, at.comm) if at is not None else _all_ancestors(state, self, out, _comm_of)


cdef int _aexe(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    return give_bytes(out, at.exe) if at is not None else _all_ancestors(state, self, out, _exe_of)


cdef int _aexepath(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    return give_bytes(out, at.exepath) if at is not None else _all_ancestors(state, self, out, _exepath_of)


cdef int _acmdline(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    return give_bytes(out, at.cmdline()) if at is not None else _all_ancestors(state, self, out, _cmdline_of)


cdef int _aargs(State state, Extractor self, Value* out) except -1:
    cdef ThreadInfo at = _ancestor(state, self)
    return self.give(_args_of(at), out) if at is not None else _all_ancestors(state, self, out, _args_of)


cdef int _loginshellid(State state, Extractor self, Value* out) except -1:
    """Pid of the oldest shell (a name that ends in `sh`) among the process and its ancestors."""
    cdef ThreadInfo main
    cdef ThreadInfo at
    cdef bint found = False
    if state.thread is None:
        return 0
    main = state.thread if state.thread.is_main() else state.thread.main
    if main is None:
        return 0
    for at in [main, *state.threads.lineage(main)]:
        if at.comm.endswith(b"sh"):
            give_int(out, at.pid)
            found = True
    return found


register("proc.name", _name, NEED_THREAD)
register("proc.exe", _exe, NEED_THREAD)
# Where an execveat or fchdir leads to, only the fd table knows.
register("proc.exepath", _exepath, NEED_THREAD | NEED_FD)
register("proc.cwd", _cwd, NEED_THREAD | NEED_FD)
register("proc.pexepath", _pexepath, NEED_THREAD | NEED_FD)
register("proc.aexepath", _aexepath, NEED_THREAD | NEED_FD)
register("proc.cmdline", _cmdline, NEED_THREAD)
register("proc.args", _args, NEED_THREAD)
register("proc.exeline", _exeline, NEED_THREAD)
register("proc.cmdnargs", _cmdnargs, NEED_THREAD)
register("proc.cmdlenargs", _cmdlenargs, NEED_THREAD)
register("proc.tty", _tty, NEED_THREAD)
register("proc.pid", _pid, NEED_THREAD)
register("proc.vpid", _vpid, NEED_THREAD)
register("proc.sid", _sid, NEED_THREAD)
register("proc.vpgid", _vpgid, NEED_THREAD)
register("proc.pgid", _pgid, NEED_THREAD)
register("proc.is_sid_leader", _is_sid_leader, NEED_THREAD)
register("proc.is_vpgid_leader", _is_vpgid_leader, NEED_THREAD)
register("proc.is_pgid_leader", _is_pgid_leader, NEED_THREAD)
register("proc.env", _env, NEED_THREAD)
register("proc.aenv", _aenv, NEED_THREAD)
register("proc.ppid", _ppid, NEED_THREAD)
register("proc.pname", _pname, NEED_THREAD)
register("proc.pexe", _pexe, NEED_THREAD)
register("proc.pcmdline", _pcmdline, NEED_THREAD)
register("proc.pvpid", _pvpid, NEED_THREAD)
register("proc.apid", _apid, NEED_THREAD)
register("proc.aname", _aname, NEED_THREAD)
register("proc.aexe", _aexe, NEED_THREAD)
register("proc.acmdline", _acmdline, NEED_THREAD)
register("proc.aargs", _aargs, NEED_THREAD)
register("proc.loginshellid", _loginshellid, NEED_THREAD)
