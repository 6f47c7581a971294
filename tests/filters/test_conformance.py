"""The verdicts of the real engine (Falco 0.40, libs 0.20) on filters: grammar, tree, compilation, warnings, event sets.

`filter_cases.json` holds the cases written for this project (../shared/conformance); those taken from the unit tests of libs are read
from there where it is present.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from csyspy.filters import FilterError, compile_filter, parse
from csyspy.filters.ast import as_lists
from csyspy.filters.event_sets import system_calls
from csyspy.filters.render import render

Case = dict[str, Any]
OWN: list[Case] = json.loads((Path(__file__).parent / "filter_cases.json").read_text("utf-8"))
NEWER = {"f0421", "f0422"}  # concat() and getopt(), which came after the engine that gave the verdicts
EVERY_CALL = system_calls(parse("evt.num > 0"))
DECIMALS = "thread.cpu = 1.0"  # csyspy compares thread.cpu with decimals too


def disagreements(case: Case) -> list[str]:
    """What csyspy sees otherwise than the real engine."""
    found = []
    try:
        tree = parse(case["filter"])
    except FilterError:
        return ["refused"] if case["parse"] else []
    if not case["parse"]:
        return ["accepted"]
    if "ast" in case and as_lists(tree) != case["ast"]:
        found.append(f"tree {as_lists(tree)}")
    if parse(render(tree)) != tree:
        found.append(f"rendered as {render(tree)}")
    if "compile" not in case:
        return found
    try:
        compiled = compile_filter(case["filter"])
    except FilterError as error:
        return [*found, f"does not compile: {error.message}"] if case["compile"] else found
    if not case["compile"]:
        return [*found, "compiles"]
    own = ("no value in any event", "no regular")  # warnings that the real engine does not give
    warnings = [warning for warning in compiled.warnings if not any(text in warning.message for text in own)]
    if bool(warnings) != case["warns"]:
        found.append(f"warnings {warnings}")
    calls = system_calls(tree)
    if case.get("syscalls") == "all":
        if calls != EVERY_CALL:
            found.append(f"narrowed to {len(calls)} system calls")
    elif "syscalls" in case and calls != set(case["syscalls"]):
        found.append(f"system calls {sorted(calls)}")
    elif "syscalls_count" in case and calls == EVERY_CALL:
        found.append("not narrowed")
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in OWN if case["id"] not in NEWER])
def test_own_case(case: Case) -> None:
    assert disagreements(case) == []


def test_cases_from_libs(shared: Path) -> None:
    wrong = {}
    for raw in json.loads((shared / "conformance" / "filter-cases.json").read_text("utf-8")):
        if not raw["id"].startswith("u") or raw["filter"] == DECIMALS:
            continue
        case = {**raw, "parse": raw["parse"]["ok"]}
        if "compile" in raw:
            case |= {"compile": raw["compile"]["ok"], "warns": bool(raw["compile"].get("warnings"))}
        if found := disagreements(case):
            wrong[raw["filter"]] = found
    assert wrong == {}
