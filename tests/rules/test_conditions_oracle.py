"""Every rule's and every macro's condition, all of them running together, against what the real Falco matches with each alone."""

import json
from pathlib import Path

import pytest

from csyspy.capture.walker import open_capture
from csyspy.engine.ruleset import RuleSet
from csyspy.filters.rule_plan import plan_rules
from csyspy.rules.loader import load


@pytest.mark.parametrize("version", ["3.2.0", "5.1.0"])
@pytest.mark.parametrize("name", ["attacks", "containers"])
def test_conditions_that_share_what_they_have_in_common_match_as_each_does_alone(
    shared: Path, captures: Path, name: str, version: str
) -> None:
    files = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
    loaded = load([shared / "falco-rules" / f"falco-rules-{version}" / file for file in files])
    trees = {f"{version}:rule:{rule.name}": rule.tree for rule in loaded.rules}
    trees |= {f"{version}:macro:{macro.name}": macro.tree for macro in loaded.macros}
    keys = list(trees)
    events: dict[str, list[int]] = {key: [] for key in keys}
    plan = plan_rules(list(trees.values()))
    sink = RuleSet(plan.rules, lambda number, state: events[keys[number]].append(state.evt_num), bits=plan.bits, every=True)
    opened = open_capture([str(captures / f"{name}.scap")], sink.needs)
    opened.walker.run([sink])
    cases = json.loads((captures / "oracle" / name / "rule-condition-matches.json").read_text())["cases"]
    norms = {case["id"]: case for case in cases if case["id"] in events and "matches" in case}
    assert len(norms) > 350
    wrong = {key: (case["matches"], len(events[key])) for key, case in norms.items() if len(events[key]) != case["matches"]}
    assert wrong == {}
    assert [key for key, case in norms.items() if case["matches"] and sum(events[key]) != case["sum"]] == []
    assert sink.fired == [len(events[key]) for key in keys]
