"""Where chisels are found, and what happens to broken ones."""

from pathlib import Path

import pytest

from csyspy.chisels import ChiselError, registry
from csyspy.chisels.listing import info_lines, list_lines

NAMED = [
    "topprocs_cpu",
    "topcontainers_cpu",
    "topconns",
    "topprocs_net",
    "topprocs_file",
    "topprocs_errors",
    "topcontainers_error",
    "topfiles_bytes",
    "topfiles_errors",
    "topports_server",
    "topscalls",
    "topscalls_time",
    "echo_fds",
    "spy_users",
    "httplog",
    "httptop",
    "ps",
    "lsof",
    "netstat",
    "lscontainers",
]

PLUGIN = """
from csyspy.chisels import Chisel

class Mine(Chisel):
    name = "mine"
    category = "Mine"
    short_description = "counts"

    def on_event(self, event):
        self.seen = True
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("SYSDIG_CHISEL_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", registry.builtin_names())
def test_every_built_in_chisel_says_what_it_is(name: str) -> None:
    kind = registry.load(name)
    assert kind.name == name
    assert kind.category
    assert kind.short_description
    assert kind.description


def test_the_named_chisels_are_there() -> None:
    assert set(NAMED) <= set(registry.builtin_names())


@pytest.mark.parametrize("folder", [".config/csyspy/chisels", ".chisels", "chisels"])
def test_a_file_of_the_user_is_found(home: Path, folder: str) -> None:
    (home / folder).mkdir(parents=True)
    (home / folder / "mine.py").write_text(PLUGIN)
    assert registry.load("mine").short_description == "counts"
    assert "mine" in [entry.name for entry in registry.entries()]
    assert registry.load(str(home / folder / "mine.py")).name == "mine"


def test_a_chisel_may_be_called_otherwise_than_its_file(home: Path) -> None:
    (home / ".chisels").mkdir()
    (home / ".chisels" / "other.py").write_text(PLUGIN)
    assert registry.load("mine").name == "mine"


def test_the_users_file_goes_before_a_built_in_one(home: Path) -> None:
    (home / ".chisels").mkdir()
    (home / ".chisels" / "ps.py").write_text(PLUGIN.replace('"mine"', '"ps"'))
    assert registry.load("ps").short_description == "counts"


@pytest.mark.parametrize("text", ["import nothing_of_this_name", "def (", "raise SystemExit(3)", "x = 1"])
def test_a_broken_file_is_one_warning_with_its_name(home: Path, text: str) -> None:
    (home / ".chisels").mkdir()
    (home / ".chisels" / "bad.py").write_text(text)
    warnings: list[str] = []
    names = [entry.name for entry in registry.entries(warnings.append)]
    assert "topscalls" in names
    assert "bad" not in names
    assert len(warnings) == 1
    assert "bad" in warnings[0]
    assert "\n" not in warnings[0]
    with pytest.raises(ChiselError, match="chisel bad"):
        registry.load("bad")


def test_listing_runs_nothing_of_the_current_directory(home: Path) -> None:
    (home / "chisels").mkdir()
    (home / "chisels" / "trap.py").write_text("raise SystemExit('sprung')")
    warnings: list[str] = []
    trap = next(entry for entry in registry.entries(warnings.append) if entry.name == "trap")
    assert not trap.loaded
    assert not warnings


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ChiselError, match="no chisel 'topscall'") as caught:
        registry.load("topscall")
    assert "topscalls" in caught.value.hint
    for name in ("../ps", "", "a/b", "_http", "tables"):
        with pytest.raises(ChiselError):
            registry.load(name)


def test_the_list_is_laid_out_as_sysdig_does() -> None:
    lines = list_lines([registry.info("topscalls"), registry.info("topcontainers_net")])
    assert lines[:3] == ["", "Category: Performance", "---------------------"]
    assert lines[3].startswith("topscalls       ")
    assert "topcontainers_net" in lines
    assert all(len(line) <= 79 for line in lines)
    about = info_lines(registry.info("spy_users"))
    assert "Args:" in about
    assert any(line.startswith("[int] max_depth - ") for line in about)
    assert info_lines(registry.info("topscalls"))[-1] == "(None)"
