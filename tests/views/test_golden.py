"""Every view against csysdig's own table of the same capture (../shared/captures/oracle/*/csysdig/raw_*)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from csysdig_raw import missing_and_extra, printed, rows_of

from csyspy.capture.walker import open_capture
from csyspy.views.aggregate import ViewAggregation
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import Snapshot
from csyspy.views.view import Kind

CAPTURES = ("attacks", "containers", "general", "medium", "web")
MMAP = "fd.* of mmap and of opens that failed, as libs 0.20"
NAMESPACES = "pids of what runc starts, container events and parents, as libs 0.20"
PARENTS = "parents after reparenting, as libs 0.20; one that nobody knows is unknown"
UDP = "names of UDP sockets, as libs 0.20"
PRETENDED = "csysdig counts the event that it makes up for every thread, and signals and exits, as system calls"
MEMORY = "runc's memory counts for the container's process in csysdig"
EXPLAINED: dict[tuple[str, str], tuple[int, int, str]] = {
    ("attacks", "containers"): (1, 1, MEMORY),
    ("attacks", "io_by_type"): (5, 5, MMAP),
    ("attacks", "page_faults"): (11, 5, NAMESPACES),
    ("attacks", "procs"): (30, 24, NAMESPACES),
    ("attacks", "procs_cpu"): (25, 19, NAMESPACES),
    ("attacks", "procs_errors"): (11, 5, NAMESPACES),
    ("attacks", "procs_fd_usage"): (11, 5, NAMESPACES),
    ("attacks", "spy_users"): (24, 24, PARENTS),
    ("attacks", "syscalls"): (4, 0, PRETENDED),
    ("containers", "connections"): (12, 12, MMAP),
    ("containers", "containers"): (1, 1, MEMORY),
    ("containers", "directories"): (8, 8, MMAP),
    ("containers", "io_by_type"): (6, 6, MMAP),
    ("containers", "page_faults"): (27, 9, NAMESPACES),
    ("containers", "procs_cpu"): (78, 60, NAMESPACES),
    ("containers", "procs_errors"): (27, 9, NAMESPACES),
    ("containers", "procs_fd_usage"): (27, 9, NAMESPACES),
    ("containers", "sports"): (2, 2, MMAP),
    ("containers", "syscalls"): (4, 0, PRETENDED),
    ("general", "directories"): (2, 2, MMAP),
    ("general", "files"): (2, 2, MMAP),
    ("general", "io_by_type"): (3, 3, MMAP),
    ("general", "procs"): (1, 1, PARENTS),
    ("general", "syscalls"): (3, 0, PRETENDED),
    ("medium", "files"): (21, 21, MMAP),
    ("medium", "syscalls"): (3, 0, PRETENDED),
    ("web", "connections"): (13, 5, UDP),
    ("web", "directories"): (1, 1, MMAP),
    ("web", "files"): (1, 1, MMAP),
    ("web", "io_by_type"): (3, 3, MMAP),
    ("web", "procs"): (3, 3, PARENTS),
    ("web", "sports"): (2, 2, UDP),
    ("web", "spy_users"): (2, 2, PARENTS),
    ("web", "syscalls"): (3, 0, PRETENDED),
}
"""Rows that only csysdig has, rows that only csyspy has, and why: docs/differences.md."""


def snapshot_of(path: Path, view_id: str) -> Snapshot:
    # csysdig counts, and lists, open(2) alone
    columns = tuple(replace(column, field=column.field.replace("evt.count.open", "evt.type.is.3")) for column in VIEWS[view_id].columns)
    aggregation = ViewAggregation(replace(VIEWS[view_id], columns=columns), "evt.type=open" if view_id == "file_opens" else "")
    capture = open_capture([str(path)], aggregation.sink.needs)
    with capture.source:
        capture.walker.run([aggregation.sink])
    state = capture.state
    return of_csysdig(aggregation.snapshot(state, state.evt_ts - state.first_event_ts))


def of_csysdig(snapshot: Snapshot) -> Snapshot:
    """Without the columns that csysdig's table lacks."""
    theirs = [i for i, column in enumerate(snapshot.columns) if "csyspy" not in column.tags]
    columns, values = tuple(snapshot.columns[i] for i in theirs), tuple(snapshot.values[i] for i in theirs)
    return replace(snapshot, columns=columns, values=values)


def without_addresses(row: str) -> str:
    """A row of Connections: csysdig prints IPv4 addresses as garbage."""
    return re.sub(r"^(\S+) \S+ (\S+) \S+ ", r"\1 \2 ", row)


@pytest.mark.parametrize("capture", CAPTURES)
def test_tables_are_csysdigs(captures: Path, capture: str) -> None:
    wrong = []
    seen = 0
    for path in sorted((captures / "oracle" / capture / "csysdig").glob("raw_*.txt")):
        view_id = path.stem.removeprefix("raw_")
        view = VIEWS.get(view_id)
        if view is None or not path.stat().st_size or view.kind is Kind.SPECTROGRAM or view_id == "syscall_procs":
            continue
        ours, theirs = printed(snapshot_of(captures / f"{capture}.scap", view_id)), rows_of(path)
        if view_id == "connections":
            ours, theirs = [without_addresses(row) for row in ours], [without_addresses(row) for row in theirs]
        missing, extra = missing_and_extra(ours, theirs)
        expected = EXPLAINED.get((capture, view_id), (0, 0, ""))
        if (len(missing), len(extra)) != expected[:2]:
            wrong.append((view_id, expected, missing[:5], extra[:5]))
        seen += 1
    assert seen >= 4
    assert not wrong


@pytest.mark.parametrize("capture", ["attacks", "containers", "general", "web"])
@pytest.mark.parametrize("view_id", ["spectro_all", "spectro_file"])
def test_spectrograms_count_what_csysdig_counts(captures: Path, capture: str, view_id: str) -> None:
    """Without a screen csysdig has one column for all latencies."""
    (row,) = rows_of(captures / "oracle" / capture / "csysdig" / f"raw_{view_id}.txt")
    counts = snapshot_of(captures / f"{capture}.scap", view_id).values[1]
    assert f"{sum(counts) / 1024:.0f}K" == row.split()[1]  # type: ignore[arg-type]


@pytest.mark.parametrize("capture", ["general", "web"])
def test_callers_spend_as_long_as_csysdigs(captures: Path, capture: str) -> None:
    """Its rates are too high by the event it makes up for every thread, whose processes then have a row as well."""
    theirs = [row.split(None, 1)[1] for row in rows_of(captures / "oracle" / capture / "csysdig" / "raw_syscall_procs.txt")]
    ours = [row.split(None, 1)[1] for row in printed(snapshot_of(captures / f"{capture}.scap", "syscall_procs"))]
    missing, extra = missing_and_extra(ours, theirs)
    assert not extra
    assert all(row.startswith("0ns") for row in missing)
