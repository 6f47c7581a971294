"""Every program that is shipped compiles against the stub headers, and this kernel takes it."""

from pathlib import Path

import pytest

from csyspy.capture.live.compile import bpf_folder, compile_module
from csyspy.capture.live.load import Loaded
from csyspy.capture.live.probes import PROBE_SETS, attach, defines
from csyspy.capture.live.stream import LiveSource, StreamOptions

pytestmark = pytest.mark.usefixtures("kernel")


@pytest.mark.parametrize("source", sorted(path.name for path in bpf_folder().glob("*.c")))
def test_compiles(source: str) -> None:
    assert compile_module(source.removesuffix(".c"), [Path(source)], defines()).functions


@pytest.mark.parametrize("name", PROBE_SETS)
def test_probe_sets_are_taken(name: str) -> None:
    with attach(name) as loaded:
        assert loaded.attached() == list(dict.fromkeys(hook.program for hook in PROBE_SETS[name].hooks))


@pytest.mark.parametrize("snaplen", [80, 20_000])
def test_the_stream_is_taken(snaplen: int) -> None:
    source = LiveSource(StreamOptions(snaplen=snaplen, switches=True, page_faults=True))
    try:
        assert source.read()
    finally:
        source.close()


def test_the_stream_without_types_is_taken() -> None:
    module = compile_module("stream", [Path("stream.c")], types=False)
    programs = [name for name in module.functions if name.startswith("stream_tracepoint_")]
    assert len(programs) > 5
    with Loaded(module, {"ring": 1 << 16}) as loaded:
        for program in programs:
            assert loaded.load_tracepoint(program) > 0
