"""Selections and the filters they make."""

from hypothesis import given
from hypothesis import strategies as st

from csyspy.filters import compile_filter, parse
from csyspy.filters.ast import Check, Value
from csyspy.tui.scope import Level, Scope, Term, condition, drill_target, joined, quoted, term_of
from csyspy.views.catalogue import VIEWS
from csyspy.views.snapshot import snapshot_of


@given(st.text(alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_any_text_survives_as_a_value(text: str) -> None:
    node = parse(condition("proc.name", text))
    assert isinstance(node, Check)
    assert isinstance(node.right, Value)
    assert node.right.text == text


def test_conditions() -> None:
    assert condition("proc.pid", 7) == "proc.pid=7"
    assert condition("proc.name", 'a"b\\', negated=True) == 'proc.name!="a\\"b\\x5c"'
    assert condition("fd.name", None) == "not fd.name exists"
    assert condition("fd.name", None, negated=True) == "fd.name exists"
    assert quoted(True) == "true"
    assert joined("a=1", "", "b=2") == "(a=1) and (b=2)"
    assert joined("", "a=1") == "a=1"


def test_going_down_and_up_keeps_what_was_left() -> None:
    scope = Scope()
    left = Level("procs", None, 7, 3)
    down = scope.drilled(Term("proc.pid", 7, "nginx(7)", "evt.type!=switch"), "threads", left=left)
    assert down.depth == 1
    assert down.field == "proc.pid"
    assert down.filter_text("evt.failed=true") == "((evt.type!=switch) and proc.pid=7) and (evt.failed=true)"
    assert down.back(0).top == left
    assert down.viewed("files").top.term == down.top.term
    compile_filter(down.filter_text("evt.failed=true"))


def test_rows_name_themselves() -> None:
    row = {"proc.pid": 7, "proc.exeline": "/usr/sbin/nginx -g x", "thread.cpu": 1.0}
    term = term_of(snapshot_of(VIEWS["procs"], [row]), 0)
    assert term is not None
    assert (term.field, term.value, term.label) == ("proc.pid", 7, "nginx(7)")
    assert term.condition == "(evt.type!=switch) and proc.pid=7"


def test_below_a_row_lies_the_view_it_names_else_the_first_that_applies() -> None:
    assert drill_target(VIEWS["procs"], "proc.pid", VIEWS) is VIEWS["threads"]
    target = drill_target(VIEWS["syscall_procs"], "proc.pid", VIEWS)
    assert target is not None
    assert target.applies("proc.pid")
    assert drill_target(VIEWS["syscall_procs"], "proc.pid", {}) is None
