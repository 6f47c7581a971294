"""Paths that system calls work on."""

import pytest
from fd_events import O_DIRECTORY, openat
from process_events import capture, simple, u32, values
from scap_builder import i64

FIELDS = ("fs.path.name", "fs.path.nameraw", "fs.path.source", "fs.path.sourceraw", "fs.path.target", "fs.path.targetraw")
DIRECTORY = openat(3, b"/var/log", flags=1 | O_DIRECTORY)


def paths(event: bytes) -> tuple[object, ...]:
    """All fs.path fields on the event, behind the opening of /var/log as fd 3."""
    return values(capture(DIRECTORY, event), *FIELDS)[-1]


@pytest.mark.parametrize(
    ("event", "name", "raw"),
    [
        (simple("UNLINK_2_X", 10, i64(0), b"a//b\0"), "/tmp/a/b", "a//b"),
        (simple("MKDIR_2_X", 10, i64(0), b"/x/../y\0", u32(0)), "/y", "/x/../y"),
        (simple("UNLINKAT_2_X", 10, i64(0), i64(3), b"old\0", u32(0)), "/var/log/old", "old"),
        (simple("UNLINKAT_2_X", 10, i64(0), i64(-100), b"old\0", u32(0)), "<UNKNOWN>old", "old"),
        (simple("FCHMODAT_X", 10, i64(0), i64(3), b"f\0", u32(0)), "/var/log/f", "f"),
        (simple("FCHMOD_X", 10, i64(0), i64(3), u32(0)), "/var/log", "/var/log"),
        (simple("CHMOD_X", 10, i64(0), b"f\0", u32(0)), "/tmp/f", "f"),
        (simple("UNLINK_2_X", 10, i64(-2), b"gone\0"), None, None),
        (openat(4, b"new", dirfd=3), "/var/log/new", "new"),
        (openat(-2, b"new", dirfd=3), "<UNKNOWN>", "new"),
    ],
)
def test_one_path(event: bytes, name: str | None, raw: str | None) -> None:
    assert paths(event) == (name, raw, None, None, None, None)


def test_enter_event_of_old_captures() -> None:
    event = simple("MKDIR_E", 10, b"d\0", u32(0)) + simple("MKDIR_X", 10, i64(0))
    assert paths(event)[:2] == ("/tmp/d", "d")
    event = simple("LINK_E", 10, b"from\0", b"to\0") + simple("LINK_X", 10, i64(0))
    assert paths(event) == (None, None, "/tmp/to", "to", "/tmp/from", "from")


def test_two_paths() -> None:
    event = simple("RENAME_X", 10, i64(0), b"a\0", b"/b\0")
    assert paths(event) == (None, None, "/tmp/a", "a", "/b", "/b")
    event = simple("RENAMEAT2_X", 10, i64(0), i64(3), b"a\0", i64(-100), b"b\0", u32(0))
    assert paths(event) == (None, None, "/var/log/a", "a", "/tmp/b", "b")
    event = simple("SYMLINKAT_X", 10, i64(0), b"what\0", i64(3), b"link\0")
    assert paths(event) == (None, None, "/var/log/link", "link", "<UNKNOWN>what", "what")


def test_events_without_paths() -> None:
    assert paths(simple("CLOSE_X", 10, i64(0))) == (None,) * 6
    assert paths(simple("UNLINK_2_X", 10)) == (None,) * 6
