"""Lines as the real engines print them (../shared/captures/oracle)."""

import gzip
import tempfile
from pathlib import Path

import pytest

from csyspy.capture import open_source
from csyspy.cli.compiled import compiled_format
from csyspy.cli.options import DEFAULT_FORMAT
from csyspy.containers import container_of
from csyspy.engine import clock
from csyspy.engine.sinks_text import TextSink
from csyspy.engine.state import State
from csyspy.engine.walk import Walker

NEWER_FORMAT = "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
EVENTS = 6_000


def printed(path: Path, form: str, *, json: bool = False, **options: object) -> list[str]:
    """The lines of the first EVENTS events."""
    state = State()
    state.container_of = container_of
    needs_more = state.configure(**options)
    with tempfile.TemporaryFile() as file:
        sink = TextSink(compiled_format(form, json=json), file.fileno())
        state.needs = sink.needs | needs_more
        walker = Walker(state, open_source([str(path)]))
        walker.open()
        walker.attach([sink])
        walker.step(EVENTS)
        sink.flush()
        file.seek(0)
        return [line.rstrip() for line in file.read().decode(errors="replace").split("\n")[:-1]]


def recorded(path: Path) -> list[str]:
    with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else open(path, errors="replace") as file:
        return [line.rstrip() for line in file.read().split("\n")]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    clock.forget()


def agree(got: list[str], want: list[str]) -> None:
    n = min(len(got), len(want))
    assert n > 500
    assert got[:n] == want[:n]


@pytest.mark.parametrize("name", ["general", "web", "containers", "attacks"])
def test_lines_of_0_29_3(captures: Path, name: str) -> None:
    agree(printed(captures / f"{name}.scap", DEFAULT_FORMAT), recorded(captures / "oracle" / name / "default.txt.gz"))


@pytest.mark.parametrize("name", ["attacks", "containers", "general"])
@pytest.mark.parametrize("generation", ["modern", "newest"])
def test_lines_of_newer_libs(captures: Path, name: str, generation: str) -> None:
    capture = f"{generation}_a_{name}"
    engine = "libs020" if generation == "modern" else "newest"
    want = recorded(captures / "oracle" / f"newer-{capture}" / f"{engine}-default_n3000.txt.gz")
    agree(printed(captures / "newer" / f"{capture}.scap", NEWER_FORMAT), want[:3000])


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("hex_ascii_X.txt.gz", {"buffer_format": "hexascii"}),
        ("hex_x.txt.gz", {"buffer_format": "hex"}),
        ("ascii_A.txt.gz", {"buffer_format": "ascii"}),
        ("base64_b.txt.gz", {"buffer_format": "base64"}),
        ("verbose_v.txt.gz", {"verbose": True}),
        ("t_r.txt.gz", {"time_mode": "r"}),
        ("t_d.txt.gz", {"time_mode": "d"}),
        ("t_D.txt.gz", {"time_mode": "D"}),
    ],
)
def test_options(captures: Path, file: str, options: dict[str, object]) -> None:
    agree(printed(captures / "general.scap", DEFAULT_FORMAT, **options), recorded(captures / "oracle/general/formats" / file)[:2000])


def test_json(captures: Path) -> None:
    want = recorded(captures / "oracle/general/formats/json.txt.gz")
    agree(printed(captures / "general.scap", DEFAULT_FORMAT, json=True, verbose=True), want[:2900])
