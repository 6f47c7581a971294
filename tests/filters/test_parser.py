"""The grammar beyond the conformance cases, and what errors say."""

import pytest

from csyspy.filters import FilterError, compile_filter, parse
from csyspy.filters.ast import And, Check, Not, Or, as_lists


def error_of(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    return caught.value


def test_and_binds_tighter_than_or() -> None:
    tree = parse("m1 or m2 and not m3")
    assert isinstance(tree, Or)
    assert isinstance(tree.children[1], And)
    assert isinstance(tree.children[1].children[1], Not)


@pytest.mark.parametrize(
    ("text", "op", "modifier"),
    [
        ("fd.name contains anyof (a, b)", "contains", "anyof"),
        ("fd.name != allof (a, b)", "!=", "allof"),
        ("fd.name glob oneof list_name", "glob", "oneof"),
    ],
)
def test_modifiers(text: str, op: str, modifier: str) -> None:
    tree = parse(text)
    assert isinstance(tree, Check)
    assert (tree.op, tree.modifier) == (op, modifier)


@pytest.mark.parametrize("text", ["proc.name = oneof", "proc.name = oneof and proc.pid = 1", "proc.name = anyof or m"])
def test_a_modifier_without_a_list_is_a_value(text: str) -> None:
    tree = parse(text)
    check = tree.children[0] if isinstance(tree, And | Or) else tree
    assert isinstance(check, Check)
    assert check.modifier == ""
    assert as_lists(check)[3] in (["val", "oneof"], ["val", "anyof"])


def test_transformers_of_several_values() -> None:
    assert as_lists(parse('join(",", ("a", proc.name)) = "a,b"'))[2] == [
        "xform", "join", ["val", ","], ["list", [["val", "a"], ["field", "proc.name"]]]
    ]  # fmt: skip
    tree = parse("getopt((\"-n\"), 'n')[n] exists")
    assert isinstance(tree, Check)
    assert tree.left.arg == "n"


@pytest.mark.parametrize(
    ("quoted", "value"),
    [(r'"\x41\n"', "A\n"), (r"'it\'s'", "it's"), (r'"a\ "', "a\\"), (r'"\x5c"', "\\"), (r'"\/"', "/"), (r'"\xff"', "\udcff")],
)
def test_escapes(quoted: str, value: str) -> None:
    assert as_lists(parse(f"proc.name = {quoted}"))[3] == ["val", value]


@pytest.mark.parametrize("quoted", [r'"\x4"', r'"\."', r'"\x00"', r'"\''])
def test_bad_escapes(quoted: str) -> None:
    with pytest.raises(FilterError):
        parse(f"proc.name = {quoted}")


@pytest.mark.parametrize(
    "text", ["k8s.pod.label.app-name=x", "k8s.ns.label.a/b.c=x", "evt.type.is.2=1", "proc.env[A]=1", "proc.env contains HOME=/root"]
)
def test_what_sysdig_0_29_3_reads(text: str) -> None:
    compile_filter(text)


def test_nesting_has_a_limit() -> None:
    parse("(" * 90 + "m" + ")" * 90)
    error = error_of("(" * 5000 + "m" + ")" * 5000)
    assert "nested" in error.message


def test_the_caret_stands_under_the_token() -> None:
    error = error_of("proc.name=cat and proc.nmae=x")
    assert error.render().splitlines() == [
        "unknown field proc.nmae (column 19)",
        "  proc.name=cat and proc.nmae=x",
        "                    ^^^^^^^^^",
        "did you mean proc.name?",
    ]


def test_the_line_of_a_filter_of_several_lines() -> None:
    error = error_of("proc.name=cat\nand fd.nmae=x")
    assert error.render().splitlines()[:3] == ["unknown field fd.nmae (line 2 column 5)", "  and fd.nmae=x", "      ^^^^^^^"]


@pytest.mark.parametrize(
    ("text", "token", "advice"),
    [
        ("proc.name=a=b", "=b", 'quote a value with blanks, commas, quotes, parentheses or = in it: "a=b"'),
        ("proc.name containsa", "containsa", "write a blank and a value behind contains: contains a"),
        ("proc.name =", "", 'write "" for an empty value'),
        ("proc.name in (a,,b)", ",", 'write "" for an empty value'),
        ("proc.name > a", "a", "> compares with a number without quotes"),
        ("proc.pid = 0x10", "0x10", "write it in decimal: 16"),
        ("evt.arg[path]=a", "evt.arg[path]", "write evt.arg.path for the argument of that name"),
        ("container.label.foo=bar", "container.label.foo", "write container.label[foo]"),
        ("evt.type=opennat", "opennat", "did you mean openat?"),
        ("evt.failed > true", None, "expected a number"),
        ("evt.failed contains true", "contains", "write = true or = false"),
        ("fd.snet=10.0.0.0", "10.0.0.0", "a network has a prefix length: 10.0.0.0/32"),
        ("fd.name = (a)", "(", "for several values use: in (…), pmatch (…), or a modifier such as contains anyof (…)"),
        ("tolower (proc.name)=a", "", "the transformers are"),
        ("ka.verb=get", "ka.verb", "k8s_audit"),
    ],
)
def test_advice(text: str, token: str | None, advice: str) -> None:
    error = error_of(text)
    assert advice in error.render()
    if token:
        assert text[error.position :].startswith(token)


@pytest.mark.parametrize(
    "text", ["", " ", "(", ")", "and", "proc.name=cat and", "\0", "not", "not (", 'x="', "proc.name in", "a.b exists x"]
)
def test_nothing_but_filter_errors(text: str) -> None:
    error = error_of(text)
    assert error.render()
