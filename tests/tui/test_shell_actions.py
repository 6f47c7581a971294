"""Programs to run on a row."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csyspy.tui.shell_actions import command_line, why_not
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import Action


@given(st.text(min_size=1))
def test_no_name_gets_out_of_its_quotes(name: str) -> None:
    line = command_line(Action("k", "look", "cat %fd.name and more"), {"fd.name": name})
    assert shlex.split(line) == ["cat", name, "and", "more"]


def test_a_missing_value_is_named() -> None:
    with pytest.raises(LookupError, match=r"^proc\.pid$"):
        command_line(Action("k", "kill", "kill %proc.pid"), {})


def test_reasons() -> None:
    kill = Action("k", "kill", "kill %proc.pid")
    assert "capture" in why_not(kill, {"proc.pid": 1}, is_capture=True)
    assert "no proc.pid" in why_not(kill, {}, is_capture=False)
    assert "not installed" in why_not(Action("x", "x", "no-such-program-here %proc.pid"), {"proc.pid": 1}, is_capture=False)
    assert why_not(kill, {"proc.pid": 1}, is_capture=False) == ""


def test_a_container_is_managed_by_what_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    stops = {action.command.split()[0]: action for action in VIEWS["containers"].actions if action.label.endswith(" stop")}
    for engine, programs in (("docker", {"docker"}), ("containerd", {"crictl"}), ("cri-o", {"crictl"}), ("", {"docker", "crictl"})):
        cells = {"container.id": "3fc1a0be9d1e", "container.type": engine}
        assert {program for program, action in stops.items() if not why_not(action, cells, is_capture=False)} == programs
    assert why_not(stops["docker"], {"container.id": "3f", "container.type": "cri-o"}, is_capture=False) == (
        "docker does not manage containers of cri-o"
    )


def test_another_users_process_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("getpass.getuser", lambda: "me")
    kill = Action("k", "kill", "kill %proc.pid")
    assert "root" in why_not(kill, {"proc.pid": 1, "user.name": "root"}, is_capture=False)
    assert why_not(kill, {"proc.pid": 1, "user.name": "me"}, is_capture=False) == ""


def test_every_action_of_every_view_can_be_written() -> None:
    for view in VIEWS.values():
        for action in view.actions:
            cells = {column.field: "x y" for column in view.columns}
            line = command_line(action, {**cells, "container.id": "c", "container.image": "i", "proc.pid": 1, "k8s.pod.id": "p"})
            assert "%" not in line.replace("%h", ""), (view.id, line)
