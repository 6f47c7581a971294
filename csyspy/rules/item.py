"""An item of a rule file: its keys, and their values with the types that are asked for."""

from typing import NoReturn

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from csyspy.fields.catalogue import suggest
from csyspy.rules.document import Scalar, as_bool, as_uint32, is_null
from csyspy.rules.problems import Context, LoadError


class Item:
    """A mapping of the file with the context to complain in."""

    def __init__(self, node: MappingNode, context: Context) -> None:
        """`keys` holds each key's node and that of its value; of a key that is written twice the first."""
        self.node = node
        self.context = context
        self.keys: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                self.keys.setdefault(key.value, (key, value))

    def __contains__(self, key: str) -> bool:
        return key in self.keys

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Raise LoadError about the item."""
        raise self.context.error("LOAD_ERR_YAML_VALIDATE", message, hint)

    def value(self, key: str) -> Node:
        """What stands behind a key. Raises LoadError where the key is missing."""
        if key not in self.keys:
            near = suggest(key, list(self.keys))
            self.fail(f"the key {key!r} is missing", f"did you mean {key} where {near} stands?" if near else "")
        return self.keys[key][1]

    def scalar(self, key: str) -> Scalar:
        """The text behind a key. Raises LoadError where there is none."""
        node = self.value(key)
        if is_null(node):
            self.fail(f"the key {key!r} has no value")
        context = self.context.at(node, "value for", key)
        if not isinstance(node, ScalarNode):
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"{key} must be one value, not a {kind_of(node)}")
        if not node.value:
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"{key} must not be empty")
        return Scalar.of(node, self.context.source)

    def text(self, key: str) -> str:
        """The text behind a key."""
        return self.scalar(key).value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """The bool behind a key; `default` where the key may be missing and is."""
        if default is not None and key not in self.keys:
            return default
        value = as_bool(self.text(key))
        if value is None:
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """The number behind a key, from 0 up; `default` where the key may be missing and is."""
        if default is not None and key not in self.keys:
            return default
        value = as_uint32(self.text(key))
        if value is None:
            raise self._wrong(key, "a whole number")
        return value

    def _wrong(self, key: str, expected: str) -> LoadError:
        node = self.value(key)
        shown = node.value if isinstance(node, ScalarNode) else ""
        return self.context.at(node, "value for", key).error("LOAD_ERR_YAML_VALIDATE", f"{key} must be {expected}, not {shown!r}")

    def texts(self, key: str) -> list[Scalar]:
        """The sequence of texts behind a key."""
        node = self.value(key)
        context = self.context.at(node, "value for", key)
        if not isinstance(node, SequenceNode):
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"{key} must be a sequence, not a {kind_of(node)}")
        return [Scalar.of(self._list_item(item, context), self.context.source) for item in node.value]

    @staticmethod
    def _list_item(node: Node, context: Context) -> ScalarNode:
        if not isinstance(node, ScalarNode) or is_null(node):
            raise context.at(node, "list item").error("LOAD_ERR_YAML_VALIDATE", f"an item must be one value, not a {kind_of(node)}")
        return node


def kind_of(node: Node) -> str:
    """What a node is, for messages."""
    if isinstance(node, SequenceNode):
        return "sequence"
    if isinstance(node, MappingNode):
        return "mapping"
    return "null" if is_null(node) else "text"
