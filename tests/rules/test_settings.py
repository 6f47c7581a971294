"""Settings: falco.yaml, what it includes, and key=value."""

from pathlib import Path

import pytest

from csyspy.errors import UsageError
from csyspy.rules.loader import load
from csyspy.rules.model import AppendOutput, ExtraField, Priority
from csyspy.rules.settings import FileOutput, HttpOutput, ProgramOutput, Settings, enabled_rules, load_settings

YAML = """\
rules_files:
  - /etc/falco/falco_rules.yaml
  - /etc/falco/rules.d
priority: Warning
rule_matching: all
json_output: true
json_include_tags_property: no
time_format_iso_8601: on
append_output:
  - match: {source: syscall, tags: [a, b], rule: r}
    extra_output: "x=%proc.name"
    extra_fields: [user.uid, {name: "%proc.name!"}]
  - suggested_output: true
static_fields: {cluster: one}
rules:
  - disable: {rule: "*"}
  - enable: {tag: t}
stdout_output: {enabled: false}
file_output: {enabled: true, filename: /tmp/a, keep_alive: true}
program_output: {enabled: true, program: "cat > /tmp/b"}
http_output: {enabled: true, url: "http://h/${PART}", insecure: true}
capture: {enabled: true, mode: all_rules, default_duration: 100}
load_plugins: [k8saudit]
metrics: {enabled: true}
"""


@pytest.fixture
def falco_yaml(tmp_path: Path) -> Path:
    path = tmp_path / "falco.yaml"
    path.write_text(YAML)
    return path


