"""Definitions → rules: lists, exceptions and macros resolved, and everything checked.

Facts: falco: userspace/engine/rule_loader_compiler.cpp. Falco compiles all that is known anew with each file; what has not changed
since the file before is kept here.
"""

import re
from collections.abc import Iterable
from typing import Final

from csyspy.filters import parse
from csyspy.filters.ast import Identifier, Node
from csyspy.filters.errors import FilterError
from csyspy.filters.event_sets import event_ids
from csyspy.rules.check import DEPRECATED, ConditionChecker, Findings, Remark, check_output
from csyspy.rules.composed import Composed
from csyspy.rules.definitions import Collection, Entry, ExceptionDefinition, MacroDefinition, RuleDefinition
from csyspy.rules.directions import FIRST_WITHOUT_ENTER
from csyspy.rules.expand import Expander, TooLong, with_exceptions
from csyspy.rules.model import (
    SUGGESTED_FIELDS,
    SYSCALL,
    AppendOutput,
    ExtraField,
    ItemList,
    LoadOptions,
    Macro,
    Problem,
    Rule,
    RuleException,
)
from csyspy.rules.problems import Context, LoadError
from csyspy.rules.trees import MacroError, MacroResolver, Measures, Origins

CONTAINER_INFO: Final = "%container.info"
DEFAULT_CONTAINER_INFO: Final = "container_id=%container.id container_name=%container.name"
MOST_EVENT_TYPES: Final = 100
"""More event types than this are too many for a rule."""


