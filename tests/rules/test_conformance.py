"""The verdicts of the real engine (Falco 0.40) on rule files: ../shared/conformance, ../shared/falco-cases and the public sets."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from csyspy.filters import FilterError, parse
from csyspy.filters.ast import as_lists
from csyspy.rules.loader import load
from csyspy.rules.model import LoadResult, Priority, Problem

Case = dict[str, Any]
SETS = ("falco-rules-3.2.0", "falco-rules-5.1.0")
FILES = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
AS_VALUE = "cond-transformer-space-warn"  # its compiled text has lost the quotes, so it reads back as another condition


def problems(found: Sequence[Problem]) -> list[tuple[str, list[list[str]]]]:
    return sorted((problem.code, [[each.item_type, each.item_name] for each in problem.locations]) for problem in found)


def expected_problems(found: list[dict[str, Any]]) -> list[tuple[str, list[list[str]]]]:
    return sorted((problem["code"], problem["at"]) for problem in found)


def disagreements(case: Case, result: LoadResult) -> list[str]:
    expected = case["expected"]
    found = []
    wanted = [(file["successful"], expected_problems(file["errors"]), expected_problems(file["warnings"])) for file in expected["files"]]
    given = [(file.successful, problems(file.errors), problems(file.warnings)) for file in result.files]
    if wanted != given:
        found.append(f"problems {given}, not {wanted}")
    if not expected["successful"]:
        return found
    if [rule.name for rule in result.rules] != expected["loaded_rules"]:
        found.append(f"rules {[rule.name for rule in result.rules]}")
    lowest = Priority.parse(case.get("min_priority") or "debug")
    assert lowest is not None
    if sum(rule.enabled and rule.priority <= lowest for rule in result.rules) != expected["active_rules"]:
        found.append("number of active rules")
    by_name = {rule["name"]: rule for rule in expected["rules"]}
    for rule in result.rules:
        want = by_name[rule.name]
        pairs = {
            "desc": (rule.desc, want["description"]),
            "priority": (rule.priority.label, want["priority"]),
            "source": (rule.source, want["source"]),
            "enabled": (rule.enabled, want["enabled"]),
            "tags": (list(rule.tags), sorted(want["tags"])),
            "output": (rule.output, want["output"]),
            "full output": (rule.full_output, want["output_compiled"]),
            "exceptions": (sorted(each.name for each in rule.exceptions), sorted(want["exceptions"])),
            "macros": (sorted(rule.macros), sorted(want["macros"])),
        }
        found += [f"{rule.name}: {key} {given!r}, not {wanted!r}" for key, (given, wanted) in pairs.items() if given != wanted]
        try:
            tree = as_lists(parse(want["condition_compiled"]))
        except FilterError:  # the engine's own text is not always readable
            continue
        if tree != as_lists(rule.tree) and case["id"] != AS_VALUE:
            found.append(f"{rule.name}: condition {as_lists(rule.tree)}")
    return found


def test_rule_files_load_as_in_the_real_engine(shared: Path) -> None:
    wrong = {}
    cases: list[Case] = json.loads((shared / "conformance" / "rule-load-cases.json").read_text("utf-8"))
    for case in cases:
        result = load((file["name"], file["content"]) for file in case["files"])
        if found := disagreements(case, result):
            wrong[case["id"]] = found
    assert not wrong


@pytest.mark.parametrize("release", SETS)
def test_the_public_sets_come_to_the_same_conditions_and_outputs(shared: Path, release: str) -> None:
    folder = shared / "falco-rules" / release
    result = load(folder / name for name in FILES)
    assert problems(result.errors + result.warnings) == []
    described = {rule["name"]: rule for rule in json.loads((folder / "describe.json").read_text("utf-8"))["rules"]}
    assert {rule.name for rule in result.rules} == described.keys()
    for rule in result.rules:
        want = described[rule.name]
        assert rule.full_output == want["output_compiled"]
        assert (rule.priority.label, rule.enabled, list(rule.tags)) == (want["priority"], want["enabled"], sorted(want["tags"]))
        assert (sorted(rule.macros), sorted(rule.lists)) == (sorted(want["macros"]), sorted(want["lists"]))
        try:
            tree = as_lists(parse(want["condition_compiled"]))
        except FilterError:
            continue
        assert as_lists(rule.tree) == tree, rule.name


def test_files_of_a_directory_load_by_name(shared: Path) -> None:
    result = load([shared / "falco-rules" / SETS[0]])
    assert [Path(file.name).name for file in result.files] == sorted(FILES)


def test_the_historical_cases_are_valid_or_not(shared: Path) -> None:
    folder = shared / "falco-cases"
    cases = [case for case in json.loads((folder / "cases.json").read_text("utf-8")) if case["kind"] == "validate"]
    assert len(cases) > 20
    for case in cases:
        result = load(folder / name for name in case["rule_files"])
        codes = [([each.code for each in file.errors], sorted(each.code for each in file.warnings)) for file in result.files]
        wanted = case["falco_0_40"]["files"]
        assert codes == [
            ([each["code"] for each in file["errors"]], sorted(each["code"] for each in file["warnings"])) for file in wanted
        ], case["name"]
        for kind in ("errors", "warnings"):
            for each in case["upstream"].get(f"validate_{kind}", ()):
                found = [
                    problem
                    for problem in (result.errors if kind == "errors" else result.warnings)
                    if problem.code == each["code"]
                    and (each["item_type"], each["item_name"]) in [(at.item_type, at.item_name) for at in problem.locations]
                ]
                assert found, (case["name"], each)


def test_the_historical_rule_files_load(shared: Path) -> None:
    folder = shared / "falco-cases"
    for case in json.loads((folder / "cases.json").read_text("utf-8")):
        if case["kind"] == "detect":
            result = load(folder / name for name in case["rule_files"])
            assert result.successful == case["falco_0_40_first"]["loaded"], case["name"]
