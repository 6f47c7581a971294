"""Filter text → tree.

The grammar is that of libs: userspace/libsinsp/filter/parser.cpp, in its newest form. Where sysdig 0.29.3 read something that it
refuses, the error says how to write it today.
"""

import re
from typing import Final

from csyspy.fields.errors import FieldError
from csyspy.fields.expr import FieldNode, TransformNode
from csyspy.fields.scanner import MAX_DEPTH, TRANSFORMERS, Scanner
from csyspy.filters.ast import And, Check, Identifier, Node, Not, Or, Value, ValueList
from csyspy.filters.errors import FilterError
from csyspy.filters.operators import ALL, LIST_OPS, MODIFIERS, NUMBER_OPS, SYMBOL_OPS, WORD_OPS

_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BARE: Final = re.compile(r"[^()\"' \t\n\v\f\r=,]+")
_OLD_TAIL: Final = re.compile(r"[=,\"'][^() \t\n\v\f\r]*")
_OLD_WORD_OPS: Final = ("contains", "icontains", "startswith", "endswith", "glob")
_NOT: Final = re.compile(r"not[ \t\n\v\f\r]+")
_WORD_OP: Final = re.compile(rf"({'|'.join(sorted(WORD_OPS, key=len, reverse=True))})[ \t\b\r\n]")
_MODIFIER: Final = re.compile(rf"({'|'.join(MODIFIERS)})[ \t\b\r\n]+(?=\(|(?!(?:and|or|not)(?![A-Za-z0-9]))[A-Za-z])")
_OPERATORS: Final = ", ".join(ALL)
_FUNCTIONS: Final = ", ".join(("val", *TRANSFORMERS))


def parse(text: str) -> Node:
    """The tree of a filter. Raises FilterError with the position of what is wrong and what was expected there."""
    return Parser(text).parse()


