"""A run of chisels over the example capture: set-up, output, errors, ends."""

import io
from pathlib import Path
from typing import Any

import pytest

from csyspy.capture import open_source
from csyspy.chisels import Chisel, ChiselError, Context, EndCapture, registry
from csyspy.chisels.run import ChiselRun
from csyspy.engine.state import State
from csyspy.engine.walk import Walker


class Counter(Chisel):
    """Counts, and writes down what is called."""

    name = "counter"
    fields = {"type": "evt.type"}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.calls: list[str] = []
        self.seen = 0

    def on_init(self) -> None:
        self.calls.append("init")

    def on_capture_start(self) -> None:
        self.calls.append("start")

    def on_event(self, event: Any) -> None:
        self.seen += 1

    def on_capture_end(self, ts_ns: int, delta_ns: int) -> None:
        self.calls.append("end")
        self.print(f"{self.seen} in {delta_ns}")


@pytest.fixture
def demo(root: Path) -> str:
    return str(root / "examples" / "demo.scap")


@pytest.fixture
def out() -> io.BytesIO:
    return io.BytesIO()


def drive(path: str, out: io.BytesIO, *kinds: type[Chisel], monkeypatch: pytest.MonkeyPatch, **about: Any) -> ChiselRun:
    """Run chisels by their classes."""
    known = {kind.name: kind for kind in kinds}
    monkeypatch.setattr("csyspy.chisels.run.load", lambda name: known.get(name) or registry.load(name))
    run = ChiselRun([(kind.name, "") for kind in kinds], Context(out=out, **about))
    state = State()
    state.needs = run.needs
    run.walk(state, Walker(state, open_source([path])).run)
    return run


def test_the_life_of_a_chisel(demo: str, out: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    run = drive(demo, out, Counter, monkeypatch=monkeypatch)
    counter = run.chisels[0]
    assert isinstance(counter, Counter)
    assert counter.calls == ["init", "start", "end"]
    assert counter.seen > 1000
    count, delta = out.getvalue().split(b" in ")
    assert int(count) == counter.seen
    assert int(delta) > 1_000_000_000


def test_filters_of_run_and_chisel_add_up(demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Opens(Counter):
        name = "opens"
        filter = "evt.type=openat or evt.type=open"

    both = drive(demo, io.BytesIO(), Opens, monkeypatch=monkeypatch, filter_text="evt.dir=< or evt.dir=x").chisels[0]
    own = drive(demo, io.BytesIO(), Opens, monkeypatch=monkeypatch).chisels[0]
    assert isinstance(both, Counter)
    assert isinstance(own, Counter)
    assert 0 < both.seen < own.seen


def test_several_run_side_by_side(demo: str, out: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(demo, out, registry.load("topscalls"), Counter, monkeypatch=monkeypatch)
    lines = out.getvalue().decode().splitlines()
    assert lines[0].startswith("# Calls             Syscall")
    assert " in " in lines[-1]


def test_one_that_has_seen_enough_ends_the_run_for_all(demo: str, out: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Counter):
        name = "enough"

        def on_event(self, event: Any) -> None:
            super().on_event(event)
            if self.seen == 3:
                raise EndCapture

    run = drive(demo, out, Counter, Enough, monkeypatch=monkeypatch)
    assert [chisel.seen for chisel in run.chisels if isinstance(chisel, Counter)] == [3, 3]
    assert run.chisels[0].calls[-1] == "end"  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", ["on_init", "on_capture_start", "on_event", "on_interval", "on_capture_end"])
def test_an_error_in_a_chisel_has_its_name(demo: str, out: io.BytesIO, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def fail(self: Chisel, *arguments: object) -> None:
        raise KeyError("no such\nthing")

    kind = type("Bad", (Counter,), {"name": "bad", "period_ns": 1_000_000, where: fail})
    with pytest.raises(ChiselError, match=f"chisel bad failed in {where}: KeyError") as caught:
        drive(demo, out, kind, monkeypatch=monkeypatch)
    assert "\n" not in caught.value.message


def test_what_a_chisel_asks_for_in_vain_is_said(demo: str, out: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    field = type("Field", (Counter,), {"name": "field", "fields": {"x": "evt.nosuchfield"}})
    with pytest.raises(ChiselError, match="chisel field asks for a field that is not there"):
        drive(demo, out, field, monkeypatch=monkeypatch)
    wrong = type("Wrong", (Counter,), {"name": "wrong", "filter": "evt.type="})
    with pytest.raises(ChiselError, match="wrong filter in chisel wrong"):
        drive(demo, out, wrong, monkeypatch=monkeypatch)


def test_a_number_that_is_none_is_said_on_the_output(out: io.BytesIO) -> None:
    run = ChiselRun([("spy_users", "disable_color")], Context(out=out))
    assert out.getvalue() == b"Input max_depth must be a number.\n"
    assert run.sinks == []
    run.walk(State(), lambda sinks: pytest.fail("nothing is left to run"))
