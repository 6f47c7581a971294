"""`csyspy rules` in processes of its own: checking, listing and describing rule files, and the exercises of a CKS course."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from csyspy.cli.help import help_text
from csyspy.cli.rules_command import parse
from csyspy.cli.rules_help import help_text as rules_help_text
from csyspy.cli.rules_options import OPTIONS
from csyspy.errors import UsageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]
GOOD = """\
- list: sensitive
  items: [/tmp/sensitive.txt]
- macro: sensitive_files
  condition: fd.name in (sensitive)
- rule: Sensitive file touched
  desc: Somebody opened the file of the exercise.
  condition: evt.type in (open, openat, openat2) and sensitive_files
  output: touched (time=%evt.time user=%user.uid proc=%proc.name)
  priority: WARNING
  tags: [exercise]
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(GOOD.replace("and sensitive_files", "and sensitive_file"))
    return path


def test_options_and_attributes_agree() -> None:
    command = parse([])
    letters = [option.letter for option in OPTIONS if option.letter]
    assert len(set(letters)) == len(letters)
    assert all(hasattr(command, option.dest) for option in OPTIONS)
    text = rules_help_text(80)
    assert all(option.help.split()[0] in text for option in OPTIONS)
    assert help_text(80) != text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--valdate", "x"], "unknown option --valdate"),
        (["-r"], "option -r wants a value: -r PATH"),
        (["x.yaml"], "unexpected word 'x.yaml'"),
        (["-M", "0"], "-M wants a whole number from 1 up, not '0'"),
        (["-A", "--exit-events"], "-A and --exit-events exclude each other"),
        (["-t", "a", "-T", "b"], "-t and -T exclude each other"),
        (["-r", ""], "option -r wants a value: -r PATH"),
    ],
)
def test_wrong_command_lines_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert caught.value.message == message


def test_files_behind_validate_are_validated() -> None:
    command = parse(["-V", "a", "b", "--json", "c"])
    assert (command.validate, command.json) == (["a", "b", "c"], True)


def test_a_good_file_is_ok(csyspy: Run, good: Path) -> None:
    run = csyspy("rules", "-V", good)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{good}: Ok\n", "")


def test_a_broken_file_is_shown_with_its_place(csyspy: Run, broken: Path) -> None:
    run = csyspy("rules", "-V", broken)
    assert run.returncode == 2
    first, problem, line, caret, hint = run.stdout.splitlines()
    assert first == f"{broken}: Invalid"
    where = "(rule 'Sensitive file touched')"
    assert problem == f"{broken}:7:54: error: LOAD_ERR_VALIDATE: macro 'sensitive_file' is not defined {where}"
    assert line[caret.index("^") :] == "sensitive_file"
    assert hint == "  did you mean sensitive_files?"


