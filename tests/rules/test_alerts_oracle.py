"""Alerts against those of the real Falco: rule set 3.2.0 as 0.40 fires it, set 5.1.0 as the newest engine counts it, own rule files."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from csyspy.capture.walker import open_capture
from csyspy.rules.alerts import Alert, to_json
from csyspy.rules.engine import EngineOptions, RuleEngine, conditions_of
from csyspy.rules.loader import load
from csyspy.rules.model import LoadResult, Priority
from csyspy.rules.settings import Settings, enabled_rules

SET_FILES = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
CAPTURES = ("attacks", "containers", "general", "web")
NEWER = ("modern_a_attacks", "modern_a_containers", "modern_a_general")
NEWEST = ("newest_a_attacks", "newest_a_containers", "newest_a_converted", "newest_a_general")
_LOADED: dict[str, LoadResult] = {}


def rule_set(shared: Path, version: str) -> LoadResult:
    if version not in _LOADED:
        _LOADED[version] = load([shared / "falco-rules" / f"falco-rules-{version}" / name for name in SET_FILES])
    return _LOADED[version]


def alerts_of(loaded: LoadResult, capture: Path, settings: Settings | None = None, **choice: Any) -> list[Alert]:
    settings = settings or Settings()
    found: list[Alert] = []
    options = EngineOptions(every=settings.rule_matching == "all", iso_time=True, hostname="oracle")
    rules = enabled_rules(loaded.rules, settings, **choice)
    required = loaded.required_engine_version
    engine = RuleEngine(rules, found.append, options, conditions=conditions_of(loaded), required_engine=required)
    walk(engine, capture)
    return found


def walk(engine: RuleEngine, capture: Path) -> None:
    opened = open_capture([str(capture)], engine.sink.needs)
    opened.state.configure(verbose=True)
    opened.walker.run([engine.sink])


def place(name: str) -> tuple[str, str]:
    """(folder of the oracle, path of the capture below captures/)."""
    return (f"newer-{name}", f"newer/{name}.scap") if "_a_" in name else (name, f"{name}.scap")


@pytest.mark.parametrize("matching", ["first", "all"])
@pytest.mark.parametrize("name", [*CAPTURES, *NEWER])
def test_set_3_2_0_fires_as_falco_0_40_does(shared: Path, captures: Path, name: str, matching: str) -> None:
    folder, path = place(name)
    recorded = captures / "oracle" / folder / ("falco-alerts.jsonl" if matching == "first" else "falco-alerts-all.jsonl")
    found = alerts_of(rule_set(shared, "3.2.0"), captures / path, Settings(rule_matching=matching))
    expected = [json.loads(line) for line in recorded.read_text().splitlines()]
    printed = [json.loads(to_json(alert)) for alert in found]
    assert [alert["rule"] for alert in printed] == [alert["rule"] for alert in expected]
    for alert, norm in zip(printed, expected, strict=True):
        fields = norm.pop("output_fields")
        assert alert.pop("output_fields").items() <= fields.items()
        assert alert == norm


@pytest.mark.parametrize("run", ["stable/first", "full/all"])
@pytest.mark.parametrize("name", ["attacks", "containers", *NEWER, *NEWEST])
def test_set_5_1_0_fires_as_often_as_in_the_newest_engine(shared: Path, captures: Path, name: str, run: str) -> None:
    folder, path = place(name)
    counts = json.loads((captures / "oracle" / folder / "newest-falco-counts.json").read_text())["runs"][f"5.1.0-{run}"]["rules"]
    kind, matching = run.split("/")
    if kind == "full":
        loaded = rule_set(shared, "5.1.0")
    else:
        loaded = load([shared / "falco-rules" / "falco-rules-5.1.0" / SET_FILES[0]])
    found = alerts_of(loaded, captures / path, Settings(rule_matching=matching))
    assert Counter(alert.rule for alert in found) == counts


def own_cases() -> list[Any]:
    path = Path(__file__).resolve().parents[3] / "shared" / "falco-cases" / "own-cases.json"
    cases = json.loads(path.read_text()) if path.exists() else []
    small = ("attacks.scap", "general.scap", "curl_google.scap")
    wanted = [case for case in cases if case["capture"].endswith(small)]
    return [pytest.param(case, id=f"{case['name']}-{Path(case['capture']).stem}") for case in wanted]


@pytest.mark.parametrize("case", own_cases())
def test_own_rule_files_fire_as_in_falco_0_40(shared: Path, case: dict[str, Any]) -> None:
    loaded = load([shared / "falco-cases" / name for name in case["rule_files"]])
    settings = Settings(priority=Priority.parse(case.get("min_priority") or "debug") or Priority.DEBUG)
    names = case.get("disable_rules_substring") or []
    found = alerts_of(
        loaded,
        shared.parent / case["capture"],
        settings,
        only_tags=case.get("run_tags") or (),
        without_names=[names] if isinstance(names, str) else names,
    )
    expected = case["first"]
    assert Counter(alert.rule for alert in found) == {rule: count for rule, count in expected["rules"].items() if count}
    head = [(alert.event, alert.rule, alert.output) for alert in found[: len(expected["head"])]]
    assert head == [(norm["num"], norm["rule"], norm["output"]) for norm in expected["head"]]


def test_text_is_what_falcos_own_tests_expect(shared: Path, captures: Path) -> None:
    loaded = load([shared / "falco-cases" / "rules" / "single_rule_with_tags.yaml"])
    found = alerts_of(loaded, captures / "upstream" / "falco-cat_write.scap")
    expected = (shared / "falco-cases" / "rules" / "expected_output_single_rule_with_cat_write.txt").read_text().splitlines()
    assert [alert.output for alert in found] == expected
