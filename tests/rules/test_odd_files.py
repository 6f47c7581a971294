"""Odd rule files, most of them legal, and what Falco makes of each by its sources (userspace/engine/rule_loader_*.cpp, libs: filter/)."""

import pytest

from csyspy.filters.render import render
from csyspy.rules.loader import load
from csyspy.rules.model import LoadResult

HEAD = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: "
LIST = "- list: l\n  items: "
MACRO = "- macro: m\n  condition: "


def loaded(text: str) -> LoadResult:
    return load([("f.yaml", text)])


def tree(text: str) -> str:
    """The condition of the first rule, or the code of the error."""
    result = loaded(text)
    return render(result.rules[0].tree) if result.successful else result.errors[0].code


@pytest.mark.parametrize(
    ("items", "condition", "expected"),
    [
        ("[]", "evt.type in (l)", "evt.type in ()"),
        ("[]", "evt.type in (open, l, close)", "evt.type in (open, close)"),
        ("[]", "evt.type in (l, l, close)", "evt.type in (close)"),
        ("[]", "evt.type in (close, l)", "evt.type in (close)"),
        ("[open]", "evt.type=l", "evt.type = open"),
        ("[open, close]", "evt.type=l", "LOAD_ERR_COMPILE_CONDITION"),
        ("[open]", "evt.type in l", "evt.type in open"),
        ("['\"a b\"', 'c d', \"'e'\"]", "proc.name in (l)", 'proc.name in ("a b", "c d", e)'),
        ("['(a)']", "proc.name in (l)", "LOAD_ERR_COMPILE_CONDITION"),
        ("[a, '']", "proc.name in (l)", "LOAD_ERR_COMPILE_CONDITION"),
        ("[yes, true, 007]", "proc.name in (l)", "proc.name in (yes, true, 007)"),
        ("[/a, /b]", "fd.name startswith anyof (l)", "fd.name startswith anyof (/a, /b)"),
        ("[/a, /b]", "fd.name startswith anyof l", "LOAD_ERR_COMPILE_CONDITION"),
        ("[x]", "m", "LOAD_ERR_VALIDATE"),
        ("[~]", "proc.name in (l)", "LOAD_ERR_YAML_VALIDATE"),
    ],
)
def test_lists_are_put_in_as_text(items: str, condition: str, expected: str) -> None:
    assert tree(f"{LIST}{items}\n{HEAD}{condition}\n") == expected