class Parser(Scanner):
    """Reads one filter, from left to right. Raises FilterError."""

    error_class = FilterError

    def parse(self) -> Node:
        """Read the whole text."""
        if "\0" in self.text:
            raise self.error("a filter cannot contain a NUL character", self.text.index("\0"))
        if not self.text:
            raise self.error("the filter is empty")
        node = self._or()
        if self.pos < len(self.text):
            raise self._trailing()
        return node

    def _or(self) -> Node:
        children = [self._and()]
        while self.take("or"):
            children.append(self._operand("or"))
            self.blank()
        return children[0] if len(children) == 1 else Or(tuple(children))

    def _and(self) -> Node:
        children = [self._not()]
        self.blank()
        while self.take("and"):
            children.append(self._operand("and"))
            self.blank()
        return children[0] if len(children) == 1 else And(tuple(children))

    def _operand(self, word: str) -> Node:
        """What follows `and` or `or`: a blank and an expression of the next level, or an expression in parentheses."""
        if self.blank():
            return self._not() if word == "and" else self._and()
        if self.take("("):
            return self._closed()
        raise self.error(f"expected a blank or '(' behind '{word}'", self.pos)

    def _not(self) -> Node:
        self.blank()
        inverted = False
        while self.match(_NOT) is not None:
            inverted = not inverted
        if self.take("not("):
            inverted = not inverted
            node = self._closed()
        else:
            node = self._check()
        return Not(node) if inverted else node

    def _closed(self) -> Node:
        """The rest of a parenthesised expression; the opening one has been read."""
        opening = self.pos - 1
        self.enter()
        node = self._or()
        self.blank()
        if not self.take(")"):
            if self.pos >= len(self.text):
                raise self.error("this '(' is never closed: expected a ')', 'and' or 'or' at the end", opening)
            raise self._trailing("expected a ')', 'and' or 'or'")
        self.depth -= 1
        return node

    def _check(self) -> Node:
        self.blank()
        if self.take("("):
            return self._closed()
        start = self.pos
        left = self.field_or_transformer()
        if left is not None:
            return self._condition(left)
        word = self.match(_IDENTIFIER)
        if word is not None:
            return Identifier(word, start, self.pos)
        hint = "fields have dots in their names, for example proc.name; see csyspy -l" if self.pos < len(self.text) else ""
        raise self.error("expected a field, a transformer, a macro or a '('", hint=hint)

    def _condition(self, left: FieldNode | TransformNode) -> Check:
        self.blank()
        at = self.pos
        if self.take("exists"):
            return Check(left, "exists", op_pos=at)
        for op in NUMBER_OPS:
            if self.take(op):
                right, val = self._number_side(op)
                return Check(left, op, right, "", val, at)
        op = next((symbol for symbol in SYMBOL_OPS if self.take(symbol)), "")
        modifiable = bool(op) and self.blank()
        if not op:
            found = _WORD_OP.match(self.text, self.pos)
            if found is not None:
                op, modifiable = found[1], True
                self.pos = found.end()
                self.blank()
        if op:
            if modifiable and (modifier := self.match(_MODIFIER)) is not None:
                return Check(left, op, self._list_side(fields=False)[0], modifier.strip(" \t\b\r\n"), False, at)
            right, val = self._string_side(op)
            return Check(left, op, right, "", val, at)
        op = next((word for word in LIST_OPS if self.take(word)), "")
        if not op:
            raise self._no_operator(left)
        side, val = self._list_side(fields=True)
        return Check(left, op, side, "", val, at)

    def _no_operator(self, left: FieldNode | TransformNode) -> FieldError:
        """Say what may follow a field."""
        stop = self.pos
        while stop < len(self.text) and self.text[stop] not in " \t\r\n()":
            stop += 1
        word = self.text[self.pos : stop]
        hint = ""
        glued = next((op for op in sorted(WORD_OPS, key=len, reverse=True) if word.startswith(op)), "")
        if glued:
            hint = f"write a blank and a value behind {glued}: {glued} {word[len(glued) :] or 'value'}"
        elif word.startswith("[") and isinstance(left, FieldNode):
            hint = "write the [argument] directly behind the field"
        elif word:
            from csyspy.fields.catalogue import suggest

            near = suggest(word, list(ALL))
            hint = f"did you mean {near}?" if near else ""
        return self.error(f"expected an operator behind {self.text[left.pos : left.end]}: {_OPERATORS}", self.pos, stop, hint)

    def _other_field(self) -> tuple[FieldNode | TransformNode | None, bool]:
        """val(field), or a transformer; and whether it was val()."""
        self.blank()
        if not self.take("val("):
            return self.transformer(), False
        self.blank()
        node = self.field()
        if node is None:
            raise self.error("expected a field within val()")
        self.blank()
        if not self.take(")"):
            raise self.error("expected a ')' that closes val(")
        if self.text.startswith("[", self.pos):
            raise self.error("val() takes no [argument] behind it", hint="write the [argument] directly behind the field")
        return node, True

    def _number_side(self, op: str) -> tuple[Value | FieldNode | TransformNode, bool]:
        other, val = self._other_field()
        if other is not None:
            return other, val
        start = self.pos
        number = self.number()
        if number is not None:
            return Value(number, start, self.pos), False
        hint = f"{op} compares with a number without quotes" if start < len(self.text) else ""
        raise self.error(f"expected a number or a field ({_FUNCTIONS})", hint=hint)

    def _string_side(self, op: str) -> tuple[Value | FieldNode | TransformNode, bool]:
        other, val = self._other_field()
        if other is not None:
            return other, val
        value = self._value()
        if value is not None:
            return self._old_value(value) if op in _OLD_WORD_OPS else value, False
        hint = ""
        if self.text.startswith("(", self.pos):
            hint = "for several values use: in (…), pmatch (…), or a modifier such as contains anyof (…)"
        elif self.text.startswith(("'", '"'), self.pos):
            hint = "the quote is never closed"
        elif self.pos >= len(self.text) or self.text[self.pos] == ")":
            hint = 'write "" for an empty value'
        raise self.error(f"expected a value or a field ({_FUNCTIONS}) behind {op}", hint=hint)

    def _value(self) -> Value | None:
        start = self.pos
        text = self.quoted()
        if text is None:
            text = self.match(_BARE)
        return None if text is None else Value(text, start, self.pos)

    def _old_value(self, value: Value) -> Value:
        """A bare value behind a word may go on with =, commas and quotes, as sysdig 0.29.3 read it: `contains HOME=/root`."""
        if self.text[value.pos] in "\"'" or self.match(_OLD_TAIL) is None:
            return value
        return Value(self.text[value.pos : self.pos], value.pos, self.pos)

    def _list_side(self, fields: bool) -> tuple[Value | ValueList | FieldNode | TransformNode, bool]:
        """A list in parentheses, the name of one, or (where `fields` allows it) another field."""
        self.blank()
        start = self.pos
        if self.take("("):
            return self._values(start), False
        if fields:
            other, val = self._other_field()
            if other is not None:
                return other, val
        word = self.match(_IDENTIFIER)
        if word is not None:
            return Value(word, start, self.pos), False
        other_side = f" or a field ({_FUNCTIONS})" if fields else ""
        raise self.error(f"expected a list in parentheses{other_side}", hint="for example: in (a, b)")

    def _values(self, start: int) -> ValueList:
        self.blank()
        first = self._value()
        values = [] if first is None else [first]
        self.blank()
        while values and self.take(","):
            self.blank()
            value = self._value()
            if value is None:
                raise self.error("expected a value behind the comma", hint='write "" for an empty value')
            values.append(value)
            self.blank()
        if not self.take(")"):
            raise self.error("expected a ',' or a ')' in the list", hint='quote a value with quotes, blanks, parentheses or = in it: "a=b"')
        return ValueList(tuple(values), start, self.pos)

    def _trailing(self, expected: str = "expected 'and' or 'or'") -> FieldError:
        """Something stands where the expression could end."""
        stop = self.pos + 1
        while stop < len(self.text) and self.text[stop] not in " \t\r\n()":
            stop += 1
        before = self.text[self.pos - 1 : self.pos]
        hint = ""
        if self.text[self.pos] in "=,\"'" and before not in ("", " ", "(", ")"):
            hint = 'quote a value with blanks, commas, quotes, parentheses or = in it: "a=b"'
        elif self.text[self.pos] == "(" and self.text[: self.pos].rstrip()[-1:].isalnum():
            hint = f"the transformers are {_FUNCTIONS}; no blank stands before their ("
        return self.error(f"unexpected {self.text[self.pos : stop]!r}, {expected}", self.pos, stop, hint)


__all__ = ["MAX_DEPTH", "Parser", "parse"]
