"""Rules, macros and lists described, with all that follows from their text.

The keys are those of Falco's JSON for -L and -l (falco: userspace/engine/falco_engine.cpp, get_json_details()).
"""

import json
from typing import Any

from csyspy.fields.expr import Expr, fields_of
from csyspy.fields.formats import parse_format
from csyspy.filters.ast import And, Check, Node, Not, Or
from csyspy.filters.event_sets import event_names
from csyspy.filters.render import expression, render
from csyspy.rules.model import ItemList, LoadResult, Macro, Rule


def describe(loaded: LoadResult, rule: Rule | None = None) -> str:
    """All that was loaded, or one rule of it, as one line of JSON."""
    if rule is not None:
        return _json({"rules": [_rule(rule)]})
    return _json(
        {
            "required_engine_version": loaded.required_engine_version or "0.0.0",
            "required_plugin_versions": [_required(each) for each in loaded.required_plugins],
            "rules": [_rule(each) for each in loaded.rules],
            "macros": [_macro(macro) for macro in loaded.macros],
            "lists": [_list(each) for each in loaded.lists],
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _required(alternatives: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    first, *others = ({"name": name, "version": version} for name, version in alternatives)
    return {**first, "alternatives": others}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "info": {
            "name": rule.name,
            "condition": rule.condition,
            "output": rule.output,
            "description": rule.desc,
            "priority": rule.priority.label,
            "source": rule.source,
            "enabled": rule.enabled,
            "tags": list(rule.tags),
        },
        "details": {
            **_condition(rule.tree, rule.macros, rule.lists),
            "exception_names": [exception.name for exception in rule.exceptions],
            "exception_fields": sorted({name for exception in rule.exceptions for name in exception.fields}),
            "exception_operators": sorted({comp for exception in rule.exceptions for comp in exception.comps}),
            "output_compiled": rule.full_output,
            "output_fields": sorted({name for name, _ in parse_format(rule.full_output, rule.source).fields}),
            "plugins": [],
        },
    }


def _macro(macro: Macro) -> dict[str, Any]:
    details = {**_condition(macro.tree, macro.macros, macro.lists), "used": macro.used, "plugins": []}
    return {"info": {"name": macro.name, "condition": macro.condition}, "details": details}


def _list(each: ItemList) -> dict[str, Any]:
    details = {"used": each.used, "lists": list(each.lists), "items_compiled": list(each.items), "plugins": []}
    return {"info": {"name": each.name, "items": list(each.written)}, "details": details}


def _condition(tree: Node, macros: tuple[str, ...], lists: tuple[str, ...]) -> dict[str, Any]:
    checks = _checks(tree)
    sides: list[Expr] = [check.left for check in checks]
    return {
        "macros": list(macros),
        "lists": list(lists),
        "condition_compiled": render(tree),
        "condition_fields": sorted({expression(field) for side in sides for field in fields_of(side)}),
        "condition_operators": sorted({check.op for check in checks}),
        "events": sorted(event_names(tree)),
    }


def _checks(node: Node) -> list[Check]:
    if isinstance(node, And | Or):
        return [check for child in node.children for check in _checks(child)]
    if isinstance(node, Not):
        return _checks(node.child)
    return [node] if isinstance(node, Check) else []