def test_lists_in_lists_are_opened_once() -> None:
    assert tree(f"{LIST}[open]\n- list: k\n  items: [l, creat]\n{HEAD}evt.type in (k)\n") == "evt.type in (open, creat)"
    assert tree(f"- list: k\n  items: [l]\n{LIST}[open]\n{HEAD}evt.type in (k)\n") == "evt.type in (open)"  # by its text
    assert tree(f"{LIST}&a [open]\n- list: k\n  items: *a\n{HEAD}evt.type in (l, k)\n") == "evt.type in (open, open)"


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        ("{name: e, fields: fd.name, comps: startswith oneof, values: [/a, /b]}", "fd.name startswith oneof (/a, /b)"),
        ("{name: e, fields: fd.name, comps: ' pmatch ', values: [/a]}", "fd.name pmatch (/a)"),
        ("{name: e, fields: fd.name, comps: glob, values: [/a]}", "LOAD_ERR_VALIDATE"),
        ("{name: e, fields: [fd.name], comps: [GLOB], values: [[/a]]}", "LOAD_ERR_VALIDATE"),
        ("{name: e, fields: fd.name, comps: [], values: [/a]}", "fd.name in (/a)"),
        ("{name: e, fields: [fd.name], comps: [], values: [[/a]]}", "fd.name = /a"),
        ("{name: e, fields: [fd.name, proc.name], comps: [startswith anyof, =], values: [[[/a, /b], c]]}",
         "(fd.name startswith anyof (/a, /b) and proc.name = c)"),
        ("{name: e, fields: [fd.name, proc.name], comps: [in, =], values: [['(/a, /b)', c]]}", "(fd.name in (/a, /b) and proc.name = c)"),
        ("{name: e, fields: [proc.name, proc.name], comps: [=, startswith], values: [[a, b], [c, d]]}",
         "((proc.name = a and proc.name startswith b) or (proc.name = c and proc.name startswith d))"),
        ("{name: e, fields: [fd.num], comps: ['>='], values: [[3]]}", "fd.num >= 3"),
        ("{name: e, fields: fd.num, values: [1, 2]}", "fd.num in (1, 2)"),
        ("{name: e, fields: [proc.name], values: [[val(proc.pname)]]}", "proc.name = val(proc.pname)"),
        ("{name: e, fields: ['tolower(proc.name)'], values: [[a]]}", "tolower(proc.name) = a"),
        ("{name: e, fields: ['proc.env[\"A B\"]'], values: [[a]]}", 'proc.env["A B"] = a'),
        ("{name: e, fields: proc.cmdline, values: ['a,b']}", "proc.cmdline in (a, b)"),
        ("{name: e, fields: proc.cmdline, values: ['c d', '\"e f\"']}", 'proc.cmdline in ("c d", "e f")'),
        ("{name: e, fields: proc.cmdline, values: ['a(b)']}", "LOAD_ERR_COMPILE_CONDITION"),
        ("{name: e, fields: proc.cmdline, values: ['a=b']}", "LOAD_ERR_COMPILE_CONDITION"),
        ("{name: e, fields: proc.cmdline, values: [~]}", "proc.cmdline in ()"),
        ("{name: e, fields: proc.cmdline, values: ~}", "LOAD_ERR_YAML_VALIDATE"),
        ("{name: e, fields: [[proc.name]], values: [[a]]}", "LOAD_ERR_VALIDATE"),
        ("{name: e, fields: ' proc.name', values: [a]}", "LOAD_ERR_VALIDATE"),
        ("{name: e, fields: {proc.name: a}, values: [a]}", "LOAD_ERR_VALIDATE"),
    ],
)  # fmt: skip
def test_exceptions_of_all_shapes(exception: str, expected: str) -> None:
    found = tree(f"{HEAD}evt.type=open\n  exceptions: [{exception}]\n")
    assert found == (expected if expected.startswith("LOAD_") else f"evt.type = open and not {expected}")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("condition: and proc.name=a\n  desc: x\n  override: {condition: append, desc: replace}", "evt.type = open and proc.name = a"),
        ("condition: or proc.name=a\n  append: true", "evt.type = open or proc.name = a"),
        ("output: x\n  append: true", "LOAD_ERR_VALIDATE"),
        ("exceptions:\n  append: true", "evt.type = open"),
        ("desc: x\n  override: append", "LOAD_ERR_YAML_VALIDATE"),
        ("foo: x\n  override: {foo: replace}", "LOAD_ERR_YAML_VALIDATE"),
        ("priority: crit\n  override: {priority: replace}", "LOAD_ERR_YAML_VALIDATE"),
        ("source: k8s_audit\n  condition: and proc.name=a\n  override: {condition: append}", "LOAD_ERR_VALIDATE"),
        ("source: k8s_audit\n  desc: x\n  override: {desc: append}", "evt.type = open"),
        ("exceptions: [{name: e, fields: proc.name, values: [x]}]\n  override: {exceptions: replace}", "LOAD_ERR_COMPILE_CONDITION"),
        ("exceptions: []\n  override: {exceptions: replace}", "evt.type = open"),
        ("enabled: N", "evt.type = open"),
        ("enabled: fALSE", "LOAD_ERR_YAML_VALIDATE"),
        ("desc: d\n  desc: e\n  output: o\n  priority: info\n  condition: evt.type=close\n  condition: x", "evt.type = close"),
        ("desc: d\n  output: o\n  priority: info\n  condition: evt.type=close\n  capture_duration: 0x10", "evt.type = close"),
        ("desc: d\n  output: o\n  priority: info\n  condition: evt.type=close\n  capture_duration: -1", "LOAD_ERR_YAML_VALIDATE"),
    ],
)
def test_items_that_change_a_rule(item: str, expected: str) -> None:
    assert tree(f"{HEAD}evt.type=open\n- rule: r\n  {item}\n") == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("evt.type=open and never_defined", "LOAD_ERR_VALIDATE"),
        ("proc.name=val(proc.pname)", "proc.name = val(proc.pname)"),
        ("proc.name in (val(proc.pname))", "LOAD_ERR_COMPILE_CONDITION"),
        ("proc.pid=val(proc.pname)", "LOAD_ERR_COMPILE_CONDITION"),
        ("fd.name startswith val(proc.cwd)", "fd.name startswith val(proc.cwd)"),
        ("proc.name=tolower(proc.pname)", "proc.name = tolower(proc.pname)"),
        ("tolower(basename(proc.exepath)) glob 'a*'", "tolower(basename(proc.exepath)) glob a*"),
        ("b64(proc.name) contains x", "b64(proc.name) contains x"),
        ("b64(proc.pid) = 1", "LOAD_ERR_COMPILE_CONDITION"),
        ("len(proc.aname) > 3", "LOAD_ERR_COMPILE_CONDITION"),
        ("tolower(evt.type)=open", "LOAD_ERR_COMPILE_CONDITION"),
        ("evt.type=val(proc.name)", "LOAD_ERR_COMPILE_CONDITION"),
        ("concat(proc.name)=a", "LOAD_ERR_COMPILE_CONDITION"),
        ("evt.type glob open*", "LOAD_ERR_COMPILE_CONDITION"),
        ("not not evt.type=open and(proc.name=a)or(proc.name=b)", "(evt.type = open and proc.name = a) or proc.name = b"),
        ("proc.name = oneof", 'proc.name = "oneof"'),
        ("fd.name={a}", "fd.name = {a}"),
        ("fd.num=-1 and fd.num>+1", "fd.num = -1 and fd.num > +1"),
        ("fd.num>1.5", "LOAD_ERR_COMPILE_CONDITION"),
        ("evt.is_open_read=yes", "LOAD_ERR_COMPILE_CONDITION"),
        ("fd.sport=http and fd.snet='10.0.0.0/8'", "fd.sport = http and fd.snet = 10.0.0.0/8"),
        ("ka.verb=get", "LOAD_ERR_COMPILE_CONDITION"),
    ],
)
def test_conditions(condition: str, expected: str) -> None:
    assert tree(f"{HEAD}{condition}\n") == expected


