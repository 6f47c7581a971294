"""A walk that begins at a checkpoint goes on as the walk from the start did."""

import gzip
import os
from itertools import pairwise
from pathlib import Path

import pytest

from csyspy.capture import seek
from csyspy.capture.seek import SeekableCapture
from csyspy.capture.source import Source
from csyspy.capture.walker import OpenCapture
from csyspy.cli.compiled import compiled_format
from csyspy.engine.sinks_text import TextSink
from csyspy.errors import CaptureError

FORMAT = (
    "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info %fd.name %fd.l4proto %proc.ppid %proc.cmdline "
    "%proc.cwd %proc.nthreads %proc.aname[2] %container.id %user.name %evt.latency"
)
CAPTURES = ("general", "web", "containers", "attacks", "newer/modern_a_containers", "newer/newest_a_containers", "newer/newest_a_converted")


def lines_of(capture: OpenCapture) -> list[bytes]:
    file = os.memfd_create("lines")
    sink = TextSink(compiled_format(FORMAT, json=False), file, False, None)
    with capture.source:
        capture.walker.run([sink])
    text = os.pread(file, os.fstat(file).st_size, 0)
    os.close(file)
    return text.split(b"\n")


def indexed(path: Path, spacing_events: int, monkeypatch: pytest.MonkeyPatch) -> SeekableCapture:
    """The capture after one walk that left checkpoints."""
    monkeypatch.setattr(seek, "FIRST_SPACING_EVENTS", spacing_events)
    monkeypatch.setattr(seek, "EVENTS_PER_WEIGHT", 0)
    seekable = SeekableCapture(str(path))
    capture = seekable.open()
    with capture.source:
        capture.walker.attach([])
        while capture.walker.step(500):
            seekable.keep(capture)
    return seekable


@pytest.mark.parametrize("name", CAPTURES)
def test_every_line_behind_a_checkpoint_is_the_same(captures: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seekable = indexed(captures / f"{name}.scap", 3000, monkeypatch)
    whole = lines_of(seekable.open())
    last = seekable.open(10**9).state.events
    for target in {3000, last // 2, last}:
        capture = seekable.open(target)
        assert target - 5000 < capture.state.events <= target
        tail = lines_of(capture)
        assert tail == whole[len(whole) - len(tail) :]


def test_a_checkpoint_may_be_used_again_and_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seekable = indexed(root / "examples" / "demo.scap", 10_000, monkeypatch)
    assert lines_of(seekable.open(30_000)) == lines_of(seekable.open(30_000))


def test_a_compressed_capture_is_inflated_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = root / "examples" / "demo.scap"
    plain = gzip.decompress(demo.read_bytes()) if demo.read_bytes()[:2] == b"\x1f\x8b" else demo.read_bytes()
    packed = tmp_path / "demo.scap.gz"
    packed.write_bytes(gzip.compress(plain))
    seekable = indexed(packed, 5000, monkeypatch)
    packed.unlink()
    capture = seekable.open(20_000)
    assert capture.state.events > 10_000
    assert capture.source.name == str(packed)
    assert lines_of(capture)
    seekable.close()


def test_checkpoints_stay_within_bounds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seek, "MOST_CHECKPOINTS", 8)
    seekable = indexed(root / "examples" / "demo.scap", 500, monkeypatch)
    events = seekable.open(10**9).state.events
    found = []
    while events:  # each checkpoint, from the last to the first
        found.append(events)
        events = seekable.open(events - 1).state.events
    assert 4 <= len(found) <= 8
    distances = [after - before for after, before in pairwise(found)]
    assert max(distances) < 3 * min(distances)


def test_what_is_no_capture_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        SeekableCapture(str(tmp_path / "none.scap"))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("start", [0, 1, 300_000, 999_999, 1_000_000])
def test_a_source_may_begin_anywhere(tmp_path: Path, compressed: bool, start: int) -> None:
    content = bytes(range(256)) * 4000
    path = tmp_path / "bytes"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with Source([str(path)], start) as source:
        assert source.offset == min(start, len(content))
        read = b""
        while (chunk := source.read()) is not None:
            read += bytes(chunk)
    assert read == content[start:]
