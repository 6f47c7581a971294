"""thread.*: ids, capabilities, cgroups, CPU time of the thread (libs: sinsp_filtercheck_thread.cpp; CPU times as in 0.29.3)."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from csyspy.engine.buffer cimport Buffer
from csyspy.engine.event cimport param_u64
from csyspy.engine.extract.give cimport give_id
from csyspy.engine.state cimport NEED_CPU, NEED_THREAD, State
from csyspy.engine.threads cimport ThreadInfo
from csyspy.engine.value cimport VK_DOUBLE, Extractor, Value, give_bool, give_int, give_uint, register

cdef enum:
    SWITCH_1_E = 146
    SWITCH_6_E = 152
    PROCINFO_E = 234

# In the order of their numbers (libs: utils.cpp, capabilities).
cdef list CAPABILITIES = [b"CAP_" + name for name in (
    b"CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST "
    b"NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE "
    b"SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM "
    b"BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()]


cdef int _tid(State state, Extractor self, Value* out) except -1:
    return give_id(out, state.evt.tid)


cdef int _vtid(State state, Extractor self, Value* out) except -1:
    return give_int(out, state.thread.vtid) if state.thread is not None and state.thread.vtid != -1 else 0


cdef int _ismain(State state, Extractor self, Value* out) except -1:
    return give_bool(out, state.thread.is_main()) if state.thread is not None else 0


cdef int _nametid(State state, Extractor self, Value* out) except -1:
    return self.give(b"%b%d" % (state.thread.comm, state.evt.tid), out) if state.thread is not None else 0


# ---- memory: of the leader; other threads count for nothing, so that sums over threads are right

cdef int _pfmajor(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.pfmajor) if state.thread is not None else 0


cdef int _pfminor(State state, Extractor self, Value* out) except -1:
    return give_uint(out, state.thread.pfminor) if state.thread is not None else 0


cdef int _vmsize(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    return give_uint(out, state.thread.vmsize_kb if state.thread.is_main() else 0)


cdef int _vmrss(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    return give_uint(out, state.thread.vmrss_kb if state.thread.is_main() else 0)


cdef int _vmsize_bytes(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    return give_uint(out, <uint64_t>state.thread.vmsize_kb * 1024 if state.thread.is_main() else 0)


cdef int _vmrss_bytes(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    return give_uint(out, <uint64_t>state.thread.vmrss_kb * 1024 if state.thread.is_main() else 0)


# ---- capabilities and cgroups

cdef int _capabilities(Extractor self, uint64_t bits, Value* out) except -1:
    cdef uint32_t i
    cdef list names = []
    for i in range(<uint32_t>len(CAPABILITIES)):
        if bits >> i & 1:
            names.append(CAPABILITIES[i])
    return self.give(b" ".join(names), out)


cdef int _cap_permitted(State state, Extractor self, Value* out) except -1:
    return _capabilities(self, state.thread.cap_permitted, out) if state.thread is not None else 0


cdef int _cap_inheritable(State state, Extractor self, Value* out) except -1:
    return _capabilities(self, state.thread.cap_inheritable, out) if state.thread is not None else 0


cdef int _cap_effective(State state, Extractor self, Value* out) except -1:
    return _capabilities(self, state.thread.cap_effective, out) if state.thread is not None else 0


cdef int _cgroups(State state, Extractor self, Value* out) except -1:
    if state.thread is None or not state.thread.cgroups:
        return 0
    return self.give(b" ".join([subsystem + b"=" + path for subsystem, path in state.thread.cgroups]), out)


cdef int _cgroup(State state, Extractor self, Value* out) except -1:
    if state.thread is None:
        return 0
    for subsystem, path in state.thread.cgroups:
        if subsystem == self.key:
            return self.give(path, out)
    return 0


# ---- CPU time. These fields add up over the events they are asked about, each place that uses them by itself
# (0.29.3: filterchecks.cpp, extract_exectime and extract_thread_cpu), once per event.

cdef uint64_t _since_last_switch(State state, Extractor self) except? 0xFFFFFFFFFFFFFFFF:
    """Time since the previous switch on this CPU that the field was asked about, ns; 0 at the first one."""
    cdef Buffer last = self.text
    cdef size_t at = <size_t>state.evt.cpu * 8
    cdef uint64_t before = 0
    cdef size_t more
    if last is None:
        self.text = last = Buffer()
    if last.size < at + 8:
        more = at + 8 - last.size
        if last.room - last.size < more:
            last.grow(more)
        memset(last.data + last.size, 0, more)
        last.size += more
    memcpy(&before, last.data + at, 8)
    memcpy(last.data + at, &state.evt.ts, 8)
    return state.evt.ts - before if before and before < state.evt.ts else 0


cdef inline bint _asked_again(State state, Extractor self) noexcept:
    """The same event as the last time: scratch[1] has the answer."""
    if self.scratch[0] == <long long>state.evt.num and self.scratch[2] == <long long>state.evt.ts:
        return True
    self.scratch[0] = <long long>state.evt.num
    self.scratch[2] = <long long>state.evt.ts
    return False


cdef int _exectime(State state, Extractor self, Value* out) except -1:
    cdef uint16_t kind = state.evt.type
    if kind != SWITCH_6_E and kind != SWITCH_1_E:
        return give_uint(out, 0)
    if not _asked_again(state, self):
        self.scratch[1] = <long long>_since_last_switch(state, self)
    return give_uint(out, <uint64_t>self.scratch[1])


cdef int _totexectime(State state, Extractor self, Value* out) except -1:
    cdef uint16_t kind = state.evt.type
    cdef uint64_t total = 0
    cdef uint64_t more = 0
    cdef bint switched = kind == SWITCH_6_E or kind == SWITCH_1_E
    if switched and _asked_again(state, self):
        switched = False
    if switched:
        more = _since_last_switch(state, self)
    if state.thread is None:
        return 0
    if state.thread.field_memory is not None:
        total = state.thread.field_memory.get(self, 0)
    if switched:
        total += more
        if state.thread.field_memory is None:
            state.thread.field_memory = {}
        state.thread.field_memory[self] = total
    return give_uint(out, total)


cdef int _cpu(State state, Extractor self, Value* out, bint user, bint system) except -1:
    """Jiffies since the thread's previous procinfo event; one procinfo a second makes that percent of a CPU, 100 at most."""
    cdef uint64_t ticks = 0
    cdef uint64_t before
    cdef ThreadInfo thread = state.thread
    if thread is None or state.evt.type != PROCINFO_E:
        return 0
    if not _asked_again(state, self):
        if user:
            ticks += param_u64(&state.evt, 0, 0)
        if system:
            ticks += param_u64(&state.evt, 1, 0)
        if thread.field_memory is None:
            thread.field_memory = {}
        before = thread.field_memory.get(self, 0)
        self.scratch[1] = 0
        if before:
            self.scratch[1] = <long long>min(ticks - before, <uint64_t>100)
        thread.field_memory[self] = ticks
    out.kind = VK_DOUBLE
    out.d = <double>self.scratch[1]
    return 1