@pytest.mark.parametrize("condition", ["evt.type=open or m", "evt.type=open and not m", "not (not evt.type=open and not m)"])
def test_what_is_never_true_leaves_the_event_types_alone(condition: str) -> None:
    assert not loaded(f"{MACRO}(evt.num=0)\n{HEAD}{condition}\n").warnings


def test_macros_that_need_each_other() -> None:
    assert tree(f"{MACRO}evt.type=open\n- macro: n\n  condition: m\n{MACRO}n\n{HEAD}m\n") == "LOAD_ERR_VALIDATE"
    assert tree(f"{MACRO}evt.type=open\n{MACRO}or m\n  override: {{condition: append}}\n{HEAD}m\n") == "LOAD_ERR_VALIDATE"
    assert tree(f"{MACRO}evt.type=open\n  override: {{condition: replace}}\n{HEAD}m\n") == "evt.type = open"


AUDIT = "- required_plugin_versions: [{name: k8saudit, version: 0.7.0, alternatives: [{name: k8saudit-eks, version: 0.4.0}]}]\n"
AUDIT_RULE = "- rule: k\n  source: k8s_audit\n  desc: d\n  output: '%ka.verb'\n  priority: INFO\n  condition: "


def test_rules_of_both_sources_in_one_file() -> None:
    assert [rule.name for rule in loaded(f"{AUDIT}{AUDIT_RULE}ka.verb=get\n{HEAD}evt.type=open\n").rules] == ["k", "r"]
    assert [rule.name for rule in loaded(f"{AUDIT_RULE}ka.verb=get\n{HEAD}evt.type=open\n").rules] == ["r"]
    assert tree(f"{AUDIT}{AUDIT_RULE}ka.verb=get and proc.name=a\n") == "LOAD_ERR_COMPILE_CONDITION"


@pytest.mark.parametrize(
    ("condition", "is_skipped"),
    [
        ("nosuch.field=a", True),
        ("evt.type=nosuch", True),
        ("proc.name=val(nosuch.field)", True),
        ("ka.verb=get", True),
        ("fd.num=a", False),
        ("nosuch", False),
        ("nosuch(proc.name)=a", False),
    ],
)
def test_what_a_rule_can_be_skipped_for(condition: str, is_skipped: bool) -> None:
    result = loaded(f"{HEAD}{condition}\n  skip-if-unknown-filter: true\n")
    assert result.successful == is_skipped
    assert [warning.code for warning in result.warnings] == ["LOAD_UNKNOWN_FILTER"] * is_skipped


@pytest.mark.parametrize(("version", "warned"), [("0.46.0", 0), ("0.57.0", 3)])
def test_fields_that_lost_their_values_are_warned_of_where_the_rules_are_for_such_an_engine(version: str, warned: int) -> None:
    rule = f"{HEAD}evt.type=open and evt.dir=< and evt.dir!=> and evt.latency>3\n".replace("output: o", "output: '%evt.dir'")
    warnings = loaded(f"- required_engine_version: {version}\n{rule}").warnings
    assert [warning.code for warning in warnings] == ["LOAD_DEPRECATED_ITEM"] * warned
