"""What was concluded before: verdicts remembered about a thread, and about the event in hand.

Many conditions ask for nothing that an event changes: the name of the process, its ancestors, its container. Their verdict stays
until the thread changes (`ThreadInfo.changed`), or another thread or a table that they may look at (`VERDICT_EPOCH`).
"""

from csyspy.engine.program cimport Node
from csyspy.engine.state cimport State
from csyspy.engine.threads cimport VERDICT_WORDS, ThreadInfo, others_changed

_LEADERS_AND_ANCESTORS = (
    "proc.cwd", "proc.env", "proc.aenv", "proc.ppid", "proc.pname", "proc.pexe", "proc.pexepath", "proc.pcmdline", "proc.pvpid",
    "proc.apid", "proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.aargs", "proc.loginshellid",
)
_OWN = (
    "proc.name", "proc.exe", "proc.exepath", "proc.cmdline", "proc.args", "proc.exeline", "proc.cmdnargs", "proc.cmdlenargs", "proc.tty",
    "proc.pid", "proc.vpid", "proc.sid", "proc.vpgid", "proc.pgid", "proc.is_sid_leader", "proc.is_vpgid_leader", "proc.is_pgid_leader",
    "proc.is_exe_writable", "proc.is_exe_upper_layer", "proc.is_exe_lower_layer", "proc.is_exe_from_memfd",
    "proc.exe_ino", "proc.exe_ino.ctime", "proc.exe_ino.mtime", "proc.exe_ino.ctime_duration_proc_start",
    "proc.exe_ino.ctime_duration_pidns_start", "proc.is_container_healthcheck", "proc.is_container_liveness_probe",
    "proc.is_container_readiness_probe", "thread.cap_permitted", "thread.cap_effective", "thread.cap_inheritable",
    "user.uid", "user.loginuid", "group.gid",
)
_TABLES = (
    "user.name", "user.homedir", "user.shell", "user.loginname", "group.name",
    "container.id", "container.full_id", "container.name", "container.type", "container.image", "container.image.id",
    "container.image.repository", "container.image.tag", "container.image.digest", "container.privileged", "container.host_pid",
    "container.host_network", "container.host_ipc", "container.mounts", "container.mount", "container.mount.source",
    "container.mount.dest", "container.mount.mode", "container.mount.rdwr", "container.mount.propagation", "container.ip",
    "container.label", "container.labels", "k8s.pod.name", "k8s.ns.name", "k8s.pod.id", "k8s.pod.uid", "k8s.pod.label", "k8s.pod.labels",
)
THREAD_FIELDS = frozenset(_OWN + _LEADERS_AND_ANCESTORS + _TABLES)
"""Fields whose value no event changes without ThreadInfo.changed() or others_changed() being called."""

cdef enum:
    WORD = 64
    ALL_BITS = VERDICT_WORDS * 64

cdef bytearray _taken = bytearray(ALL_BITS)
cdef bytearray _used = bytearray(ALL_BITS)      # ever


cdef class Bits:
    """`count` verdicts of every thread, where they are more than one from the beginning of a word; `first` is -1 where they are not free."""

    def __cinit__(self, int64_t count):
        cdef int64_t at
        self.first = _taken.find(0) if count == 1 else -1
        self.count = count
        if count > 1:
            for at in range(0, ALL_BITS - count + 1, WORD):
                if not any(_taken[at:at + count]):
                    self.first = at
                    break
        if self.first < 0:
            return
        if any(_used[self.first:self.first + count]):
            others_changed()      # what threads remember there was somebody else's
        for at in range(self.first, self.first + count):
            _taken[at] = _used[at] = 1

    def __dealloc__(self):
        cdef int64_t at
        if self.first >= 0:
            for at in range(self.first, self.first + self.count):
                _taken[at] = 0


cdef class Verdict(Node):
    """A condition on THREAD_FIELDS alone: asked once for each thread, as long as there are bits for it."""

    def __init__(self, Node node not None):
        self.node = node
        self.needs = node.needs
        self.bits = Bits(1)
        if self.bits.first >= 0:
            self.word = self.bits.first // WORD
            self.mask = <uint64_t>1 << (self.bits.first % WORD)

    cdef int test(self, State state) except -1:
        cdef ThreadInfo thread = state.thread
        cdef int verdict
        if not self.mask or not remembers(state):
            return self.node.test(state)
        if thread.verdict_known[self.word] & self.mask:
            return thread.verdict_value[self.word] & self.mask != 0
        verdict = self.node.test(state)
        if verdict:
            thread.verdict_value[self.word] |= self.mask
        else:
            thread.verdict_value[self.word] &= ~self.mask
        thread.verdict_known[self.word] |= self.mask
        return verdict

    cdef Node gate(self):
        return self if self.mask else None


cdef class Memo(Node):
    """A condition that several rules have in common: asked once for each event (as long as STAMP stays the same)."""

    def __init__(self, Node node not None):
        self.node = node
        self.needs = node.needs

    cdef int test(self, State state) except -1:
        if self.stamp != STAMP:
            self.verdict = self.node.test(state)
            self.stamp = STAMP
        return self.verdict