class Compiler:
    """Compiles collections, one after the other; each holds what the one before did, and more."""

    def __init__(self, options: LoadOptions) -> None:
        self._options = options
        self._parsed: dict[str, tuple[Composed, Node]] = {}
        self._resolved: dict[str, tuple[Node, tuple[int, ...], Node]] = {}
        self._origins = Origins()
        self._measures = Measures()
        self._checker = ConditionChecker(self._origins)
        self.warnings: list[Problem] = []
        self.rules: list[Rule] = []
        self.macros: list[Macro] = []
        self.lists: list[ItemList] = []

    def compile(self, collection: Collection) -> None:
        """Fill `rules`, `macros`, `lists` and `warnings`. Raises LoadError at the first error."""
        self.warnings, self.rules, self.macros, self.lists = [], [], [], []
        expander = Expander(collection.lists)
        resolver, macros = self._compile_macros(collection.macros, expander)
        modern = self._options.unknown_keys or collection.required_engine >= FIRST_WITHOUT_ENTER
        for rule in collection.rules.values():
            if rule.known_source:
                self._compile_rule(rule, expander, resolver, modern)
        for definition in collection.macros.values():
            tree, names, lists = macros[definition.name]
            used = definition.name in resolver.used
            self.macros.append(Macro(definition.name, definition.condition.text, tree, names, lists, used, definition.context.location))
            if not used:
                self._warn(definition.context, "LOAD_UNUSED_MACRO", "no rule and no other macro uses the macro")
        for each in collection.lists.values():
            used = each.name in expander.used
            items = tuple(item.value for item in expander.items[each.name])
            nested = expander.nested[each.name]
            written = tuple(item.value for item in each.items if item.value not in nested)
            self.lists.append(ItemList(each.name, items, written, nested, used, each.context.location))
            if not used:
                self._warn(each.context, "LOAD_UNUSED_LIST", "no rule, macro or other list uses the list")

    def _warn(self, context: Context, code: str, message: str, hint: str = "") -> None:
        self.warnings.append(context.problem(code, message, hint))

    def _parse(self, condition: Composed, expander: Expander, context: Context) -> tuple[Composed, Node, tuple[str, ...]]:
        """The condition with lists resolved, its tree, and the lists in it."""
        try:
            expanded, lists = expander.expand(condition)
        except TooLong as error:
            raise context.error("LOAD_ERR_COMPILE_CONDITION", str(error)) from None
        known = self._parsed.get(expanded.text)
        # a tree from another place would point there
        if known is None or known[0].parts[0].scalar is not expanded.parts[0].scalar:
            try:
                known = expanded, parse(expanded.text)
            except FilterError as error:
                raise context.within(expanded, error.position).error("LOAD_ERR_COMPILE_CONDITION", error.message, error.hint) from None
            self._parsed[expanded.text] = known
        return known[0], known[1], lists

    def _compile_macros(
        self, definitions: dict[str, MacroDefinition], expander: Expander
    ) -> tuple[MacroResolver, dict[str, tuple[Node, tuple[str, ...], tuple[str, ...]]]]:
        texts: dict[str, Composed] = {}
        trees: dict[str, Node] = {}
        lists: dict[str, tuple[str, ...]] = {}
        for macro in definitions.values():
            context = macro.condition_context or macro.context
            texts[macro.name], trees[macro.name], lists[macro.name] = self._parse(macro.condition, expander, context)
        resolver = MacroResolver(trees)
        found: dict[str, tuple[Node, tuple[str, ...], tuple[str, ...]]] = {}
        for macro in definitions.values():
            raw = trees[macro.name]
            names = macros_in(raw)
            parts = tuple(id(trees[name]) for name in names if name in resolver.resolved)
            known = self._resolved.get(macro.name)
            if known is not None and known[0] is raw and len(parts) == len(names) and known[1] == parts:
                resolver.used.update(names)
                tree = known[2]
            else:
                tree = self._resolve(raw, resolver, texts[macro.name], macro.context, definitions, macro.visibility)
                self._bound(self._measures.keep(tree), macro.condition_context or macro.context)
                self._resolved[macro.name] = raw, parts, tree
            trees[macro.name] = tree
            resolver.resolved.add(macro.name)
            self._origins.note(tree, texts[macro.name])
            found[macro.name] = tree, names, lists[macro.name]
        return resolver, found

    @staticmethod
    def _bound(complaint: str, context: Context) -> None:
        """Raise LoadError where a condition has outgrown all measure."""
        if complaint:
            raise context.error("LOAD_ERR_COMPILE_CONDITION", complaint)

    @staticmethod
    def _resolve(
        tree: Node,
        resolver: MacroResolver,
        text: Composed,
        context: Context,
        macros: dict[str, MacroDefinition],
        visibility: int | None = None,
    ) -> Node:
        """The tree with macros put in: those first defined before `visibility`, or all."""
        try:
            return resolver.resolve(tree, lambda name: visibility is None or macros[name].index < visibility)
        except MacroError as error:
            raise context.within(text, error.node.pos).error("LOAD_ERR_VALIDATE", error.message, error.hint) from None

    def _compile_rule(self, rule: RuleDefinition, expander: Expander, resolver: MacroResolver, modern: bool) -> None:
        """Add a rule, unless it is to be skipped. `modern`: it is to be warned of what newer engines have done away with."""
        context = rule.condition_context or rule.context
        written = with_exceptions(rule)
        output, fields = self._output(rule)
        if not self._check_output(rule, output, fields):
            return
        text, raw, lists = self._parse(written, expander, context)
        tree = self._resolve(raw, resolver, text, rule.context, {})
        self._bound(self._measures.complaint(tree), context)
        findings = self._checker.check(tree, text, rule.source)
        if findings.compares_na:
            message = "a field is compared with <NA>, which does not mean that it has no value"
            self._warn(rule.context, "LOAD_UNSAFE_NA_CHECK", message, "exists asks whether a field has a value")
        if modern:
            self._check_deprecated(rule, output.text, findings.deprecated)
        if findings.error is not None:
            if findings.error.unknown and rule.skip_if_unknown_filter:
                self._warn_about(findings.error, context, "LOAD_UNKNOWN_FILTER")
                return
            raise self._error(findings, context)
        for remark in findings.warnings:
            self._warn_about(remark, context, "LOAD_COMPILE_CONDITION")
        self._check_event_types(rule, tree)
        self.rules.append(
            Rule(
                rule.name,
                rule.condition.text,
                tree,
                rule.output.text,
                output.text,
                rule.desc,
                rule.priority,
                rule.source,
                tuple(sorted(rule.tags)),
                rule.enabled,
                tuple(map(_exception, rule.exceptions)),
                rule.warn_evttypes,
                rule.skip_if_unknown_filter,
                rule.capture,
                rule.capture_duration_ms,
                fields,
                macros_in(raw),
                lists,
                rule.context.location,
            )
        )

    def _warn_about(self, remark: Remark, context: Context, code: str) -> None:
        self.warnings.append(context.within(remark.text, remark.position).problem(code, remark.message, remark.hint))

    @staticmethod
    def _error(findings: Findings, context: Context) -> LoadError:
        error = findings.error
        assert error is not None
        return context.within(error.text, error.position).error("LOAD_ERR_COMPILE_CONDITION", error.message, error.hint)

    def _check_deprecated(self, rule: RuleDefinition, output: str, in_condition: set[str]) -> None:
        """Warn of each field once in the condition and once in the output, in the order of DEPRECATED."""
        for context, found in (
            (rule.output_context, [name for name in DEPRECATED if re.search(rf"%{re.escape(name)}(?![.\w])", output)]),
            (rule.condition_context, [name for name in DEPRECATED if name in in_condition]),
        ):
            for name in found:
                self._warn(context or rule.context, "LOAD_DEPRECATED_ITEM", f"{name} is deprecated: {DEPRECATED[name]}")

    def _check_event_types(self, rule: RuleDefinition, tree: Node) -> None:
        if rule.source != SYSCALL or not rule.warn_evttypes:
            return
        count = event_ids(tree).bit_count()
        if not 0 < count <= MOST_EVENT_TYPES:
            message = "the condition does not narrow the event types, so it is evaluated on every event"
            if not count:
                message = "the condition can be true for no event type"
            self._warn(rule.context, "LOAD_NO_EVTTYPE", message, "add evt.type = … or evt.type in (…) to it, or warn_evttypes: false")

    def _output(self, rule: RuleDefinition) -> tuple[Composed, tuple[ExtraField, ...]]:
        """The output with what the settings append to it, and the fields that they add."""
        output = rule.output
        fields: dict[str, ExtraField] = {}
        for extra in self._options.append_output:
            if not _selects(extra, rule):
                continue
            if extra.extra_output:
                if extra.replaces_container_info and CONTAINER_INFO in output.text:
                    output = output.replaced(CONTAINER_INFO, extra.extra_output)
                else:
                    output = Composed.of(output, " ", extra.extra_output)
            fields.update((field.key, field) for field in extra.extra_fields)
        output = output.replaced(CONTAINER_INFO, DEFAULT_CONTAINER_INFO)
        if self._options.suggested_output and rule.source == SYSCALL:
            named = output.text
            missing = [name for name in SUGGESTED_FIELDS if not re.search(rf"%{re.escape(name)}(?![.\w])", named)]
            output = Composed.of(output, *(f" {name.replace('.', '_')}=%{name}" for name in missing))
        return output, tuple(fields.values())

    def _check_output(self, rule: RuleDefinition, output: Composed, fields: Iterable[ExtraField]) -> bool:
        """Whether the rule can be used. Raises LoadError where it should be and cannot."""
        context = rule.output_context or rule.context
        error = check_output(output, rule.source)
        if error is not None:
            place = context.moved(output, error.position)
            message = error.message if output.is_of_file(error.position) else f"what append_output adds: {error.message}"
            if not error.unknown or not rule.skip_if_unknown_filter:
                raise place.error("LOAD_ERR_COMPILE_OUTPUT", message, error.hint)
            self.warnings.append(place.problem("LOAD_UNKNOWN_FILTER", message, error.hint))
            return False
        for field in fields:
            wrong = check_output(Composed.of(field.format), rule.source)
            if wrong is not None:
                raise context.error("LOAD_ERR_COMPILE_OUTPUT", f"the field {field.key} of append_output: {wrong.message}", wrong.hint)
        return True


def _selects(extra: AppendOutput, rule: RuleDefinition) -> bool:
    return extra.source in ("", rule.source) and extra.rule in ("", rule.name) and rule.tags.issuperset(extra.tags)


def macros_in(node: Node) -> tuple[str, ...]:
    """Names of the macros in a tree, each once, in order."""
    found: dict[str, None] = {}
    todo = [node]
    while todo:
        each = todo.pop()
        if isinstance(each, Identifier):
            found[each.name] = None
        todo += reversed(getattr(each, "children", ()))
        if (child := getattr(each, "child", None)) is not None:
            todo.append(child)
    return tuple(found)


def _exception(definition: ExceptionDefinition) -> RuleException:
    single = not definition.fields.is_list
    fields = (definition.fields.text,) if single else tuple(item.text for item in definition.fields.items)
    comps = definition.operators or [item.text for item in definition.comps.items] or [definition.comps.text]
    values = tuple((_plain(value),) if single else tuple(map(_plain, value.items)) for value in definition.values)
    return RuleException(definition.name, fields, tuple(comps), values, single)


def _plain(entry: Entry) -> str | tuple[str, ...]:
    return tuple(item.text for item in entry.items) if entry.is_list else entry.text
