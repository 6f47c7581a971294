"""The last seconds of a capture, written on request."""

from pathlib import Path

from csyspy.capture.recent import Recent
from csyspy.capture.walker import open_capture
from csyspy.engine.ruleset import RuleSet
from csyspy.filters import parse
from csyspy.filters.rule_plan import plan_rules

THREADS = 1
SYMLINK = "evt.type=symlinkat and evt.dir=< and evt.rawres=0"


def matches(capture: Path, recent: Recent | None = None, path: Path | None = None) -> list[tuple[int, str]]:
    """(time, command line) of the symlinks made in a capture; `recent` keeps what is round the first to `path`."""
    found: list[tuple[int, str]] = []

    def note(number: int, state: object) -> None:
        comm = next(thread.comm for thread in state.threads.all() if thread.tid == state.evt_tid)  # type: ignore[attr-defined]
        found.append((state.evt_ts, bytes(comm).decode()))  # type: ignore[attr-defined]
        if recent is not None and len(found) == 1:
            assert recent.keep(str(path), state.evt_ts, 500_000_000)  # type: ignore[attr-defined]

    rules = RuleSet(plan_rules([parse(SYMLINK)]).rules, note, every=True)
    sinks = [rules] if recent is None else [recent.sink, rules]
    needs = rules.needs | THREADS | (recent.sink.needs if recent is not None else 0)
    open_capture([str(capture)], needs).walker.run(sinks)
    return found


def test_the_file_holds_the_event_asked_about_with_its_process(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.scap"
    whole = matches(captures / "attacks.scap", Recent(2_000_000_000), path)
    assert matches(path)[0] == whole[0]
    opened = open_capture([str(path)], 0)
    opened.walker.run([])
    last_ns = opened.state.evt_ts
    assert 0 < last_ns - whole[0][0] <= 600_000_000
    assert opened.state.events > 1000


def test_files_are_bounded_in_size_and_number(captures: Path, tmp_path: Path) -> None:
    recent = Recent(2_000_000_000, most_bytes=600_000, most_files=1)
    whole = matches(captures / "attacks.scap", recent, tmp_path / "a.scap")
    assert (tmp_path / "a.scap").stat().st_size <= 600_000
    assert matches(tmp_path / "a.scap")[0] == whole[0]
    assert not recent.keep(str(tmp_path / "b.scap"), whole[-1][0], 0)
    assert recent.left_out == 1


def test_a_file_that_cannot_be_written_is_a_problem_and_no_more(captures: Path, tmp_path: Path) -> None:
    recent = Recent(1_000_000_000)
    matches(captures / "attacks.scap", recent, tmp_path / "kept.scap")
    assert not recent.keep(str(tmp_path / "missing" / "x.scap"), 0, 0)
    assert "No such file" in recent.problem
