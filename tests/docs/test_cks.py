"""docs/cks.md: what it tells students to type is understood, and the rules it shows load and do what it says."""

import re
import shlex
from pathlib import Path

import pytest

from csyspy.cli.command import parse
from csyspy.cli.compiled import compiled_filter
from csyspy.cli.main import _chisel_takes
from csyspy.cli.rules_command import parse as parse_rules
from csyspy.fields.formats import parse_format
from csyspy.rules.loader import load
from csyspy.rules.model import Priority


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "cks.md").read_text()


@pytest.fixture
def stanzas(page: str, tmp_path: Path) -> list[str]:
    """Files with the page's YAML."""
    paths = []
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page, re.S)):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        paths.append(str(path))
    return paths


def test_every_command_line_is_understood(page: str) -> None:
    commands = [
        words
        for line in page.splitlines()
        if line.startswith("    ")
        for part in line.split("&&")
        if "csyspy" in (words := shlex.split(part, comments=True))
    ]
    assert len(commands) > 10
    for words in commands:
        words = words[words.index("csyspy") + 1 :]
        words = words[: words.index(">")] if ">" in words else words
        if words[0] == "rules":
            parse_rules(words[1:])
            continue
        command = parse(words, _chisel_takes)
        compiled_filter(command.filter)
        if command.format is not None:
            parse_format(command.format)


def test_the_edited_rule_has_the_output_and_the_priority_that_were_asked_for(stanzas: list[str], shared: Path) -> None:
    public = str(shared / "falco-rules" / "falco-rules-3.2.0" / "falco_rules.yaml")
    loaded = load([public, stanzas[0]])
    assert loaded.successful, loaded.errors
    rule = next(rule for rule in loaded.rules if rule.name == "Terminal shell in container")
    assert rule.full_output.startswith("%evt.time,%user.uid,%proc.name")
    assert rule.priority is Priority.WARNING


def test_the_rule_for_a_file_is_complete(stanzas: list[str]) -> None:
    loaded = load(stanzas[1:])
    assert loaded.successful, loaded.errors
    assert [rule.name for rule in loaded.rules] == ["Sensitive file opened"]
