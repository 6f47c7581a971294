"""Conditions as trees: macros put in, and every check looked at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from csyspy.fields.catalogue import suggest
from csyspy.filters.ast import And, Identifier, Node, Not, Or
from csyspy.rules.composed import Composed


class MacroError(Exception):
    """A condition names a macro that is not there, or one that needs itself."""

    def __init__(self, message: str, hint: str, node: Identifier) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.node = node


@dataclass
class MacroResolver:
    """Puts the trees of macros in the place of their names.

    `trees` holds those that are there, `resolved` the names of those that have no macros in them any more: they stay the objects
    they are, so that rules share them. `used` collects the names that were met.
    """

    trees: Mapping[str, Node]
    resolved: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def resolve(self, node: Node, visible: Callable[[str], bool], path: tuple[str, ...] = ()) -> Node:
        """The tree with macros put in. Raises MacroError."""
        if isinstance(node, And | Or):
            children = tuple(self.resolve(child, visible, path) for child in node.children)
            same = all(new is old for new, old in zip(children, node.children, strict=True))
            return node if same else type(node)(children)
        if isinstance(node, Not):
            child = self.resolve(node.child, visible, path)
            return node if child is node.child else Not(child)
        if not isinstance(node, Identifier):
            return node
        name = node.name
        if name not in self.trees or not visible(name):
            here, hint = "", "a macro can use only those that are defined before it"
            if name in self.trees:
                here = " here"
            else:
                near = suggest(name, list(self.trees))
                hint = f"did you mean {near}?" if near else ""
            raise MacroError(f"macro {name!r} is not defined{here}", hint, node)
        if name in path:
            raise MacroError(f"macro {name!r} needs itself: {' -> '.join((*path[path.index(name) :], name))}", "", node)
        self.used.add(name)
        tree = self.trees[name]
        return tree if name in self.resolved else self.resolve(tree, visible, (*path, name))


@dataclass(frozen=True, slots=True)
class Measures:
    """How large trees are: those of macros, which stand in others many times over, are measured once."""

    _known: dict[int, tuple[int, int]] = field(default_factory=dict)
    _kept: list[Node] = field(default_factory=list)

    def keep(self, tree: Node) -> str:
        """Measure a tree that will stand in others: what is wrong with its size, empty where nothing is."""
        if id(tree) not in self._known:
            self._known[id(tree)] = self._measure(tree)
            self._kept.append(tree)
        return self.complaint(tree)

    def complaint(self, tree: Node) -> str:
        """What is wrong with the size of a tree; empty where nothing is."""
        checks, depth = self._measure(tree)
        if checks > MOST_CHECKS:
            return f"with its macros the condition comes to {checks} checks, more than {MOST_CHECKS}"
        return f"with its macros the condition is nested deeper than {MOST_LEVELS} levels" if depth > MOST_LEVELS else ""

    def _measure(self, node: Node) -> tuple[int, int]:
        """Checks and levels."""
        known = self._known.get(id(node))
        if known is not None:
            return known
        if isinstance(node, And | Or):
            parts = [self._measure(child) for child in node.children]
            return sum(checks for checks, _ in parts), 1 + max(depth for _, depth in parts)
        if isinstance(node, Not):
            checks, depth = self._measure(node.child)
            return checks, depth + 1
        return 1, 1


MOST_CHECKS = 100_000
MOST_LEVELS = 200


@dataclass(frozen=True, slots=True)
class Origins:
    """Which text the positions in a tree mean: those of a macro's tree the macro's own condition."""

    texts: dict[int, Composed] = field(default_factory=dict)
    _kept: list[Node] = field(default_factory=list)

    def note(self, tree: Node, text: Composed) -> None:
        """Remember the text of a tree, by its identity."""
        if id(tree) not in self.texts:
            self._kept.append(tree)
            self.texts[id(tree)] = text

    def of(self, tree: Node) -> Composed | None:
        """The condition that `tree` was made of, where it is that of a macro."""
        return self.texts.get(id(tree))
