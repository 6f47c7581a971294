"""Loading rule files: what Falco's cases do not show, and where problems are said to be."""

import random
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest

from csyspy.filters.render import render
from csyspy.rules.loader import load
from csyspy.rules.model import AppendOutput, ExtraField, LoadOptions, LoadResult, Problem
from csyspy.rules.report import load_results, summary_lines

TAIL = "\n  desc: d\n  output: o\n  priority: info\n"


def loaded(*texts: str, options: LoadOptions | None = None) -> LoadResult:
    """The result of files file1.yaml, file2.yaml …"""
    return load([(f"file{at}.yaml", textwrap.dedent(text)) for at, text in enumerate(texts, 1)], options)


def only(problems: Sequence[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def shown(problem: Problem) -> str:
    """What stands at the place of a problem."""
    return problem.content[problem.locations[-1].column :]


@pytest.mark.parametrize(
    "condition",
    [
        "evt.type=open and proc.nam=cat",
        "'evt.type=open and proc.nam=cat'",
        '"evt.type=open and\\tproc.nam=cat"',
        ">\n    evt.type=open\n    and proc.nam=cat",
        "|2-\n    evt.type=open and\n\n      proc.nam=cat",
        "evt.type=open\n    and\n\n    proc.nam=cat",
    ],
)
def test_an_error_in_a_condition_is_found_in_the_file(condition: str) -> None:
    text = f"# rules\n- rule: r\n  condition: {condition}{TAIL}"
    problem = only(loaded(text).errors)
    assert problem.code == "LOAD_ERR_COMPILE_CONDITION"
    assert shown(problem).startswith("proc.nam=cat")
    place = problem.locations[-1]
    assert text[place.offset :].startswith("proc.nam=cat")
    assert text.split("\n")[place.line][place.column :].startswith("proc.nam=cat")
    assert problem.hint == "did you mean proc.name?"


def test_an_error_in_what_was_appended_is_found_in_the_later_file() -> None:
    first = f"- rule: r\n  condition: evt.type=open{TAIL}"
    second = "- rule: r\n  condition: and proc.nam=cat\n  override: {condition: append}\n"
    problem = only(loaded(first, second).errors)
    assert (problem.locations[-1].name, problem.locations[-1].line) == ("file2.yaml", 1)
    assert shown(problem) == "proc.nam=cat"


def test_an_error_in_a_macro_is_found_in_the_macro() -> None:
    problem = only(loaded(f"- macro: m\n  condition: proc.nam=cat\n- rule: r\n  condition: evt.type=open and m{TAIL}").errors)
    assert [(at.item_type, at.item_name) for at in problem.locations][1] == ("rule", "r")
    assert shown(problem) == "proc.nam=cat"
    assert problem.locations[-1].line == 1


def test_an_error_in_an_item_is_found_in_the_list() -> None:
    problem = only(loaded(f"- list: calls\n  items: [open, opne]\n- rule: r\n  condition: evt.type in (calls){TAIL}").errors)
    assert shown(problem) == "opne]"


def test_an_error_in_an_exception_is_found_there() -> None:
    rule = f"- rule: r\n  condition: evt.type=open{TAIL}  exceptions:\n    - name: e\n      fields: proc.pid\n      values: [1, init]\n"
    assert shown(only(loaded(rule).errors)) == "init]"


def test_an_error_in_an_output_is_found_there() -> None:
    rule = "- rule: r\n  desc: d\n  condition: evt.type=open\n  output: >\n    opened %fd.name\n    by %proc.nam\n  priority: info\n"
    problem = only(loaded(rule).errors)
    assert problem.code == "LOAD_ERR_COMPILE_OUTPUT"
    assert (problem.locations[-1].item_type, shown(problem)) == ("rule output", "%proc.nam"[1:])


def test_a_macro_keeps_the_place_of_its_first_definition_and_sees_what_its_last_one_could() -> None:
    result = loaded(
        """
        - macro: a
          condition: proc.name=one
        - macro: b
          condition: proc.name=two
        - macro: a
          condition: b or proc.name=three
        - rule: r
          condition: evt.type=open and a
          desc: d
          output: o
          priority: info
        """
    )
    assert render(result.rules[0].tree) == "evt.type = open and (proc.name = two or proc.name = three)"


def test_macros_that_need_each_other_are_refused() -> None:
    text = """
        - macro: a
          condition: proc.name=one
        - macro: b
          condition: a
        - macro: a
          condition: b
        """
    problem = only(loaded(text).errors)
    assert (problem.code, problem.message) == ("LOAD_ERR_VALIDATE", "macro 'b' needs itself: b -> a -> b")


def test_rules_share_the_tree_of_a_macro() -> None:
    text = "- macro: m\n  condition: proc.name=cat or proc.name=dd\n" + "".join(
        f"- rule: r{at}\n  condition: evt.type=open and m{TAIL}" for at in range(2)
    )
    result = loaded(text)
    trees = [rule.tree.children[1] for rule in result.rules]  # type: ignore[union-attr]
    assert trees[0] is trees[1] is result.macros[0].tree


def test_a_list_of_no_items_leaves_no_comma() -> None:
    for written, meant in (("(none)", "()"), ("(a, none)", "(a)"), ("(none, a)", "(a)"), ("(a, none, none, b)", "(a, b)")):
        text = f"- list: none\n  items: []\n- rule: r\n  condition: evt.type=open and proc.name in {written}{TAIL}"
        assert render(loaded(text).rules[0].tree) == f"evt.type = open and proc.name in {meant}"


def test_a_list_is_put_in_wherever_its_name_stands_alone() -> None:
    text = f"- list: cat\n  items: [dog]\n- rule: r\n  condition: evt.type=open and proc.args contains 'a cat b' and fd.name=/bin/cat{TAIL}"
    assert render(loaded(text).rules[0].tree) == 'evt.type = open and proc.args contains "a dog b" and fd.name = /bin/cat'


def test_lists_are_resolved_one_level_deep() -> None:
    text = f"""
- list: a
  items: [x]
- list: b
  items: [a]
- list: c
  items: [b]
- rule: r
  condition: evt.type=open and proc.name in (c){TAIL}"""
    assert render(loaded(text).rules[0].tree).endswith("in (a)")


def test_newer_operators_work_in_exceptions() -> None:
    rule = f"- rule: r\n  condition: evt.type=open{TAIL}  exceptions:\n"
    one = loaded(rule + "    - name: e\n      fields: fd.name\n      comps: startswith oneof\n      values: [/a, /b]\n")
    assert render(one.rules[0].tree) == "evt.type = open and not fd.name startswith oneof (/a, /b)"
    two = loaded(rule + "    - {name: e, fields: [fd.name, proc.name], comps: [endswith anyof, =], values: [[[.a, .b], cat]]}\n")
    assert render(two.rules[0].tree) == "evt.type = open and not (fd.name endswith anyof (.a, .b) and proc.name = cat)"


def test_capture_keys_are_read_and_replaced() -> None:
    rule = f"- rule: r\n  condition: evt.type=open{TAIL}  capture: true\n  capture_duration: 2000\n"
    change = "- rule: r\n  capture: false\n  capture_duration: 10\n  override: {capture: replace, capture_duration: replace}\n"
    assert [(each.capture, each.capture_duration_ms) for each in loaded(rule).rules] == [(True, 2000)]
    assert [(each.capture, each.capture_duration_ms) for each in loaded(rule, change).rules] == [(False, 10)]


@pytest.mark.parametrize(
    ("version", "runs"),
    [("46", True), ("0.46.0", True), ("0.50.0", True), ("0.57.0", True), ("63", True), ("47", False), ("64", False), ("1.0.0", False)],
)
def test_engines_of_released_falcos_are_known(version: str, runs: bool) -> None:
    assert loaded(f"- required_engine_version: {version}\n").successful == runs


def test_outputs_get_what_the_settings_append() -> None:
    rule = "- rule: {}\n  desc: d\n  condition: evt.type=open\n  output: at %container.info\n  priority: info\n  tags: [{}]\n"
    appended = (
        AppendOutput(tags=("a",), extra_output="x=%proc.name", extra_fields=(ExtraField("n", "%fd.num"),)),
        AppendOutput(source="k8s_audit", extra_output="never"),
        AppendOutput(extra_output="id=%container.id", replaces_container_info=True),
    )
    result = loaded(rule.format("one", "a") + rule.format("two", "b"), options=LoadOptions(append_output=appended))
    assert [each.full_output for each in result.rules] == ["at id=%container.id x=%proc.name", "at id=%container.id"]
    assert [each.key for each in result.rules[0].extra_fields] == ["n"]
    assert not result.rules[1].extra_fields
    wrong = loaded(rule.format("one", "a"), options=LoadOptions(append_output=(AppendOutput(extra_output="%proc.nmae"),)))
    assert only(wrong.errors).message == "what append_output adds: unknown field proc.nmae"


def test_suggested_fields_are_those_the_rule_does_not_name() -> None:
    rule = "- rule: r\n  desc: d\n  condition: evt.type=open\n  output: o %container.id %container.name\n  priority: info\n"
    output = loaded(rule, options=LoadOptions(suggested_output=True)).rules[0].full_output
    assert output.startswith("o %container.id %container.name container_image_repository=%container.image.repository ")
    assert "container_id=" not in output


def test_keys_that_mean_nothing_are_warned_of_where_that_is_asked_for() -> None:
    text = f"- rule: r\n  condition: evt.type=open{TAIL}  prioritty: x\n"
    assert not loaded(text).warnings
    for result in (loaded(text, options=LoadOptions(unknown_keys=True)), loaded("- required_engine_version: 62\n" + text)):
        warning = only(result.warnings)
        assert (warning.code, shown(warning), warning.hint) == ("LOAD_UNKNOWN_KEY", "prioritty: x", "did you mean priority?")


def test_a_missing_key_may_be_a_misspelt_one() -> None:
    problem = only(loaded("- rule: r\n  condition: evt.type=open\n  descr: d\n  output: o\n  priority: info\n").errors)
    assert (problem.message, problem.hint) == ("the key 'desc' is missing", "did you mean desc where descr stands?")


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    problem = only(load([path]).errors)
    assert problem.code == "LOAD_ERR_FILE_READ"
    assert str(path) in problem.message
    (tmp_path / "binary.yaml").write_bytes(b"- list: \xff\n")
    assert only(load([tmp_path / "binary.yaml"]).errors).message.endswith("no UTF-8 at byte 8")


def test_nothing_is_loaded_behind_the_first_wrong_file() -> None:
    result = loaded("- list: l\n", "- list: k\n  items: []\n")
    assert len(result.files) == 1
    assert not result.rules


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "- &a [*a]\n",
        f"- rule: r\n  condition: c{TAIL}  exceptions: &a [*a]\n",
        f"- rule: r\n  condition: evt.type=open{TAIL}  exceptions: [{{name: e, fields: [proc.name], values: &a [*a]}}]\n",
        f"- rule: r\n  condition: {'(' * 5000}{TAIL}",
        "- macro: m0\n  condition: proc.name=a\n"
        + "".join(f"- macro: m{at}\n  condition: m{at - 1} or m{at - 1}\n" for at in range(1, 60))
        + f"- rule: r\n  condition: m59{TAIL}",
        "- macro: m0\n  condition: proc.name=a\n"
        + "".join(f"- macro: m{at}\n  condition: not m{at - 1}\n" for at in range(1, 1500))
        + f"- rule: r\n  condition: m1499{TAIL}",
        "".join(f"- list: l{at}\n  items: [l{at + 1}, l{at + 1}]\n" for at in range(40))
        + f"- rule: r\n  condition: proc.name in (l0){TAIL}",
    ],
    ids=["brackets", "dashes", "alias", "alias-exceptions", "alias-values", "parentheses", "macros", "deep-macros", "lists"],
)
def test_hostile_files_are_refused(text: str) -> None:
    assert only(loaded(text).errors).is_error


def test_whatever_the_text_loading_says_what_is_wrong() -> None:
    words = "rule: r|- |\n|  |condition: |evt.type=open|{|}|[|]|\"|'|:|&a |*a|null|>|(|)|macro: m|list: l|items: |exceptions: |override: "
    words += "|append|true|values: |fields: |comps: |\t|é|\x00|%|desc: d|output: o|priority: info|proc.name| in |name: e|tags: |, "
    parts = [*words.split("|"), "|", f"- rule: r\n  condition: evt.type=open{TAIL}"]
    chance = random.Random(5)
    for _ in range(1500):
        result = load([("f.yaml", "".join(chance.choices(parts, k=chance.randint(1, 30))))])
        assert load_results(result.files)
        assert all(line.isprintable() for line in summary_lines(result.files))
