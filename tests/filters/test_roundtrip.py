"""parse(render(tree)) gives the tree back, whatever the tree; and no text makes the parser fail otherwise than by FilterError."""

from hypothesis import given
from hypothesis import strategies as st

from csyspy.fields.expr import Expr, FieldNode, ListNode, LiteralNode, TransformNode
from csyspy.filters import FilterError, parse
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or, Value, ValueList
from csyspy.filters.operators import LIST_OPS, MODIFIERS, NUMBER_OPS, SYMBOL_OPS, WORD_OPS
from csyspy.filters.render import render

dotted = st.from_regex(r"[a-z][a-z0-9_]{0,4}(\.[a-z][a-z0-9_]{0,4}){1,2}", fullmatch=True)
names = dotted.filter(lambda name: not name.startswith(("k8s.", "evt.type")))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)
arguments = st.none() | texts.filter(bool)
fields = st.builds(FieldNode, names, arguments)
numbers = st.from_regex(r"-?[0-9]{1,5}(\.[0-9]{1,2})?", fullmatch=True)
literals = st.builds(LiteralNode, texts | numbers)


def transformers(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[TransformNode]:
    items = st.lists(fields | literals, max_size=3).map(tuple)
    args = st.lists(inner | st.builds(ListNode, items), min_size=1, max_size=3).map(tuple)
    return st.builds(TransformNode, st.sampled_from(("tolower", "len", "join", "concat", "getopt")), args, arguments)


lefts = st.recursive(fields, transformers, max_leaves=4)
words = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
lists = st.builds(ValueList, st.lists(st.builds(Value, texts), max_size=4).map(tuple))
others = st.builds(lambda node: (node, True), fields) | transformers(fields).map(lambda node: (node, False))


def checks(left: Expr) -> st.SearchStrategy[Check]:
    string_ops = st.sampled_from((*SYMBOL_OPS, *WORD_OPS))
    plain = st.builds(lambda op, value: Check(left, op, value), string_ops, st.builds(Value, texts))  # type: ignore[arg-type]
    number = st.builds(lambda op, text: Check(left, op, Value(text)), st.sampled_from(NUMBER_OPS), numbers)  # type: ignore[arg-type]
    several = st.builds(lambda op, values: Check(left, op, values), st.sampled_from(LIST_OPS), lists)  # type: ignore[arg-type]
    modified = st.builds(lambda op, values, word: Check(left, op, values, word), string_ops, lists, st.sampled_from(MODIFIERS))  # type: ignore[arg-type]
    other = st.builds(
        lambda op, side: Check(left, op, side[0], "", side[1]),  # type: ignore[arg-type]
        st.sampled_from((*SYMBOL_OPS, *NUMBER_OPS, "in", "contains")),
        others,
    )
    return plain | number | several | modified | other | st.just(Check(left, "exists"))  # type: ignore[arg-type]


identifiers = st.builds(Identifier, words).filter(lambda node: node.name not in ("not", "and", "or"))
leaves: st.SearchStrategy[Node] = lefts.flatmap(checks) | identifiers


def junctions(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    children = st.lists(inner, min_size=2, max_size=3).map(tuple)
    negatable = inner.filter(lambda node: not isinstance(node, Not))
    return st.builds(And, children) | st.builds(Or, children) | st.builds(Not, negatable)


trees = st.recursive(leaves, junctions, max_leaves=6)


@given(trees)
def test_rendered_text_parses_back(tree: Node) -> None:
    assert parse(render(tree)) == tree


@given(st.text(max_size=40) | st.text("procname.=()!<>\"'\\ andortl[],0x", max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        tree = parse(text)
    except FilterError as caught:
        error = caught
    else:
        assert parse(render(tree)) == tree
        return
    assert error.render()
    assert 0 <= error.position <= len(text)
