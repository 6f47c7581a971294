"""Settings as Falco has them: falco.yaml, the files it includes, and `key=value` from the command line.

What csyspy does not need (drivers, web server, metrics …) is left alone. Facts: falco: falco.yaml, userspace/falco/configuration.cpp.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from csyspy.errors import UsageError
from csyspy.fields.catalogue import suggest
from csyspy.rules.model import AppendOutput, ExtraField, Priority, Rule
from csyspy.rules.settings_text import Tree, merge, put, read_text, where

FALCO_YAML: Final = "/etc/falco/falco.yaml"
RULE_MATCHING: Final = ("first", "all")
CAPTURE_MODES: Final = ("rules", "all_rules")


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """Switches rules on or off: those whose name fits `rule`, which may have `*` in it, or that have the tag."""

    enable: bool
    rule: str = ""
    tag: str = ""

    def fits(self, rule: Rule) -> bool:
        """Whether a rule is meant."""
        return bool((self.rule and _like(rule.name, self.rule)) or (self.tag and self.tag in rule.tags))


@dataclass(frozen=True, slots=True)
class FileOutput:
    """Alerts to the end of a file; it stays open with `keep_alive`."""

    filename: str
    keep_alive: bool = False


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """Alerts to the standard input of a shell command, started once with `keep_alive`, else for each alert."""

    program: str
    keep_alive: bool = False


@dataclass(frozen=True, slots=True)
class HttpOutput:
    """Alerts as JSON to a URL by POST."""

    url: str
    user_agent: str = "falcosecurity/falco"
    insecure: bool = False
    ca_cert: str = ""
    ca_bundle: str = ""
    ca_path: str = ""
    mtls: bool = False
    client_cert: str = "/etc/ssl/certs/client.crt"
    client_key: str = "/etc/ssl/certs/client.key"
    compress_uploads: bool = False


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Captures that alerts start: of rules with `capture: true`, or of all of them (`all_rules`)."""

    enabled: bool = False
    path_prefix: str = "/tmp/falco"
    mode: str = "rules"
    default_duration_ms: int = 5000
    max_file_size_mb: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """What falco.yaml says about rules and alerts; the defaults are those of a Falco without one."""

    rules_files: tuple[str, ...] = ()
    priority: Priority = Priority.DEBUG
    rule_matching: str = "first"
    json_output: bool = False
    json_include_output_property: bool = True
    json_include_message_property: bool = False
    json_include_output_fields_property: bool = True
    json_include_tags_property: bool = True
    time_format_iso_8601: bool = False
    buffer_format_base64: bool = False
    watch_config_files: bool = True
    append_output: tuple[AppendOutput, ...] = ()
    suggested_output: bool = False
    static_fields: tuple[tuple[str, str], ...] = ()
    rules: tuple[RuleSelection, ...] = ()
    load_plugins: tuple[str, ...] = ()
    outputs_queue_capacity: int = 0
    """Alerts that wait for each channel at most; 0 for csyspy.rules.outputs.QUEUE_ALERTS, since none waits without bound."""
    stdout_output: bool = True
    syslog_output: bool = False
    file_output: FileOutput | None = None
    program_output: ProgramOutput | None = None
    http_output: HttpOutput | None = None
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    files: tuple[str, ...] = ()
    """What they were read from, and what that includes: files, and folders of them."""


_FLAGS: Final = [
    (each.name, bool(each.default))
    for each in fields(Settings)
    if each.type is bool and each.name not in ("stdout_output", "syslog_output", "suggested_output")
]

_KEYS: Final = (
    {each.name for each in fields(Settings)} - {"suggested_output", "files", "outputs_queue_capacity"}
    | {"rules_file", "config_files", "plugins", "outputs_queue"}
)
"""Keys that mean something here, at the top of a settings file."""


def load_settings(path: str = "", options: Sequence[str] = ()) -> Settings:
    """The settings of a file (none where `path` is empty), changed by `key=value` options. Raises UsageError for what is wrong."""
    tree: Tree = read_text(path) if path else {}
    for option in options:
        if option.startswith("config_files"):  # what it includes stands behind the other options
            put(tree, option)
    places = _places(tree)
    for included, strategy in _includes(places):
        tree = merge(tree, read_text(included), strategy)
    for option in options:
        if not option.startswith("config_files"):
            put(tree, option)
            _check_spelling(option)
    return _Reader(tree).settings(tuple(filter(None, (path, *(place for place, _ in places)))))


def _check_spelling(option: str) -> None:
    """Refuse a key that is nearly one of ours. Other unknown ones are Falco's, for what csyspy does without them."""
    key = re.split(r"[.\[=]", option, maxsplit=1)[0]
    if key not in _KEYS and (near := suggest(key, sorted(_KEYS), 0.85)):
        raise UsageError(f"-o {key}: there is no such setting", f"did you mean {near}?")


