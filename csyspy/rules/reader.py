"""Rule file → definitions: which keys an item has, of which type, and what its item asks for.

Facts: falco: userspace/engine/rule_loader_reader.cpp. The first error ends the file.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from csyspy.fields.catalogue import suggest
from csyspy.rules import engine_version
from csyspy.rules.composed import Composed
from csyspy.rules.definitions import Collection, Entry, ExceptionDefinition, ListDefinition, MacroDefinition, RuleDefinition, RuleUpdate
from csyspy.rules.document import Scalar, SourceText, YamlError, as_uint32, documents, is_null
from csyspy.rules.item import Item, kind_of
from csyspy.rules.model import SYSCALL, Priority, Problem
from csyspy.rules.problems import Context, LoadError

MACRO_NAME: Final = re.compile(r"[A-Za-z]+[A-Za-z0-9_]*")
LIST_NAME: Final = re.compile(r"[^()\"' \t\n\v\f\r=,]+")
APPENDABLE: Final = ("condition", "exceptions", "output", "desc", "tags")
"""Keys of a rule that `override` can append to, in the order they are looked at."""
REPLACEABLE: Final = (*APPENDABLE, "priority", "enabled", "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration")
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "required_engine_version": ("required_engine_version",),
    "required_plugin_versions": ("required_plugin_versions",),
    "list": ("list", "items", "append", "override"),
    "macro": ("macro", "condition", "append", "override"),
    "rule": ("rule", "source", "append", "override", *REPLACEABLE),
}
"""Item -> the keys that mean something in it."""
WARNS_OF_KEYS: Final = (0, 62, 0)
"""The first engine that warns of other keys: that of Falco 0.44."""
_FULL: Final = ("condition", "output", "desc", "priority")
_DEPRECATED_APPEND: Final = "`append: true` is deprecated"
_PRIORITIES: Final = "one of " + ", ".join(priority.label for priority in Priority)


def read(source: SourceText, collection: Collection) -> tuple[list[Problem], list[Problem]]:
    """Put what a file defines into `collection`: its errors (at most one) and its warnings."""
    reader = _Reader(source, collection)
    try:
        reader.read()
    except LoadError as error:
        return [error.problem], reader.warnings
    return [], reader.warnings


class _Reader:
    def __init__(self, source: SourceText, collection: Collection) -> None:
        self.source = source
        self.collection = collection
        self.context = Context.of_file(source)
        self.warnings: list[Problem] = []

    def read(self) -> None:
        """Read all documents. Raises LoadError."""
        try:
            roots = list(documents(self.source))
        except YamlError as error:
            raise self.context.at_offset(error.offset, "value for").error("LOAD_ERR_YAML_PARSE", error.message) from None
        for root in roots:
            if root is None or is_null(root):
                continue
            if not isinstance(root, SequenceNode):
                what = "a sequence of items, each beginning with `- `"
                raise self.context.error("LOAD_ERR_YAML_VALIDATE", f"a rule file is {what}, not a {kind_of(root)}")
            for node in root.value:
                if not is_null(node):
                    self._item(node)

    def _warn(self, context: Context, code: str, message: str, hint: str = "") -> None:
        self.warnings.append(context.problem(code, message, hint))

    def _item(self, node: Node) -> None:
        if not isinstance(node, MappingNode):
            context = self.context.at(node, "rules content item")
            message = f"an item is a mapping with a key such as rule, macro or list, not a {kind_of(node)}"
            raise context.error("LOAD_ERR_YAML_VALIDATE", message)
        item = Item(node, self.context)
        for key, read in self._kinds():
            if key in item:
                read(item)
                self._unknown_keys(item, KEYS[key])
                return
        hint = "items are rule, macro, list, required_engine_version and required_plugin_versions"
        self._warn(self.context.at(node, "rules content item"), "LOAD_UNKNOWN_ITEM", "unknown item, ignored", hint)

    def _unknown_keys(self, item: Item, known: tuple[str, ...]) -> None:
        """Warn about keys that mean nothing, where that is asked for or the rules are written for an engine that does."""
        if not self.collection.unknown_keys and self.collection.required_engine < WARNS_OF_KEYS:
            return
        for key, (node, _) in item.keys.items():
            if key not in known:
                near = suggest(key, list(known))
                context = item.context.at(node, "value for", key)
                self._warn(context, "LOAD_UNKNOWN_KEY", f"unknown key {key!r}, ignored", f"did you mean {near}?" if near else "")

    def _kinds(self) -> tuple[tuple[str, Callable[[Item], None]], ...]:
        return (
            ("required_engine_version", self._engine_version),
            ("required_plugin_versions", self._plugin_versions),
            ("list", self._list),
            ("macro", self._macro),
            ("rule", self._rule),
        )

    def _engine_version(self, item: Item) -> None:
        item.context = context = self.context.at(item.node, "required_engine_version")
        text = item.text("required_engine_version")
        number = as_uint32(text)
        version = (0, number, 0) if number is not None else engine_version.parse(text)
        if version is None:
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"{text!r} is no engine version", "write a number such as 46, or 0.46.0")
        if not engine_version.is_provided(version):
            ours = engine_version.show(engine_version.ENGINE_VERSION)
            newest = engine_version.show(engine_version.NEWER_ENGINES[1])
            message = f"the rules ask for engine version {engine_version.show(version)}; this is {ours}"
            raise context.error("LOAD_ERR_VALIDATE", message, f"the engines of released Falcos up to {newest} are known")
        self.collection.required_engine = max(self.collection.required_engine, version)

    def _plugin_versions(self, item: Item) -> None:
        node = item.value("required_plugin_versions")
        context = self.context.at(node, "required plugin versions")
        if not isinstance(node, SequenceNode):
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"required_plugin_versions must be a sequence, not a {kind_of(node)}")
        for entry in node.value:
            plugin, first = self._requirement(entry, context, "required plugin versions entry")
            alternatives = [first]
            if "alternatives" in plugin:
                others = plugin.value("alternatives")
                if not isinstance(others, SequenceNode):
                    plugin.fail(f"alternatives must be a sequence, not a {kind_of(others)}")
                alternatives += [
                    self._requirement(other, plugin.context, "required plugin versions alternative")[1] for other in others.value
                ]
            self._require(plugin.context, alternatives)

    def _requirement(self, node: Node, parent: Context, item_type: str) -> tuple[Item, tuple[str, str]]:
        context = parent.at(node, item_type)
        if not isinstance(node, MappingNode):
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"a plug-in is a mapping with name and version, not a {kind_of(node)}")
        item = Item(node, context)
        name = item.text("name")
        item.context = parent.at(node, item_type, name)
        return item, (name, item.text("version"))

    def _require(self, context: Context, alternatives: list[tuple[str, str]]) -> None:
        seen: set[str] = set()
        for name, version in alternatives:
            if engine_version.parse(version) is None:
                raise context.error("LOAD_ERR_VALIDATE", f"{version!r} is no version of the plug-in {name}", "write it as 0.1.0")
            if name in seen:
                raise context.error("LOAD_ERR_VALIDATE", f"the plug-in {name} stands there twice")
            seen.add(name)
        self.collection.require_plugin(tuple(alternatives))

    def _named(self, item: Item, kind: str) -> str:
        """The name of an item, whose context it gets."""
        item.context = self.context.at(item.node, kind)
        name = item.text(kind)
        item.context = self.context.at(item.node, kind, name)
        return name

    def _list(self, item: Item) -> None:
        name = self._named(item, "list")
        if LIST_NAME.fullmatch(name) is None:
            self._warn(item.context, "LOAD_INVALID_LIST_NAME", f"{name!r} is no name for a list", "no blanks, quotes, parentheses, = and ,")
        new = ListDefinition(item.context, name, items=item.texts("items"))
        if self._appends(item, "items"):
            self.collection.append_list(new)
        else:
            self.collection.define_list(new)

    def _macro(self, item: Item) -> None:
        name = self._named(item, "macro")
        if MACRO_NAME.fullmatch(name) is None:
            self._warn(item.context, "LOAD_INVALID_MACRO_NAME", f"{name!r} is no name for a macro", "a letter, then letters, digits and _")
        condition = Composed.of(item.scalar("condition"))
        context = item.context.at(item.value("condition"), "macro condition")
        new = MacroDefinition(item.context, name, condition=condition, condition_context=context)
        if self._appends(item, "condition"):
            self.collection.append_macro(new)
        else:
            self.collection.define_macro(new)

    def _append_flag(self, item: Item, key: str) -> bool:
        append = item.flag("append", False)
        if append:
            hint = f"write override: {{{key}: append}} in its place"
            self._warn(item.context, "LOAD_DEPRECATED_ITEM", _DEPRECATED_APPEND, hint)
        return append

    def _appends(self, item: Item, key: str) -> bool:
        """Whether a list or macro appends to an earlier one with its only key."""
        append = self._append_flag(item, key)
        overrides = self._overrides(item, (key,), (key,))
        self._not_both(item, append, overrides)
        return append or overrides.get(key) == "append"

    @staticmethod
    def _not_both(item: Item, append: bool, overrides: dict[str, str]) -> None:
        if append and overrides:
            item.fail("append and override cannot go together", "leave append away, and write `append` behind the key under override")

    def _overrides(self, item: Item, appendable: tuple[str, ...], replaceable: tuple[str, ...]) -> dict[str, str]:
        """Key -> `append` or `replace`. Raises LoadError for what cannot be."""
        if "override" not in item:
            return {}
        node = item.value("override")
        if isinstance(node, SequenceNode) and node.value:
            raise self.context.error("LOAD_ERR_VALIDATE", "override must be a mapping", "for example override: {condition: append}")
        found: dict[str, str] = {}
        context = item.context.at(item.node, "overrides")
        for key_node, value in node.value if isinstance(node, MappingNode) else ():
            if not isinstance(key_node, ScalarNode) or not isinstance(value, ScalarNode):
                raise self.context.error("LOAD_ERR_VALIDATE", "under override stand keys, each with append or replace")
            key, operation = key_node.value, value.value
            allowed = {"append": key in appendable, "replace": key in replaceable}
            if operation not in allowed:
                hint = f"write {' or '.join(word for word in allowed if allowed[word])}" if any(allowed.values()) else ""
                message = f"{operation!r} is nothing that can be done to {key}"
                raise context.at(value, "value for", key).error("LOAD_ERR_YAML_VALIDATE", message, hint)
            if not allowed[operation]:
                hint = "write replace" if allowed["replace"] else ""
                message = f"{key} cannot be {'appended to' if operation == 'append' else 'replaced'}"
                raise context.at(key_node, "overrides", key).error("LOAD_ERR_YAML_VALIDATE", message, hint)
            found[key] = operation
        return found

    def _rule(self, item: Item) -> None:
        name = self._named(item, "rule")
        source = item.keys["source"][1] if "source" in item else None
        plain = isinstance(source, ScalarNode) and not source.value
        given = item.text("source") if source is not None and not is_null(source) and not plain else ""
        append = self._append_flag(item, "condition")
        overrides = self._overrides(item, APPENDABLE, REPLACEABLE)
        self._not_both(item, append, overrides)
        if overrides:
            self._override(item, name, given, overrides)
        elif append:
            update = RuleUpdate(item.context, name, given)
            update.condition = item.scalar("condition") if "condition" in item else None
            update.exceptions = self._exceptions(item, appended=True) if "exceptions" in item else None
            self.collection.append_rule(update)
        elif not any(key in item for key in _FULL):
            enabled = item.flag("enabled")
            hint = "write override: {enabled: replace} beside it"
            self._warn(item.context, "LOAD_DEPRECATED_ITEM", "`enabled` as the only key is deprecated", hint)
            self.collection.enable_rule(item.context, name, enabled)
        else:
            self._full_rule(item, name)

    def _full_rule(self, item: Item, name: str) -> None:
        rule = RuleDefinition(item.context, name, source=SYSCALL)
        rule.condition = Composed.of(item.scalar("condition"))
        rule.condition_context = item.context.at(item.value("condition"), "rule condition")
        rule.output = Composed.of(item.scalar("output")).stripped()
        rule.output_context = item.context.at(item.value("output"), "rule output")
        rule.desc = item.text("desc")
        rule.priority = self._priority(item)
        if "source" in item:
            rule.source = item.text("source")
        rule.enabled = item.flag("enabled", True)
        rule.warn_evttypes = item.flag("warn_evttypes", True)
        rule.skip_if_unknown_filter = item.flag("skip-if-unknown-filter", False)
        rule.tags = {tag.value for tag in item.texts("tags")} if "tags" in item else set()
        rule.capture = item.flag("capture", False)
        rule.capture_duration_ms = item.number("capture_duration", 0)
        rule.exceptions = self._exceptions(item, appended=False)
        if not self.collection.admit_rule(rule):
            self._warn(item.context, "LOAD_UNKNOWN_SOURCE", f"unknown source {rule.source}, the rule is left out")
        self.collection.define_rule(rule)

    @staticmethod
    def _priority(item: Item) -> Priority:
        text = item.text("priority")
        priority = Priority.parse(text)
        if priority is None:
            context = item.context.at(item.value("priority"), "rule priority")
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"{text!r} is no priority", _PRIORITIES)
        return priority

    def _override(self, item: Item, name: str, source: str, overrides: dict[str, str]) -> None:
        for operation, keys in (("append", APPENDABLE), ("replace", REPLACEABLE)):
            if operation not in overrides.values():
                continue
            update = RuleUpdate(item.context, name)
            for key in keys:
                if overrides.get(key) != operation:
                    continue
                if key not in item:
                    item.fail(f"override asks to {operation} {key}, which is not given", f"add the key {key}")
                if key == "condition":
                    update.source = source
                self._update(item, update, key, operation == "append")
            if operation == "append":
                self.collection.append_rule(update)
            else:
                self.collection.replace_in_rule(update)
        for key in sorted(key for key in REPLACEABLE if key in item and key not in overrides):
            context = item.context.at(item.value(key), "overrides", key)
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"override does not say what to do with {key}", f"add {key}: replace to override")

    def _update(self, item: Item, update: RuleUpdate, key: str, appended: bool) -> None:
        """Take over the key of an item that overrides."""
        if key == "condition":
            update.condition = item.scalar(key)
        elif key == "exceptions":
            update.exceptions = self._exceptions(item, appended)
        elif key == "tags":
            update.tags = {tag.value for tag in item.texts(key)}
        elif key == "priority":
            update.priority = self._priority(item)
        elif key == "output":
            update.output = item.scalar(key)
        elif key == "desc":
            update.desc = item.text(key)
        elif key == "capture_duration":
            update.capture_duration_ms = item.number(key)
        else:
            setattr(update, key.replace("-", "_"), item.flag(key))

    def _exceptions(self, item: Item, appended: bool) -> list[ExceptionDefinition]:
        """The exceptions of a rule; `appended` ones need no fields."""
        node = item.keys["exceptions"][1] if "exceptions" in item else None
        if node is None or is_null(node):
            return []
        context = item.context.at(node, "exceptions")
        if not isinstance(node, SequenceNode):
            raise context.error("LOAD_ERR_YAML_VALIDATE", f"exceptions must be a sequence, not a {kind_of(node)}")
        found: list[ExceptionDefinition] = []
        for entry in node.value:
            if not isinstance(entry, MappingNode):
                message = f"an exception is a mapping with name, fields and values, not a {kind_of(entry)}"
                raise context.at(entry, "exception").error("LOAD_ERR_YAML_VALIDATE", message)
            exception = Item(entry, context.at(entry, "exception"))
            name = exception.text("name")
            exception.context = item.context.at(entry, "exception", name)
            for known in found:
                if known.name == name:
                    self._warn(exception.context, "LOAD_EXCEPTION_NAME_NOT_UNIQUE", f"two exceptions of the rule have the name {name!r}")
            found.append(self._exception(exception, name, appended))
        return found

    def _exception(self, item: Item, name: str, appended: bool) -> ExceptionDefinition:
        fields = self._entry(item.value("fields"), item.context, "fields") if not appended or "fields" in item else Entry()
        comps = self._entry(item.value("comps"), item.context, "comps") if "comps" in item else Entry()
        values: list[Entry] = []
        if "values" in item:
            node = item.value("values")
            context = item.context.at(node, "exception values")
            if not isinstance(node, SequenceNode):
                raise context.error("LOAD_ERR_YAML_VALIDATE", f"values must be a sequence, not a {kind_of(node)}")
            values = [self._entry(value, context.at(value, "exception value"), "") for value in node.value]
        elif appended:
            self._warn(item.context, "LOAD_APPEND_NO_VALUES", "the exception brings no values")
        return ExceptionDefinition(item.context, name, fields, comps, values)

    def _entry(self, node: Node, parent: Context, key: str, depth: int = 0) -> Entry:
        context = parent.at(node, "value for", key)
        if depth > _DEEPEST:
            raise context.error("LOAD_ERR_YAML_VALIDATE", "sequences are nested too deep here")
        if isinstance(node, SequenceNode):
            return Entry(items=list(self._entries(node, context, depth)), is_list=True)
        if isinstance(node, ScalarNode) and not is_null(node):
            if not node.value:
                raise context.error("LOAD_ERR_YAML_VALIDATE", "the value must not be empty", "quote it twice for an empty text: '\"\"'")
            return Entry(Scalar.of(node, self.source))
        return Entry()

    def _entries(self, node: SequenceNode, context: Context, depth: int) -> Iterator[Entry]:
        for item in node.value:
            yield self._entry(item, context.at(item, "exception"), "", depth + 1)


_DEEPEST: Final = 2
"""Levels of sequences in an exception that mean something: values in a list in a tuple."""