def test_a_file_that_is_no_yaml_says_where(csyspy: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("- list: l\n  items: [a, b\n")
    run = csyspy("rules", "-V", path)
    assert run.returncode == 2
    assert f"{path}:3:1: error: LOAD_ERR_YAML_PARSE: " in run.stdout


def test_warnings_do_not_fail(csyspy: Run, good: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("- macro: unused\n  condition: proc.name=x\n")
    run = csyspy("rules", "-V", good, more)
    assert run.returncode == 0
    assert f"{more}: Ok, with warnings\n{more}:1:3: warning: LOAD_UNUSED_MACRO" in run.stdout


def test_results_are_json(csyspy: Run, good: Path, broken: Path) -> None:
    run = csyspy("rules", "-V", good, broken, "--json")
    results = json.loads(run.stdout)["falco_load_results"]
    assert [(each["name"], each["successful"]) for each in results] == [(str(good), True), (str(broken), False)]
    error = results[1]["errors"][0]
    assert error["code"] == "LOAD_ERR_VALIDATE"
    place = error["context"]["locations"][-1]["position"]
    assert (place["name"], place["line"], place["column"]) == (str(broken), 6, 53)
    assert error["context"]["snippet"].splitlines()[1].endswith("^")


def test_rules_are_listed_and_described(csyspy: Run, good: Path) -> None:
    listed = csyspy("rules", "-r", good, "-L").stdout
    assert "Sensitive file touched" in listed
    assert "Somebody opened the file of the exercise." in listed
    described = json.loads(csyspy("rules", "-r", good, "-l", "Sensitive file touched", "--json").stdout)["rules"][0]
    assert described["details"]["macros"] == ["sensitive_files"]
    assert described["details"]["condition_compiled"] == "evt.type in (open, openat, openat2) and fd.name in (/tmp/sensitive.txt)"
    assert described["details"]["output_fields"] == ["evt.time", "proc.name", "user.uid"]
    every = json.loads(csyspy("rules", "-r", good, "-L", "--json").stdout)
    assert [each["info"]["name"] for each in every["lists"]] == ["sensitive"]
    run = csyspy("rules", "-r", good, "-l", "Sensitive files touched")
    assert (run.returncode, "did you mean 'Sensitive file touched'?" in run.stderr) == (2, True)


def test_fields_are_listed_by_source(csyspy: Run) -> None:
    audit = csyspy("rules", "--list", "-N").stdout.split()
    assert {"ka.verb", "proc.name", "json.value"} <= set(audit)
    calls = csyspy("rules", "--list=syscall", "-N").stdout.split()
    assert "proc.name" in calls
    assert not [name for name in calls if name.startswith(("ka.", "json.", "jevt."))]
    for words in (("--list=k8s_audit",), ("--list", "k8s_audit")):
        assert "Event Sources:                k8s_audit" in csyspy("rules", *words).stdout
    assert csyspy("rules", "--list=none").returncode == 2


def test_settings_choose_the_files(csyspy: Run, good: Path, tmp_path: Path) -> None:
    settings = tmp_path / "falco.yaml"
    settings.write_text(f"rules_files:\n  - {good}\n  - {tmp_path}/rules.d\njson_output: true\n")
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "10.yaml").write_text("- rule: Sensitive file touched\n  priority: ERROR\n  override: {priority: replace}\n")
    (tmp_path / "rules.d" / "README").write_text("no rules: [")
    rule = json.loads(csyspy("rules", "-c", settings, "-L").stdout)["rules"][0]
    assert rule["info"]["priority"] == "Error"


def test_without_files_there_are_rules_of_our_own(csyspy: Run) -> None:
    if Path("/etc/falco").exists():
        pytest.skip("a Falco is installed here, whose rules come first")
    assert "New program run in container" in csyspy("rules", "-L").stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-V", "."], 2, "no rule files in ."),
        (["-e", "examples/demo.scap", "-t", "nobody"], 0, "no rule of the source syscall is left to run"),
        (["-e", "examples/demo.scap", "-p", "%proc.nmae"], 2, "-p: unknown field proc.nmae"),
        (["--who", "-e", "none.log"], 1, "cannot open none.log: No such file or directory"),
        (["-e", "examples/demo.scap", "-r", "none.yaml"], 2, "none.yaml:1:1: error: LOAD_ERR_FILE_READ: cannot read none.yaml"),
        (["-o", "http_output.enabled=true", "-o", "http_output.url=host:1"], 2, "http_output.url must begin with http:// or https://"),
    ],
)
def test_what_cannot_say_anything_is_not_passed_over_in_silence(csyspy: Run, root: Path, words: list[str], code: int, message: str) -> None:
    done = csyspy("rules", *words, cwd=root)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