cdef int cpu_percent(State state, Extractor self, Value* out) except -1:
    return _cpu(state, self, out, True, True)


cdef int _cpu_user(State state, Extractor self, Value* out) except -1:
    return _cpu(state, self, out, True, False)


cdef int _cpu_system(State state, Extractor self, Value* out) except -1:
    return _cpu(state, self, out, False, True)


register("thread.tid", _tid, 0)
register("thread.vtid", _vtid, NEED_THREAD)
register("thread.ismain", _ismain, NEED_THREAD)
register("thread.nametid", _nametid, NEED_THREAD)
register("thread.pfmajor", _pfmajor, NEED_THREAD)
register("thread.pfminor", _pfminor, NEED_THREAD)
register("thread.vmsize", _vmsize, NEED_THREAD)
register("thread.vmrss", _vmrss, NEED_THREAD)
register("thread.vmsize.b", _vmsize_bytes, NEED_THREAD)
register("thread.vmrss.b", _vmrss_bytes, NEED_THREAD)
register("thread.cap_permitted", _cap_permitted, NEED_THREAD)
register("thread.cap_inheritable", _cap_inheritable, NEED_THREAD)
register("thread.cap_effective", _cap_effective, NEED_THREAD)
register("thread.cgroups", _cgroups, NEED_THREAD)
register("thread.cgroup", _cgroup, NEED_THREAD)
register("thread.exectime", _exectime, 0)
register("thread.totexectime", _totexectime, NEED_THREAD | NEED_CPU)
register("thread.cpu", cpu_percent, NEED_THREAD | NEED_CPU)
register("thread.cpu.user", _cpu_user, NEED_THREAD | NEED_CPU)
register("thread.cpu.system", _cpu_system, NEED_THREAD | NEED_CPU)
