"""Settings files as plain values: mappings, sequences and texts that know their line."""

import os
import re
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from csyspy.errors import UsageError
from csyspy.rules.document import SourceText, YamlError, documents, is_null

Tree = dict[str, Any]
"""Keys to texts, sequences and further trees."""
_DEEPEST = 20
_VARIABLE = re.compile(r"\$(\$?)\{([^}]*)\}")


class Placed(str):
    """A text that knows where it stands: `file:line: `."""

    __slots__ = ("place",)
    place: str


def where(value: object) -> str:
    """The place of a text for the begin of a message; empty where it has none."""
    return value.place if isinstance(value, Placed) else ""


def read_text(path: str) -> Tree:
    """A settings file. Raises UsageError where it cannot be read or is no mapping."""
    try:
        with open(path, encoding="utf-8") as file:
            source = SourceText(path, file.read())
        roots = [root for root in documents(source) if root is not None and not is_null(root)]
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8, at byte {error.start}") from None
    except YamlError as error:
        line, column = source.position(error.offset)
        raise UsageError(f"{path}:{line + 1}:{column + 1}: {error.message}", "the file is not YAML") from None
    if not roots:
        return {}
    tree = _plain(roots[0], source)
    if not isinstance(tree, dict):
        raise UsageError(f"{path} is no settings file: it must be a mapping")
    return tree


def _plain(node: Node, source: SourceText, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise UsageError(f"{source.name}:{node.start_mark.line + 1}: nested too deep")
    if isinstance(node, MappingNode):
        found: Tree = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                found.setdefault(key.value, _plain(value, source, depth + 1))
        return found
    if isinstance(node, SequenceNode):
        return [_plain(item, source, depth + 1) for item in node.value]
    if is_null(node):
        return None
    text = Placed(_VARIABLE.sub(_variable, node.value))
    text.place = f"{source.name}:{node.start_mark.line + 1}: "
    return text


def _variable(found: re.Match[str]) -> str:
    """The value of ${NAME} in the environment; $${NAME} stays ${NAME}."""
    return found[0][1:] if found[1] else os.environ.get(found[2], "")


def merge(tree: Tree, other: Tree, strategy: str) -> Tree:
    """`tree` with what an included file says: `append` joins sequences, `override` replaces, `add-only` keeps what is there."""
    merged = dict(tree)
    for key, value in other.items():
        known = tree.get(key)
        if key == "config_files":
            raise UsageError("an included settings file cannot include others", "config_files stands in the main one only")
        if known is None or strategy == "override":
            merged[key] = value
        elif strategy == "append":
            merged[key] = [*known, *value] if isinstance(known, list) and isinstance(value, list) else value
    return merged


def put(tree: Tree, option: str) -> None:
    """Set `key.subkey=value` or `key[N]=value` or `key[]=value` in a tree; a backslash takes a `.`, `[`, `]` or backslash into a key.

    Raises UsageError where it is neither."""
    key, equals, text = option.partition("=")
    parts = [re.sub(r"\\(.)", r"\1", part) for part in re.findall(r"(?:[^.\[\]\\]|\\.)+|\[[0-9]*\]", key)]
    if not equals or not parts or parts[0].startswith("["):
        raise UsageError(f"-o {option!r} is not of the form key=value", "for example -o rule_matching=all")
    value: Any = Placed(text)
    value.place = f"-o {key}: "
    if text[:1] in ("{", "["):
        value = _value(key, text)
    at: Any = tree
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        new = value if following is None else ([] if following.startswith("[") else {})
        at = _step(at, part, new, following is None, option)


def _step(at: Any, part: str, new: Any, last: bool, option: str) -> Any:
    """Go to a part of a tree, or put `new` there where it is the last one or does not fit."""
    if part.startswith("["):
        if not isinstance(at, list):
            raise UsageError(f"-o {option}: {part} does not stand behind a sequence")
        index = int(part[1:-1]) if part != "[]" else len(at)
        if index > len(at):
            raise UsageError(f"-o {option}: there are only {len(at)} entries")
        if index == len(at):
            at.append(new)
        elif last or not isinstance(at[index], type(new)):
            at[index] = new
        return at[index]
    if not isinstance(at, dict):
        raise UsageError(f"-o {option}: {part} does not stand in a mapping")
    if last or not isinstance(at.get(part), type(new)):
        at[part] = new
    return at[part]


def _value(key: str, text: str) -> Any:
    source = SourceText(f"-o {key}", text)
    try:
        root = next(iter(documents(source)), None)
    except YamlError as error:
        raise UsageError(f"-o {key}: {error.message}: {text}") from None
    return _plain(root, source) if root is not None else None