@pytest.mark.parametrize("words", [["-w", "x"], ["-n", "1"], ["-p", "%evt.num"], ["--tier", "C"]])
def test_options_that_rules_have_no_use_for_are_refused(csyspy: Run, root: Path, words: list[str]) -> None:
    done = csyspy("-r", root / "examples" / "demo.scap", "--rules", root / "examples" / "rules.yaml", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{words[0]} does not go with --rules" in done.stderr


def test_what_a_file_says_cannot_move_the_cursor(csyspy: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text('- rule: "a\\e[2Jb"\n  desc: "c\\e[2Jd"\n  condition: evt.type=open\n  output: o\n  priority: info\n  source: "s\\e"\n')
    assert "\x1b" not in csyspy("rules", "-V", path).stdout
    path.write_text(path.read_text().rsplit("  source", 1)[0])
    assert "a\\x1b[2Jb" in csyspy("rules", "-r", path, "-L").stdout


def test_who_did_what_is_listed(csyspy: Run, shared: Path, root: Path) -> None:
    log = shared / "samples" / "k8s" / "audit_log.jsonl"
    lines = csyspy("rules", "--who", "-e", log).stdout.splitlines()
    assert lines[0].split() == ["COUNT", "USER", "VERB", "RESOURCE", "NAMESPACE", "NAME", "CODE", "FROM", "LAST"]
    assert [line.split()[:6] for line in lines if "secrets" in line] == [
        ["1", "system:serviceaccount:ci:deployer", "get", "secrets", "shop", "db-password"]
    ]
    rows = [json.loads(line) for line in csyspy("rules", "--who", "-e", log, "--json").stdout.splitlines()]
    assert len(rows) == len(lines) - 1
    assert csyspy("rules", "--who", "-e", root / "examples" / "demo.scap").returncode == 2


def test_events_round_alerts_of_a_capture_are_written(csyspy: Run, tmp_path: Path, root: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "- rule: Fetched\n  desc: d\n  condition: evt.type = execve and evt.rawres = 0 and proc.name = curl\n"
        "  output: '%evt.num %proc.pid'\n  priority: NOTICE\n"
    )
    run = csyspy("rules", "-r", rules, "-e", root / "examples" / "demo.scap", "--capture-on-alert", "1", "--capture-prefix", tmp_path / "x")
    assert run.returncode == 0
    alerts = run.stdout.splitlines()
    written = sorted(tmp_path.glob("x_*.scap"))
    assert 0 < len(written) <= len(alerts)
    assert run.stderr.splitlines() == [f"csyspy: events round an alert: {path}" for path in written]
    first = written[0].stem.split("_")
    assert first[2] == alerts[0].split("Notice ")[1].split()[0]
    inside = csyspy("-r", written[0], "-p", "%proc.pid", "evt.type = execve and evt.dir = < and evt.rawres = 0 and proc.name = curl")
    assert alerts[0].split()[-1] in inside.stdout.split()


# The exercises of a CKS course, done as they are written.


def test_exercise_an_output_of_ones_own(csyspy: Run, tmp_path: Path, root: Path) -> None:
    rules = tmp_path / "falco_rules.local.yaml"
    rules.write_text(
        "- rule: Program started\n  desc: exercise\n  condition: evt.type = execve and evt.rawres = 0\n"
        "  output: '%evt.time,%user.uid,%proc.name'\n  priority: NOTICE\n"
    )
    run = csyspy("rules", "-r", rules, "-e", root / "examples" / "demo.scap")
    assert run.returncode == 0
    for line in run.stdout.splitlines():
        time, uid, name = line.split("Notice ")[1].split(",")
        assert len(time.split(":")) == 3
        assert uid.isdigit()
        assert name
    assert run.stdout


def test_exercise_a_priority_edited_in_a_later_file(csyspy: Run, good: Path, tmp_path: Path) -> None:
    local = tmp_path / "falco_rules.local.yaml"
    local.write_text(GOOD.split("- rule")[1].join(["- rule", ""]).replace("WARNING", "CRITICAL"))
    described = json.loads(csyspy("rules", "-r", good, "-r", local, "-L", "--json").stdout)["rules"]
    assert [each["info"]["priority"] for each in described] == ["Critical"]


def test_exercise_a_macro_for_a_file(csyspy: Run, good: Path, tmp_path: Path) -> None:
    local = tmp_path / "falco_rules.local.yaml"
    local.write_text("- macro: sensitive_files\n  condition: or fd.name = /root/key.txt\n  override: {condition: append}\n")
    described = json.loads(csyspy("rules", "-r", good, "-r", local, "-L", "--json").stdout)
    assert described["rules"][0]["details"]["condition_compiled"].endswith("(fd.name in (/tmp/sensitive.txt) or fd.name = /root/key.txt)")


def test_exercise_a_broken_file_is_not_loaded(csyspy: Run, broken: Path, root: Path) -> None:
    run = csyspy("rules", "-r", broken, "-e", root / "examples" / "demo.scap")
    assert run.returncode == 2
    assert "LOAD_ERR_VALIDATE" in run.stderr
