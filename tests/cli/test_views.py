"""Views without a screen: what is printed, by options, and how it ends."""

import csv
import io
import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from csyspy.cli.main import main
from csyspy.cli.view_output import GAP, _widths
from csyspy.cli.views import list_views
from csyspy.views.catalogue import VIEWS
from csyspy.views.format import short_bytes
from csyspy.views.registry import all_views

DEMO = "examples/demo.scap"


@pytest.fixture
def demo(root: Path) -> Path:
    return root / DEMO


def test_json_has_a_row_a_key_with_numbers_as_numbers(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "-v", "procs", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["view"] == "procs"
    assert [column["name"] for column in document["columns"]] == [column.name for column in VIEWS["procs"].shown_columns()]
    rows = document["rows"]
    assert all(row["key"] == row["PID"] for row in rows)
    cpu = [row["CPU"] for row in rows]
    assert cpu == sorted(cpu, reverse=True)
    assert cpu[0] > 0


def test_rates_of_a_merged_capture_are_over_all_its_sections(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "-v", "sports", "--json", "fd.sport=7777")
    [row] = json.loads(result.stdout)["rows"]
    assert short_bytes(row["BPS IN"]) == "4.48K"  # as csysdig -r demo.scap -v sports --raw


@pytest.mark.parametrize("room", [10, 40, 80, 120, 400])
@pytest.mark.parametrize("view", ["procs", "containers", "connections"])
def test_the_least_important_columns_leave_a_narrow_terminal(view: str, room: int) -> None:
    columns = list(VIEWS[view].shown_columns())
    widest = [max(len(column.name), 12) for column in columns[:-1]] + [100]
    widths = _widths(columns, widest, room)
    assert list(widths) == sorted(widths)
    assert len(columns) - 1 in widths
    assert len(widths) == 1 or sum(widths.values()) + GAP * (len(widths) - 1) <= room
    gone = [columns[index].priority for index in range(len(columns)) if index not in widths]
    assert not gone or max(gone) <= min((columns[index].priority for index in list(widths)[:-1]), default=9)


def test_the_list_of_views_is_wrapped_for_a_terminal() -> None:
    assert max(map(len, list_views(80))) <= 80
    assert len(list(list_views())) == len(all_views())


def test_csv_is_one_line_of_names_and_one_a_row(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "--view", "syscalls", "--csv", "--sort", "syscall:desc", "--columns", "SYSCALL,CALLS/S", "--rows", 5)
    names, *rows = list(csv.reader(io.StringIO(result.stdout)))
    assert names == ["SYSCALL", "CALLS/S"]
    assert len(rows) == 5
    calls = [row[0] for row in rows]
    assert calls == sorted(calls, reverse=True)


def test_a_pipe_gets_plain_text(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "-v", "containers", "--rows", 1)
    head, row = result.stdout.splitlines()
    assert head.split()[:8] == ["CPU", "PROCS", "THREADS", "VIRT", "RES", "FILE", "NET", "CPU/LIM"]
    assert head.split()[-6:] == ["NAMESPACE", "POD", "ENGINE", "IMAGE", "ID", "NAME"]
    assert "docker" in row
    assert "\x1b" not in result.stdout


def test_an_interval_gives_a_table_for_each_until_enough(csyspy, demo: Path) -> None:
    every = [json.loads(line) for line in _documents(csyspy("-r", demo, "-v", "syscalls", "--interval", 1000, "-j").stdout)]
    two = [json.loads(line) for line in _documents(csyspy("-r", demo, "-v", "syscalls", "--interval", 1000, "-j", "-n", 2).stdout)]
    assert len(every) > 3
    assert two == every[:2]
    assert all(after["begin_ns"] == before["end_ns"] for before, after in pairwise(every))
    assert all(document["end_ns"] % 1_000_000_000 == 0 for document in every[:-1])


def test_a_duration_ends_the_walk(csyspy, demo: Path) -> None:
    whole, part = (json.loads(csyspy("-r", demo, "-v", "errors", "-j", *more).stdout) for more in ([], ["-M", 2]))
    assert part["end_ns"] - part["begin_ns"] < 2_100_000_000 < whole["end_ns"] - whole["begin_ns"]
    assert sum(row["COUNT"] for row in part["rows"]) < sum(row["COUNT"] for row in whole["rows"])


def _documents(text: str) -> list[str]:
    return [part + "]}" for part in text.split("]}\n") if part]


def test_a_filter_and_containers(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "-pc", "-v", "procs", "-j", "container.name=cpu-burner")
    rows = json.loads(result.stdout)["rows"]
    assert rows
    assert {row["CONTAINER"] for row in rows} == {"cpu-burner"}


def test_a_view_without_rows_says_what_the_capture_does_not_know(csyspy, demo: Path) -> None:
    result = csyspy("-r", demo, "-v", "kubernetes_services", "-j")
    assert result.returncode == 0
    assert json.loads(result.stdout)["rows"] == []
    assert "of a pod's service the API server tells, which was not asked" in result.stderr
    assert csyspy("-r", demo, "-v", "kubernetes_pods", "-j").stderr == ""


def test_rows_of_a_list_that_are_left_out_are_counted(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("csyspy.cli.views.MOST_LISTED", 100)
    assert main(["-r", str(demo), "-v", "spy_users", "--csv"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 101
    assert "warning: the first 89 rows are left out" in printed.err


def test_a_cut_capture_is_shown_up_to_the_cut(csyspy, demo: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.scap"
    cut.write_bytes(demo.read_bytes()[:1_000_000])
    result = csyspy("-r", cut, "-v", "errors")
    assert result.returncode == 1
    assert "ENOENT" in result.stdout
    assert "at byte" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-v", "filez", "--once"], 2, "did you mean files?"),
        (["-r", DEMO, "-v", "procs", "--sort", "cpuu", "-j"], 2, "no column 'cpuu'"),
        (["-r", DEMO, "-v", "procs", "--columns", "PID,nix", "-j"], 2, "no column 'nix'"),
        (["-r", DEMO, "-v", "procs", "-j", "proc.nam=x"], 2, "did you mean proc.name?"),
        (["-r", DEMO, "-v", "procs", "-w", "/nowhere/x.scap"], 2, "-w does not go with a view"),
        (["-r", DEMO, "-v", "procs", "--interval", "50", "-j"], 2, "at least 100 ms"),
        (["-v", "page_faults", "--once", "proc.nam=x"], 2, "did you mean proc.name?"),
    ],
)
def test_what_is_wrong_is_said_in_one_place(csyspy, root: Path, arguments: list[str], code: int, said: str) -> None:
    result = csyspy(*arguments, cwd=root)
    assert result.returncode == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_this_machine_is_seen_without_events(csyspy) -> None:
    result = csyspy("-v", "procs", "--once", "--json")
    assert result.returncode == 0, result.stderr
    assert os.getpid() in {row["PID"] for row in json.loads(result.stdout)["rows"]}


def test_the_list_of_views(csyspy) -> None:
    result = csyspy("--list-views")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(all_views())
