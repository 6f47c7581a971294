"""Conditions with the exceptions of their rule and the items of lists in them.

Both are put in as text, before the condition is parsed (falco: userspace/engine/rule_loader_compiler.cpp), which is why a list may
stand anywhere between delimiters and why items that hold quotes or parentheses of their own change the condition.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from csyspy.rules.composed import Composed
from csyspy.rules.definitions import Entry, ExceptionDefinition, ListDefinition, RuleDefinition, takes_list
from csyspy.rules.document import Scalar

BLANKS: Final = " \t\n\r"
_DELIMITERS: Final = BLANKS + "(),="
_WORD: Final = re.compile(r"[^ \t\n\r(),=]+")


LONGEST: Final = 1_000_000
"""Characters of a condition with its lists."""


class TooLong(Exception):
    """A condition has outgrown all measure; its one argument says so."""


class Expander:
    """Puts lists into conditions. `used` collects the names of those that stood in one."""

    def __init__(self, lists: Mapping[str, ListDefinition]) -> None:
        self.used: set[str] = set()
        self.nested: dict[str, tuple[str, ...]] = {}
        """List -> the lists among its items."""
        self.items: dict[str, list[Scalar]] = {name: self._items(each, lists) for name, each in lists.items()}
        """List -> its items, those of lists that were there before it in their place."""
        self._order = {name: at for at, name in enumerate(lists)}
        self._odd = [name for name in lists if _WORD.fullmatch(name) is None]
        self._quoted: dict[str, Composed] = {}

    def _items(self, each: ListDefinition, lists: Mapping[str, ListDefinition]) -> list[Scalar]:
        found: list[Scalar] = []
        nested: list[str] = []
        for item in each.items:
            other = lists.get(item.value)
            if other is not None and other.index < each.visibility:
                nested.append(other.name)
                found += other.items
            else:
                found.append(item)
        self.used.update(nested)
        self.nested[each.name] = tuple(dict.fromkeys(nested))
        return found

    def expand(self, condition: Composed) -> tuple[Composed, tuple[str, ...]]:
        """The condition with lists resolved, and the names of those that stood in it. Raises TooLong."""
        names = self._candidates(condition.text)
        found = []
        for name in sorted(names, key=self._order.__getitem__):
            changed = self._replace(condition, name)
            if changed is not None:
                condition = changed
                found.append(name)
        self.used.update(found)
        return condition, tuple(found)

    def _candidates(self, text: str) -> set[str]:
        """The lists that may stand in a text, directly or by an item of another."""
        names = {word for word in _WORD.findall(text) if word in self.items}
        todo = list(names)
        while todo:
            for item in self.items[todo.pop()]:
                for word in _WORD.findall(item.value):
                    if word in self.items and word not in names:
                        names.add(word)
                        todo.append(word)
        return names.union(self._odd)

    def _replace(self, condition: Composed, name: str) -> Composed | None:
        """The condition with the items in the place of a list's name; None where it does not stand there."""
        items = self._quoted.get(name)
        if items is None:
            items = self._quoted[name] = Composed.join(", ", (Composed.of(*quoted(item)) for item in self.items[name]))
        text = condition.text
        found: list[Composed | str] = []
        copied = length = 0
        at = text.find(name) if name else -1
        while at >= 0:
            start, end = at, at + len(name)
            if (start == 0 or text[start - 1] in _DELIMITERS) and (end >= len(text) or text[end] in _DELIMITERS):
                while start > copied and text[start - 1] in BLANKS:
                    start -= 1
                while end < len(text) and text[end] in BLANKS:
                    end += 1
                if not len(items):  # one of the commas beside it goes as well
                    if start > copied and text[start - 1] == ",":
                        start -= 1
                    elif text[end : end + 1] == ",":
                        end += 1
                found += [condition[copied:start], " ", items, " "] if start > 0 else [items, " "]
                copied = end
                length += len(items)
                if length > LONGEST:
                    raise TooLong(f"with its lists the condition comes to more than {LONGEST} characters")
            at = text.find(name, end)
        return Composed.of(*found, condition[copied:]) if found else None


def quoted(scalar: Scalar) -> tuple[str | Scalar, ...]:
    """A value as it is put into a condition: in quotes where there is a blank in it and it has none yet."""
    return ('"', scalar, '"') if " " in scalar.value and scalar.value[:1] not in ("'", '"') else (scalar,)


def with_exceptions(rule: RuleDefinition) -> Composed:
    """The condition of a rule with `and not` its exceptions. Raises LoadError where values and fields do not go together."""
    if not rule.exceptions:
        return rule.condition
    parts: list[Composed | str] = ["(", rule.condition, ")"]
    for exception in rule.exceptions:
        if exception.values:
            _check_operators(exception, rule)
        text = _single(exception) if not exception.fields.is_list else _tuples(exception)
        if len(text):
            parts += [" and not ", text]
    return Composed.of(*parts)


def _operators(exception: ExceptionDefinition) -> list[str]:
    """The operator for each field; empty for one that has none, which only exceptions can lack that override put in."""
    comps = exception.comps.items if exception.fields.is_list else [exception.comps]
    given = exception.operators or [comp.text for comp in comps]
    return [*given, *[""] * (len(exception.fields.items) - len(given))]


def _check_operators(exception: ExceptionDefinition, rule: RuleDefinition) -> None:
    if all(_operators(exception)):
        return
    context = (rule.condition_context or rule.context).at_offset(exception.context.location.offset, "condition expression")
    hint = "write comps beside fields: Falco has no default for exceptions that override replaces"
    raise context.error("LOAD_ERR_COMPILE_CONDITION", f"the exception {exception.name!r} compares with no operator", hint)


def _single(exception: ExceptionDefinition) -> Composed:
    """`(field in (value, value))`."""
    values: list[Composed] = []
    for value in exception.values:
        if value.is_list:
            message = f"the exception has one field, so its values are texts, not sequences: {exception.name}"
            raise exception.context.error("LOAD_ERR_VALIDATE", message, "write fields as a list")
        values.append(_text(value, quoted))
    if not values:
        return Composed.of()
    field = exception.fields.scalar or ""
    return Composed.of("(", field, f" {_operators(exception)[0]} (", Composed.join(", ", values), "))")


def _tuples(exception: ExceptionDefinition) -> Composed:
    """`((field = value and field = value) or (…))`."""
    alternatives: list[Composed] = []
    operators = _operators(exception)
    for value in exception.values:
        if len(value.items) != len(exception.fields.items):
            wanted, given = len(exception.fields.items), len(value.items)
            message = f"the exception {exception.name!r} has {wanted} fields, but values for {given}"
            raise exception.context.error("LOAD_ERR_VALIDATE", message, "each value is a list as long as fields")
        checks = [
            Composed.of(" ", field.scalar or "", f" {operator} ", _value(each, operator))
            for field, operator, each in zip(exception.fields.items, operators, value.items, strict=False)
        ]
        alternatives.append(Composed.of("(", Composed.join(" and ", checks), ")"))
    return Composed.of("(", Composed.join(" or ", alternatives), ")") if alternatives else Composed.of()


def _value(value: Entry, operator: str) -> Composed:
    if value.is_list:
        return Composed.of("(", Composed.join(", ", (_text(item, quoted) for item in value.items)), ")")
    if takes_list(operator):
        return _text(value, lambda scalar: (scalar,) if scalar.value.startswith("(") else ("(", scalar, ")"))
    return _text(value, quoted)


def _text(value: Entry, write: Callable[[Scalar], tuple[str | Scalar, ...]]) -> Composed:
    return Composed.of(*write(value.scalar)) if value.scalar is not None else Composed.of()
