"""Chisels on the command line: plug-ins, several at once, listings, refusals."""

import os
from pathlib import Path
from typing import Any

import pytest

MINE = """
from csyspy.chisels import Argument, Chisel, Table, TableChisel


class Mine(Chisel):
    name = "mine"
    category = "Mine"
    short_description = "Count what passes"
    description = "Counts the events that pass."
    args = (Argument("word", "a word to print", optional=True),)
    filter = "evt.type=openat and evt.dir=<"
    fields = {"file": "fd.name"}
    count = 0
    word = ""

    def on_set_arg(self, name, value):
        self.word = value

    def on_event(self, event):
        self.count += 1

    def on_capture_end(self, ts_ns, delta_ns):
        self.print(f"{self.word} {self.count}")


class ByCpu(TableChisel):
    name = "bycpu"
    category = "Mine"
    short_description = "Events by CPU"
    description = "Events by CPU."
    table = Table(("evt.cpu",), ("CPU",), "evt.count", "Events")
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment whose home holds a plug-in file with two chisels."""
    folder = tmp_path / ".config/csyspy/chisels"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(MINE)
    return {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config"), "TZ": "UTC"}


@pytest.fixture
def demo(root: Path) -> str:
    return str(root / "examples/demo.scap")


def test_plugins_of_the_user_run(csyspy: Any, env: dict[str, str], demo: str) -> None:
    whole = csyspy("-r", demo, "-c", "mine", "hello", env=env)
    assert whole.returncode == 0
    assert whole.stdout.startswith("hello ")
    count = int(whole.stdout.split()[1])
    assert count > 100
    part = csyspy("-r", demo, "-c", "mine", "proc.name=curl", env=env)
    assert 0 < int(part.stdout) < count
    table = csyspy("-r", demo, "-c", "bycpu", env=env).stdout.splitlines()
    assert table[0].split() == ["Events", "CPU"]
    assert {row.split()[1] for row in table[2:]} == {"0", "1"}


def test_several_run_over_one_reading(csyspy: Any, env: dict[str, str], demo: str) -> None:
    both = csyspy("-r", demo, "-c", "topscalls", "-c", "mine", "x", "evt.cpu=0", env=env)
    assert both.returncode == 0
    assert both.stdout.startswith("# Calls")
    assert both.stdout.splitlines()[-1].startswith("x ")


def test_listings_show_them(csyspy: Any, env: dict[str, str]) -> None:
    listed = csyspy("-cl", env=env)
    assert "Category: Mine" in listed.stdout
    assert "mine            Count what passes" in listed.stdout
    assert listed.stderr == ""
    about = csyspy("-i", "mine", env=env)
    assert "[string] word - a word to print" in about.stdout


def test_a_broken_plugin_is_one_warning(csyspy: Any, env: dict[str, str], tmp_path: Path, demo: str) -> None:
    (tmp_path / ".config/csyspy/chisels/broken.py").write_text("import nothing_of_this_name\n")
    listed = csyspy("-cl", env=env)
    assert listed.returncode == 0
    assert "topscalls" in listed.stdout
    assert len(listed.stderr.splitlines()) == 1
    assert "broken" in listed.stderr
    assert csyspy("-r", demo, "-c", "topscalls", env=env).stderr == ""
    refused = csyspy("-r", demo, "-c", "broken", env=env)
    assert refused.returncode != 0
    assert "broken" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_entry_points_are_listed_without_running_them(csyspy: Any, env: dict[str, str], tmp_path: Path, demo: str) -> None:
    site = tmp_path / "site"
    about = site / "outside-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[csyspy.chisels]\nfromoutside = outside_chisel:Outside\nmissing = outside_chisel:Nothing\n")
    text = f"from pathlib import Path\nPath({str(site / 'ran')!r}).touch()\n" + MINE.replace("Mine(", "Outside(").replace(
        '"mine"', '"fromoutside"'
    )
    (site / "outside_chisel.py").write_text(text)
    env["PYTHONPATH"] = str(site)
    listed = csyspy("-cl", env=env)
    assert "fromoutside" in listed.stdout
    assert "outside" in listed.stdout
    assert not (site / "ran").exists()
    assert csyspy("-r", demo, "-c", "fromoutside", "y", env=env).stdout.startswith("y ")
    missing = csyspy("-r", demo, "-c", "missing", env=env)
    assert missing.returncode != 0
    assert len(missing.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-c", "nosuchchisel"], "nosuchchisel"),
        (["-c", "fdcount_by"], "fdcount_by"),
        (["-c", "fdcount_by", "no.field"], "no.field"),
        (["-c", "httptop", "size"], "httptop"),
        (["-c", "ps", "proc.name="], "ps"),
        (["-c", "topscalls", "nonsense"], "nonsense"),
        (["-i", "nosuchchisel"], "nosuchchisel"),
    ],
)
def test_what_cannot_be_is_said_and_refused(csyspy: Any, demo: str, words: list[str], said: str) -> None:
    refused = csyspy("-r", demo, *words)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_error_in_a_plugin_names_it(csyspy: Any, env: dict[str, str], tmp_path: Path, demo: str) -> None:
    text = MINE.replace("self.count += 1", "self.count += event['nofield']")
    (tmp_path / ".config/csyspy/chisels/mine.py").write_text(text)
    failed = csyspy("-r", demo, "-c", "mine", env=env)
    assert failed.returncode == 1
    assert "chisel mine failed in on_event: KeyError" in failed.stderr


def test_around_writes_what_is_around(csyspy: Any, tmp_path: Path, demo: str) -> None:
    done = csyspy("-r", demo, "-c", "around", "near.scap 10", "evt.num=5000", cwd=tmp_path)
    assert done.returncode == 0
    assert "Saving events around 1 syslog entries to near.scap" in done.stdout
    again = csyspy("-r", tmp_path / "near.scap", "-p", "%thread.tid")
    assert again.returncode == 0
    assert len(set(again.stdout.split())) == 1
