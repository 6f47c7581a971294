"""Reading field expressions from a text, character by character.

The grammar is that of libs: userspace/libsinsp/filter/parser.cpp. Beyond it, the dotted arguments that sysdig 0.29.3 read are read
too: `k8s.pod.label.app-name`, `evt.type.is.2`.
"""

import re
from typing import Final

from csyspy.fields.errors import FieldError
from csyspy.fields.expr import Expr, FieldNode, ListNode, LiteralNode, TransformNode

BLANKS: Final = " \t\b\r\n"
TRANSFORMERS: Final = ("tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt")
MAX_DEPTH: Final = 100
FIELD_NAME: Final = re.compile(
    r"(?:k8s\.(?:pod|rc|rs|svc|ns|deployment)\.label\.[A-Za-z0-9/_.-]+"
    r"|evt\.type\.is\.[0-9]+"
    r"|[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+)"
)
_BARE_ARG: Final = re.compile(r"[^\]\[\"' \t\n\v\f\r]+")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?")
_TRANSFORMER: Final = re.compile(rf"({'|'.join(TRANSFORMERS)})\(")
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", " ": "\\"}
_TRANSFORMER_LIST: Final = ", ".join(TRANSFORMERS)


class Scanner:
    """A position in a text, and what can be read there. Errors are raised as `error_class`."""

    error_class: type[FieldError] = FieldError

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.depth = 0

    def error(self, message: str, at: int | None = None, end: int = 0, hint: str = "") -> FieldError:
        """The error to raise; `at` is the position it is about, the current one where it is None."""
        error = self.error_class(message, self.pos if at is None else at, end, hint)
        error.text = self.text
        return error

    def blank(self) -> bool:
        """Skip blanks; tell whether there were any."""
        start = self.pos
        while self.pos < len(self.text) and self.text[self.pos] in BLANKS:
            self.pos += 1
        return self.pos > start

    def take(self, token: str) -> bool:
        """Skip `token` where it comes next."""
        if self.text.startswith(token, self.pos):
            self.pos += len(token)
            return True
        return False

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Read what `pattern` matches here, None where it does not."""
        found = pattern.match(self.text, self.pos)
        if found is None:
            return None
        self.pos = found.end()
        return found.group()

    def enter(self) -> None:
        """Count one level of nesting; refuse too many."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"the expression is nested deeper than {MAX_DEPTH} levels")

    def number(self) -> str | None:
        """A number as it is written."""
        return self.match(_NUMBER)

    def quoted(self) -> str | None:
        """A quoted string, unescaped; None where there is none or where it is not closed."""
        if self.pos >= len(self.text) or self.text[self.pos] not in "\"'":
            return None
        start, quote = self.pos, self.text[self.pos]
        at = start + 1
        # A quote closes unless the character before it is a backslash, whatever stands before that (libs: lex_quoted_str).
        while (at := self.text.find(quote, at)) >= 0:
            if self.text[at - 1] != "\\":
                break
            at += 1
        if at < 0:
            return None
        self.pos = at + 1
        return self._unescape(start + 1, at, quote)

    def _unescape(self, start: int, stop: int, quote: str) -> str:
        raw = self.text[start:stop]
        if "\\" not in raw:
            return raw
        out: list[str] = []
        at = start
        while at < stop:
            char = self.text[at]
            at += 1
            if char != "\\":
                out.append(char)
                continue
            char = self.text[at]
            at += 1
            if char in _ESCAPES:
                out.append(_ESCAPES[char])
            elif char == quote:
                out.append(char)
            elif char in "\"'":
                raise self.error(f"invalid escape \\{char} in a {quote}-quoted string", at - 2, at, f"write {char} without the backslash")
            elif char == "x" and re.fullmatch(r"[0-9a-fA-F]{2}", digits := self.text[at : min(at + 2, stop)]):
                if digits == "00":
                    raise self.error("a value cannot contain a NUL byte", at - 2, at + 2)
                out.append(bytes.fromhex(digits).decode("utf-8", "surrogateescape"))
                at += 2
            else:
                hint = "write it without quotes, or double the backslash"
                raise self.error(f"unsupported escape \\{char} in a quoted string", at - 2, at, hint)
        return "".join(out)

    def argument(self) -> str | None:
        """`[arg]`, unescaped; None where there is no bracket."""
        if not self.take("["):
            return None
        arg = self.quoted()
        if arg is None:
            arg = self.match(_BARE_ARG)
        if arg is None:
            raise self.error("expected a field argument: a bare word or a quoted string")
        if not self.take("]"):
            raise self.error("expected a ']' behind the field argument", hint="quote an argument with blanks, quotes or brackets in it")
        return arg

    def field(self) -> FieldNode | None:
        """`name` or `name[arg]`; None where no field name comes next."""
        start = self.pos
        name = self.match(FIELD_NAME)
        if name is None:
            return None
        arg = self.argument()
        return FieldNode(name, arg, start, self.pos)

    def transformer(self) -> TransformNode | None:
        """`name(args)[arg]`; None where no transformer comes next."""
        start = self.pos
        head = self.match(_TRANSFORMER)
        if head is None:
            return None
        self.enter()
        args = [self._transformer_arg()]
        self.blank()
        while self.take(","):
            args.append(self._transformer_arg())
            self.blank()
        if not self.take(")"):
            raise self.error(f"expected a ')' that closes {head[:-1]}(")
        self.depth -= 1
        arg = self.argument()
        return TransformNode(head[:-1], tuple(args), arg, start, self.pos)

    def field_or_transformer(self) -> FieldNode | TransformNode | None:
        """Either of the two; None where neither comes next."""
        return self.field() or self.transformer()

    def _literal(self) -> LiteralNode | None:
        start = self.pos
        text = self.number()
        if text is None:
            text = self.quoted()
        return None if text is None else LiteralNode(text, start, self.pos)

    def _transformer_arg(self) -> Expr:
        self.blank()
        start = self.pos
        node: Expr | None = self._literal()
        if node is None and self.take("("):
            node = self._list(start)
        if node is None:
            node = self.transformer() or self.field()
        if node is None:
            hint = "val() may not stand inside a transformer" if self.text.startswith("val(", self.pos) else ""
            raise self.error(f"expected a field, a transformer ({_TRANSFORMER_LIST}), a quoted string, a number or a list", hint=hint)
        return node

    def _list(self, start: int) -> ListNode:
        items: list[Expr] = []
        self.blank()
        if self.take(")"):
            return ListNode((), start, self.pos)
        while True:
            self.blank()
            item = self.field_or_transformer() or self._literal()
            if item is None:
                raise self.error("expected a field, a transformer, a quoted string or a number")
            items.append(item)
            self.blank()
            if not self.take(","):
                break
        if not self.take(")"):
            raise self.error("expected a ')' that closes the list")
        return ListNode(tuple(items), start, self.pos)