def test_what_csyspy_needs_is_read(falco_yaml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PART", "in")
    settings = load_settings(str(falco_yaml))
    assert settings.rules_files == ("/etc/falco/falco_rules.yaml", "/etc/falco/rules.d")
    assert (settings.priority, settings.rule_matching, settings.json_output) == (Priority.WARNING, "all", True)
    assert (settings.json_include_tags_property, settings.json_include_output_property) == (False, True)
    fields = (ExtraField("user.uid", "%user.uid", True), ExtraField("name", "%proc.name!"))
    assert settings.append_output == (AppendOutput("syscall", "r", ("a", "b"), "x=%proc.name", fields),)
    assert (settings.suggested_output, settings.time_format_iso_8601) == (True, True)
    assert settings.static_fields == (("cluster", "one"),)
    assert (settings.stdout_output, settings.syslog_output) == (False, False)
    assert settings.file_output == FileOutput("/tmp/a", True)
    assert settings.program_output == ProgramOutput("cat > /tmp/b")
    assert settings.http_output == HttpOutput("http://h/in", insecure=True)
    assert (settings.capture.mode, settings.capture.default_duration_ms) == ("all_rules", 100)
    assert settings.load_plugins == ("k8saudit",)


def test_without_a_file_the_defaults_count() -> None:
    assert load_settings() == Settings()


def test_options_go_before_the_file(falco_yaml: Path) -> None:
    options = [
        "rule_matching=first",
        "http_output.enabled=false",
        "rules[0].disable.rule=x",
        "rules[]={enable: {rule: y}}",
        "priority=info",
    ]
    settings = load_settings(str(falco_yaml), options)
    assert (settings.rule_matching, settings.http_output, settings.priority) == ("first", None, Priority.INFORMATIONAL)
    assert [(each.enable, each.rule, each.tag) for each in settings.rules] == [(False, "x", ""), (True, "", "t"), (True, "y", "")]


def test_what_falco_takes_besides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A.B", "x")
    path, more = tmp_path / "falco.yaml", tmp_path / "more.yaml"
    path.write_text("plugins: [{name: k8saudit}, {name: json}]\nfile_output: {enabled: true, filename: '${A.B}${}$${A.B}'}\n")
    more.write_text("http_output: {enabled: true, url: '\"http://h/\"'}\noutputs_queue: {capacity: 7}\n")
    settings = load_settings(str(path), ["priority=error", f"config_files={more}", "static_fields.a\\.b=c"])
    assert settings.load_plugins == ("k8saudit", "json")
    assert settings.file_output == FileOutput("x${A.B}")
    assert settings.http_output == HttpOutput("http://h/", client_cert="/etc/ssl/certs/client.crt", client_key="/etc/ssl/certs/client.key")
    assert (settings.outputs_queue_capacity, settings.priority, settings.static_fields) == (7, Priority.ERROR, (("a.b", "c"),))
    assert load_settings(str(path), ["load_plugins[]=json"]).load_plugins == ("json",)


def test_included_files_add_and_replace(tmp_path: Path) -> None:
    folder = tmp_path / "config.d"
    folder.mkdir()
    (folder / "1.yaml").write_text("priority: error\nload_plugins: [b]\n")
    (folder / "2.yaml").write_text("priority: alert\n")
    (folder / "notes.txt").write_text("[")
    path = tmp_path / "falco.yaml"
    for strategy, priority, plugins in (
        ("append", Priority.ALERT, ("a", "b")),
        ("override", Priority.ALERT, ("b",)),
        ("add-only", Priority.NOTICE, ("a",)),
    ):
        path.write_text(f"config_files: [{{path: {folder}, strategy: {strategy}}}]\npriority: notice\nload_plugins: [a]\n")
        settings = load_settings(str(path))
        assert (settings.priority, settings.load_plugins) == (priority, plugins)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("priority: high\n", "falco.yaml:1: 'high' is no priority"),
        ("a: 1\nrule_matching: some\n", "falco.yaml:2: rule_matching must be first or all, not 'some'"),
        ("json_output: maybe\n", "falco.yaml:1: json_output must be true or false, not 'maybe'"),
        ("capture: {default_duration: x}\n", "falco.yaml:1: capture.default_duration must be a whole number, not 'x'"),
        ("rules: [{disable: {}}]\n", "an entry of rules is enable or disable, with rule or tag in it"),
        ("append_output: [{extra_fields: [a, a]}]\n", "extra_fields of append_output are field names or `name: format`, each once"),
        ("file_output: {enabled: true}\n", "file_output.filename is missing"),
        ("- a\n", "is no settings file: it must be a mapping"),
        ("a: [\n", "falco.yaml:2:1: did not find expected node content"),
        ("config_files: [{path: x, strategy: mix}]\n", "falco.yaml:1: 'mix' is no strategy for config_files"),
        ("rules_files: [a]\nrules_file: b\n", "both rules_files and rules_file are set"),
        ("priority: {a: b}\n", "priority must be one value"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "falco.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_settings(str(path))
    assert message in caught.value.message


@pytest.mark.parametrize("option", ["priority", "=x", "rules[7].disable.rule=x", "[0]=x", "rule_matching=maybe", "capture={mode: x"])
def test_wrong_options_are_refused(option: str) -> None:
    with pytest.raises(UsageError):
        load_settings("", [option])


def test_a_key_that_was_meant_otherwise_is_named_and_falcos_others_are_left_alone() -> None:
    with pytest.raises(UsageError, match="there is no such setting") as caught:
        load_settings("", ["prioritty=notice"])
    assert caught.value.hint == "did you mean priority?"
    others = "engine.kind grpc_output.enabled log_syslog output_timeout base_syscalls.repair metrics.enabled buffered_outputs outputs.rate"
    load_settings("", [f"{key}=1" for key in others.split()])


def names(settings: Settings, **chosen: tuple[str, ...]) -> str:
    rules = "".join(
        f"- {{rule: {name}, desc: d, condition: evt.type=open, output: o, priority: {priority}, tags: [{tag}], enabled: {enabled}}}\n"
        for name, priority, tag, enabled in (
            ("one", "alert", "a", "true"),
            ("two", "notice", "b", "true"),
            ("off", "notice", "a", "false"),
            ("low", "debug", "b", "true"),
        )
    )
    return " ".join(rule.name for rule in enabled_rules(load([("f", rules)]).rules, settings, **chosen))


def test_rules_are_chosen() -> None:
    plain = load_settings()
    assert names(plain) == "one two low"
    assert names(load_settings("", ["priority=notice"])) == "one two"
    assert names(plain, only_tags=("a",)) == "one off"
    assert names(plain, without_tags=("b",)) == "one"
    assert names(plain, without_names=("ow", "wo")) == "one"
    selected = load_settings("", ["rules[].disable.rule=*", "rules[].enable.rule=o*"])
    assert names(selected) == "one off"
    assert names(load_settings("", ["rules[].disable.tag=b"])) == "one"
