"""What was done to files within the interval, by thread and file; and to descriptors of other kinds, by thread and kind."""

from libc.stdint cimport uint32_t, uint64_t

import sys

from csyspy.capture.live.tasks cimport TaskTable, Thread, values_of

cdef enum:
    SOCKET = 0x100
    NO_DESCRIPTOR = 0x200
    PARTS_BYTES = 1024
    PART_MOST = 256

# bpf/files.c has the same layouts.
cdef struct FileKey:
    uint64_t entry
    uint32_t tid
    uint32_t kind

cdef struct FileRow:
    uint64_t calls
    uint64_t errors
    uint64_t opens
    uint64_t in_bytes
    uint64_t out_bytes
    uint64_t latency_ns
    uint64_t io_latency_ns

cdef struct PathParts:
    uint64_t bytes
    char text[PARTS_BYTES + PART_MOST]

# Modes of inodes >> 12 (stat.h), and families of sockets, as fd.type (libs: fdinfo.cpp, get_typestring).
cdef dict KINDS = {1: "pipe", 2: "file", 4: "directory", 6: "file", 8: "file", 10: "file", NO_DESCRIPTOR: "",
                   SOCKET | 1: "unix", SOCKET | 2: "ipv4", SOCKET | 10: "ipv6", SOCKET | 16: "netlink"}
# Names of what has no path.
cdef dict NAMELESS = {"[eventfd]": "event", "[eventpoll]": "eventpoll", "inotify": "inotify", "[timerfd]": "timerfd",
                      "[signalfd]": "signalfd", "[userfaultfd]": "userfaultfd", "[io_uring]": "io_uring", "bpf": "bpf",
                      "[pidfd]": "pidfd"}
KEEP_PATHS = 65536


def path_of(const unsigned char[::1] parts not None):
    """The path that bpf/path_parts.h holds: names from the last to the first."""
    cdef uint64_t size = (<const uint64_t*>&parts[0])[0]
    cdef bytes raw = (<const char*>&parts[8])[:min(size, <uint64_t>parts.shape[0] - 8)]
    names = raw.split(b"\0")
    names.pop()     # behind the last 0
    if len(names) == 1 and names[0] == b"/":
        return b"/"
    return b"/" + b"/".join([name for name in reversed(names) if name != b"/"])


cdef class FileTable:
    """Rows are (thread, file); where something is no file, (thread, kind)."""

    cdef TaskTable tasks
    cdef dict paths
    cdef list owners
    cdef list names
    cdef list kinds
    cdef list rows

    def __init__(self, TaskTable tasks not None):
        self.tasks, self.paths = tasks, {}
        self.owners, self.names, self.kinds, self.rows = [], [], [], []

    def __len__(self):
        return len(self.owners)

    def learn(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take paths by directory entry. Before `update`."""
        cdef size_t i
        if len(self.paths) > KEEP_PATHS:
            self.paths = {}
        for i in range(count):
            path = path_of(values[i * sizeof(PathParts):(i + 1) * sizeof(PathParts)])
            self.paths[(<const uint64_t*>&keys[0])[i]] = path.decode("utf-8", "surrogateescape")

    def update(self, const unsigned char[::1] keys, const unsigned char[::1] values, size_t count):
        """Take the entries of the kernel's map. After the update of the tasks."""
        cdef size_t i
        cdef const FileKey* key
        cdef const FileRow* row
        cdef object name, kind
        cdef Thread owner
        self.owners, self.names, self.kinds, self.rows = [], [], [], []
        for i in range(count):
            key = <const FileKey*>&keys[i * sizeof(FileKey)]
            row = <const FileRow*>&values[i * sizeof(FileRow)]
            owner = self.tasks.owner(key.tid)
            if self.tasks.is_own(owner):
                continue
            name = self.paths.get(key.entry) if key.entry else None
            kind = KINDS.get(key.kind)
            if kind is None:
                kind = NAMELESS.get(name.lstrip("/").removeprefix("anon_inode:") if name else "", "<NA>")
                name = None
            self.owners.append(owner)
            self.names.append(name)
            self.kinds.append(kind)
            self.rows.append((row.calls, row.errors, row.opens, row.in_bytes, row.out_bytes, row.latency_ns, row.io_latency_ns))

    cdef list count(self, int at, int times):
        return [row[at] * times for row in self.rows]

    def column(self, str field):
        """The field's value of every row. Raises KeyError where no field of that name is known here."""
        if field == "fd.name":
            return self.names
        if field == "fd.type":
            return self.kinds
        if field == "fd.directory":
            return [
                None if name is None else name if kind == "directory" else name.rpartition("/")[0] or "/"
                for name, kind in zip(self.names, self.kinds)
            ]
        if field == "fd.filename":
            return [None if name is None else name.rpartition("/")[2] for name in self.names]
        if field in ("fd.containername", "fd.containerdirectory"):
            ids = values_of(self.tasks, self.owners, "container.id")
            names = self.column("fd.name" if field == "fd.containername" else "fd.directory")
            return [None if name is None or id_ is None else f"{'' if id_ == 'host' else id_}:{name}" for id_, name in zip(ids, names)]
        if field == "evt.count":        # the beginning of a call and its end count as one each
            return self.count(0, 2)
        if field == "evt.count.exit":
            return self.count(0, 1)
        if field == "evt.count.error":
            return self.count(1, 1)
        if field == "evt.count.open":
            return self.count(2, 1)
        if field in ("evt.buflen.in", "evt.buflen.file.in"):
            return self.count(3, 1)
        if field in ("evt.buflen.out", "evt.buflen.file.out"):
            return self.count(4, 1)
        if field in ("evt.rawarg.res", "evt.buflen", "evt.buflen.file"):
            return [row[3] + row[4] for row in self.rows]
        if field == "evt.latency":
            return self.count(5, 1)
        if field == IO_LATENCY:
            return self.count(6, 1)
        return values_of(self.tasks, self.owners, field)


IO_LATENCY = "evt.latency of reads and writes"