def _places(tree: Tree) -> list[tuple[str, str]]:
    """What is named under config_files, in order, each with how it is put in."""
    found = []
    entries = tree.get("config_files") or []
    for entry in entries if isinstance(entries, list) else [entries]:
        path, strategy = (entry.get("path", ""), entry.get("strategy", "append")) if isinstance(entry, dict) else (entry, "append")
        if strategy not in ("append", "override", "add-only"):
            raise UsageError(f"{where(strategy)}{strategy!r} is no strategy for config_files", "append, override or add-only")
        found.append((str(path), strategy))
    return found


def _includes(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The files that are there, those of folders by name."""
    found = []
    for path, strategy in places:
        place = Path(path)
        if place.is_dir():
            found += [(str(file), strategy) for file in sorted(place.iterdir()) if file.suffix in (".yaml", ".yml") and file.is_file()]
        elif place.exists():
            found.append((str(place), strategy))
    return found


class _Reader:
    """Takes values out of the tree of a settings file, each with its type."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def settings(self, files: tuple[str, ...]) -> Settings:
        plain = {name: self.flag(name, default) for name, default in _FLAGS}
        if self.tree.get("rules_files") and self.tree.get("rules_file"):
            raise UsageError("both rules_files and rules_file are set", "rules_file is the old name of rules_files")
        plain["stdout_output"] = self.flag("stdout_output.enabled", "stdout_output" not in self.tree)
        plain["syslog_output"] = self.flag("syslog_output.enabled", False)
        appended = [self._append_output(entry) for entry in self.sequence("append_output")]
        plain["suggested_output"] = any(self._suggests(entry) for entry in self.sequence("append_output"))
        return Settings(
            rules_files=tuple(map(str, self.sequence("rules_files") or self.sequence("rules_file"))),
            priority=self._priority(),
            rule_matching=self.choice("rule_matching", RULE_MATCHING),
            append_output=tuple(each for each in appended if each.extra_output or each.extra_fields),
            static_fields=tuple((str(key), str(value)) for key, value in self.mapping("static_fields").items()),
            rules=tuple(self._selection(entry) for entry in self.sequence("rules")),
            load_plugins=self._plugins(),
            outputs_queue_capacity=self.number("outputs_queue.capacity", 0),
            file_output=self._file_output(),
            program_output=self._program_output(),
            http_output=self._http_output(),
            capture=self._capture(),
            files=files,
            **plain,
        )

    def get(self, key: str) -> Any:
        """What stands at a path with dots; None where nothing does."""
        at: Any = self.tree
        for part in key.split("."):
            at = at.get(part) if isinstance(at, dict) else None
        return at

    def text(self, key: str, default: str = "") -> str:
        value = self.get(key)
        if isinstance(value, dict | list):
            raise UsageError(f"{key} must be one value")
        return default if value is None else value

    def flag(self, key: str, default: bool) -> bool:
        value = self.text(key)
        if not value:
            return default
        if value.lower() not in ("true", "false", "yes", "no", "on", "off"):
            raise UsageError(f"{where(value)}{key} must be true or false, not {value!r}")
        return value.lower() in ("true", "yes", "on")

    def number(self, key: str, default: int) -> int:
        value = self.text(key)
        if not value:
            return default
        if not re.fullmatch("[0-9]{1,15}", value):
            raise UsageError(f"{where(value)}{key} must be a whole number, not {value!r}")
        return int(value)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        value = self.text(key)
        if value and value.lower() not in choices:
            raise UsageError(f"{where(value)}{key} must be {' or '.join(choices)}, not {value!r}")
        return str(value).lower() or choices[0]

    def sequence(self, key: str) -> list[Any]:
        value = self.get(key)
        if value is None or value == "":
            return []
        return value if isinstance(value, list) else [value]

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.get(key)
        if value is None or value == "":
            return {}
        if not isinstance(value, dict):
            raise UsageError(f"{where(value)}{key} must be a mapping")
        return value

    def _priority(self) -> Priority:
        text = self.text("priority", "debug")
        priority = Priority.parse(text)
        if priority is None:
            raise UsageError(f"{where(text)}{text!r} is no priority", ", ".join(each.label for each in Priority))
        return priority

    @staticmethod
    def _entry(entry: Any, what: str) -> "_Reader":
        if not isinstance(entry, dict):
            raise UsageError(f"{where(entry)}an entry of {what} is a mapping")
        return _Reader(entry)

    def _plugins(self) -> tuple[str, ...]:
        """Names of the plug-ins: those under load_plugins or, without that key, all that are described."""
        if "load_plugins" in self.tree:
            return tuple(map(str, self.sequence("load_plugins")))
        return tuple(self._entry(entry, "plugins").text("name") for entry in self.sequence("plugins"))

    def _suggests(self, entry: Any) -> bool:
        return self._entry(entry, "append_output").flag("suggested_output", False)

    def _append_output(self, entry: Any) -> AppendOutput:
        read = self._entry(entry, "append_output")
        added: dict[str, ExtraField] = {}
        for each in read.sequence("extra_fields"):
            raw = not isinstance(each, dict)
            key, text = (str(each), f"%{each}") if raw else next(iter(each.items()), ("", ""))
            if not key or key in added or (isinstance(each, dict) and len(each) != 1):
                raise UsageError("extra_fields of append_output are field names or `name: format`, each once")
            added[str(key)] = ExtraField(str(key), str(text), raw)
        return AppendOutput(
            read.text("match.source"),
            read.text("match.rule"),
            tuple(map(str, read.sequence("match.tags"))),
            read.text("extra_output"),
            tuple(added.values()),
        )

    def _selection(self, entry: Any) -> RuleSelection:
        read = self._entry(entry, "rules")
        word = next((word for word in ("enable", "disable") if word in entry), "")
        found = RuleSelection(word == "enable", read.text(f"{word}.rule"), read.text(f"{word}.tag"))
        if not word or not (found.rule or found.tag):
            raise UsageError("an entry of rules is enable or disable, with rule or tag in it", "for example {disable: {rule: Drop*}}")
        return found

    def _file_output(self) -> FileOutput | None:
        if not self.flag("file_output.enabled", False):
            return None
        return FileOutput(self._needed("file_output.filename"), self.flag("file_output.keep_alive", False))

    def _program_output(self) -> ProgramOutput | None:
        if not self.flag("program_output.enabled", False):
            return None
        return ProgramOutput(self._needed("program_output.program"), self.flag("program_output.keep_alive", False))

    def _needed(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise UsageError(f"{key} is missing", f"{key.split('.')[0]} is enabled")
        return value

    def _http_output(self) -> HttpOutput | None:
        if not self.flag("http_output.enabled", False):
            return None
        url = _without_quotes(self._needed("http_output.url"))
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"http_output.url must begin with http:// or https://, not {url!r}")
        given: dict[str, Any] = {"url": url}
        for each in fields(HttpOutput):
            if each.name != "url":
                read = self.flag if each.type is bool else self.text
                given[each.name] = read(f"http_output.{each.name}", each.default)  # type: ignore[arg-type]
        return HttpOutput(**given)

    def _capture(self) -> CaptureSettings:
        default = CaptureSettings()
        return CaptureSettings(
            self.flag("capture.enabled", default.enabled),
            self.text("capture.path_prefix", default.path_prefix),
            self.choice("capture.mode", CAPTURE_MODES),
            self.number("capture.default_duration", default.default_duration_ms),
            self.number("capture.max_file_size_mb", default.max_file_size_mb),
        )


def _without_quotes(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _like(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which `*` stands for any text."""
    return fnmatchcase(name, re.sub(r"([\[?])", r"[\1]", pattern))


def enabled_rules(
    rules: Iterable[Rule],
    settings: Settings,
    *,
    only_tags: Sequence[str] = (),
    without_tags: Sequence[str] = (),
    without_names: Sequence[str] = (),
) -> list[Rule]:
    """The rules that are to run: enabled, urgent enough, and selected.

    `only_tags` switches all others off, `without_tags` and `without_names` (parts of names) switch rules off, as -t, -T and -D of
    Falco did; then come the settings' own selections, in order.
    """
    found = []
    for rule in rules:
        enabled = rule.enabled
        if only_tags:
            enabled = bool(set(only_tags) & set(rule.tags))
        if set(without_tags) & set(rule.tags) or any(part in rule.name for part in without_names):
            enabled = False
        for selection in settings.rules:
            if selection.fits(rule):
                enabled = selection.enable
        if enabled and rule.priority <= settings.priority:
            found.append(rule)
    return found


def default_rules_files() -> tuple[str, ...]:
    """What is loaded where nothing says otherwise: the files that Falco's own settings name as far as they are there, else our own."""
    names = ("/etc/falco/falco_rules.yaml", "/etc/falco/falco_rules.local.yaml", "/etc/falco/rules.d")
    return tuple(name for name in names if os.path.exists(name)) or own_rules_files()


def own_rules_files() -> tuple[str, ...]:
    """The rules that come with csyspy."""
    return (os.path.join(os.path.dirname(__file__), "default"),)
