"""Views of users and packages beside the built-in ones."""

from pathlib import Path

import pytest

from csyspy.errors import UsageError
from csyspy.views.catalogue import VIEWS
from csyspy.views.registry import all_views, find, problem

GOOD = """
from csyspy.views.view import Aggregation, Column, Unit, View

VIEW = View(
    id="{id}",
    name="Mine",
    description="Events of every type.",
    columns=(
        Column("NA", "{field}", is_key=True),
        Column("TYPE", "evt.type"),
        Column("N", "evt.count", Unit.COUNT, 8, Aggregation.SUM, is_sorting=True),
    ),
)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made = tmp_path / "csyspy" / "views"
    made.mkdir(parents=True)
    return made


def test_a_file_of_the_user_brings_a_view(folder: Path) -> None:
    (folder / "mine.py").write_text(GOOD.format(id="mine", field="evt.type"))
    assert find("mine").name == "Mine"
    assert all_views().keys() == VIEWS.keys() | {"mine"}


def test_it_goes_before_a_built_in_one(folder: Path) -> None:
    (folder / "mine.py").write_text(GOOD.format(id="procs", field="evt.type"))
    assert find("procs").name == "Mine"


def test_a_package_announces_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "announced_view.py").write_text(GOOD.format(id="announced", field="evt.type"))
    about = tmp_path / "announced-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: announced\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[csyspy.views]\nannounced = announced_view:VIEW\n")
    assert "announced" not in all_views()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert all_views()["announced"].name == "Mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "nothing_of_that_name"),
        ("VIEW = (", "never closed"),
        ("x = 1", "no VIEW"),
        ("VIEW = 1", "int is no View"),
        ("raise SystemExit(3)", "SystemExit"),
        (GOOD.format(id="mine", field="evt.typo"), "evt.typo"),
        (GOOD.format(id="mine", field="evt.type").replace("is_key=True", ""), "one key"),
    ],
)
def test_a_broken_one_is_one_warning(folder: Path, text: str, said: str) -> None:
    (folder / "broken.py").write_text(text)
    warnings: list[str] = []
    assert all_views(warnings.append).keys() == VIEWS.keys()
    (warning,) = warnings
    assert said in warning
    assert "broken.py" in warning
    assert "\n" not in warning


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        find("filez")
    assert "files" in refused.value.hint


def test_the_built_in_views_are_sound() -> None:
    assert {view.id: problem(view) for view in VIEWS.values() if problem(view)} == {}
