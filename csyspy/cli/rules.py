"""`csyspy rules`: check, list, describe and run Falco rule files."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from csyspy.cli import exits
from csyspy.cli.rules_command import ALL_SOURCES, RulesCommand, parse
from csyspy.cli.rules_options import READY_FORMATS
from csyspy.errors import CsyspyError, UsageError
from csyspy.rules.check import check_output
from csyspy.rules.composed import Composed
from csyspy.rules.loader import load
from csyspy.rules.model import K8S_AUDIT, SYSCALL, AppendOutput, LoadOptions, LoadResult, Rule
from csyspy.rules.report import load_results, printable, problem_lines, summary_lines
from csyspy.rules.settings import FALCO_YAML, Settings, default_rules_files, load_settings

WIDTH = 110
"""Longest line of a listing."""
_NAME_WIDTH = 50


def run(argv: Sequence[str]) -> int:
    """Do what the words behind `csyspy rules` ask for; the exit code. Raises CsyspyError for what is wrong."""
    command = parse(argv)
    if command.help:
        from csyspy.cli.rules_help import help_text

        return _print([help_text().rstrip("\n")])
    if command.list_source:
        return _print(_fields(command))
    settings = load_settings(_settings_file(command), command.options)
    if command.validate:
        return _validate(command, settings)
    audits = False
    if command.who:
        from csyspy.cli.rules_audit import who_did_what

        return _print(who_did_what(command))
    if command.captures:
        from csyspy.rules.audit_kind import are_audit_logs

        audits = are_audit_logs(command.captures)
    from_feeds = bool(command.feeds) and not command.rules_files  # then no rules run here, unless they are named
    files = () if from_feeds else _rules_files(command, settings)
    loaded = load(files, load_options(command, settings, audits=audits or bool(command.feeds)))
    if not loaded.successful:
        _say(summary_lines(loaded.files))
        return exits.WRONG_USAGE
    if command.verbose:
        for problem in loaded.warnings:
            _say(problem_lines(problem))
    if command.describe_all or command.describe_rule:
        return _print(_described(command, settings, loaded))
    from csyspy.cli import rules_run

    runnable = K8S_AUDIT if audits else SYSCALL
    if not command.feeds and all(rule.source != runnable for rule in rules_run.chosen_rules(command, settings, loaded)):
        _say([f"csyspy: no rule of the source {runnable} is left to run"])
    if audits:
        from csyspy.cli import rules_audit

        return rules_audit.run(command, settings, loaded)
    if command.feeds and not command.captures and all(rule.source != SYSCALL for rule in loaded.rules):
        return rules_run.run_feeds(command, settings, loaded)
    return rules_run.run(command, settings, loaded, lambda: _load_again(command))


def _load_again(command: RulesCommand) -> tuple[Settings, LoadResult] | None:
    """Settings and rules anew; None where they cannot run, after saying why."""
    try:
        settings = load_settings(_settings_file(command), command.options)
        loaded = load(_rules_files(command, settings), load_options(command, settings))
    except CsyspyError as error:
        exits.report(error)
        return None
    if loaded.successful:
        return settings, loaded
    _say(summary_lines(loaded.files))
    return None


def load_options(command: RulesCommand, settings: Settings, *, audits: bool = False) -> LoadOptions:
    """How rule files are to be loaded; `audits`: events of audit logs will come."""
    appended = settings.append_output
    if command.print_format:
        text = READY_FORMATS.get(command.print_format, command.print_format)
        wrong = check_output(Composed.of(text), SYSCALL)
        if wrong is not None and check_output(Composed.of(text), K8S_AUDIT) is not None:
            raise UsageError(f"-p: {wrong.message}", wrong.hint)
        source = SYSCALL if command.replaces_container_info else ""
        appended = (*appended, AppendOutput(source, extra_output=text, replaces_container_info=command.replaces_container_info))
    audits |= any(plugin.startswith("k8saudit") for plugin in settings.load_plugins)
    return LoadOptions((SYSCALL, K8S_AUDIT) if audits else (SYSCALL,), appended, settings.suggested_output, command.verbose)


def _settings_file(command: RulesCommand) -> str:
    """The falco.yaml to read: the one that was named, or where no rules were named either, that of this machine."""
    if command.config or command.rules_files or command.validate:
        return command.config
    return FALCO_YAML if os.path.exists(FALCO_YAML) else ""


def _rules_files(command: RulesCommand, settings: Settings) -> Sequence[str]:
    """The files that were named, those of the settings as far as they are there, or csyspy's own."""
    named = [path for path in settings.rules_files if os.path.exists(path)]
    return command.rules_files or named or default_rules_files()


def _validate(command: RulesCommand, settings: Settings) -> int:
    loaded = load(command.validate, load_options(command, settings))
    if not loaded.files:
        raise UsageError(f"no rule files in {' '.join(command.validate)}", "a directory gives its .yaml and .yml files")
    _print([load_results(loaded.files)] if command.json or settings.json_output else summary_lines(loaded.files))
    if loaded.successful and (command.describe_all or command.describe_rule):
        _print(_described(command, settings, loaded))
    return exits.OK if loaded.successful else exits.WRONG_USAGE


def _fields(command: RulesCommand) -> Iterator[str]:
    from csyspy.cli.listing import list_fields, list_names

    if command.list_source not in (SYSCALL, K8S_AUDIT, ALL_SOURCES):
        raise UsageError(f"unknown source {command.list_source!r}", f"there are {SYSCALL} and {K8S_AUDIT}")
    return list_names(command.list_source) if command.names_only else list_fields(types=command.verbose, source=command.list_source)


def _described(command: RulesCommand, settings: Settings, loaded: LoadResult) -> Iterator[str]:
    rule = _named(command.describe_rule, loaded) if command.describe_rule else None
    if command.json or settings.json_output:
        from csyspy.rules.describe import describe

        yield describe(loaded, rule)
        return
    import textwrap

    yield from (f"{'Rule':{_NAME_WIDTH}} Description", f"{'----':{_NAME_WIDTH}} -----------")
    for each in [rule] if rule is not None else loaded.rules:
        lines = [printable(line) for line in textwrap.wrap(each.desc, WIDTH - _NAME_WIDTH - 1)] or [""]
        name = printable(each.name)
        if len(name) >= _NAME_WIDTH:
            yield name
        else:
            yield f"{name:{_NAME_WIDTH}} {lines.pop(0)}"
        for line in lines:
            yield " " * (_NAME_WIDTH + 1) + line
        yield ""


def _named(name: str, loaded: LoadResult) -> Rule:
    for rule in loaded.rules:
        if rule.name == name:
            return rule
    from csyspy.fields.catalogue import suggest

    near = suggest(name, [rule.name for rule in loaded.rules])
    raise UsageError(f"no rule {name!r} is loaded", f"did you mean {near!r}?" if near else "-L lists them")


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        sys.stdout.write(line + "\n")
    return exits.OK


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
