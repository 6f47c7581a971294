"""What the chisels print against what sysdig 0.29.3 printed, on the captures that lie beside the project.

Rows with equal values come in any order, and which of them a table still shows is chance: Lua decides by hashes that change with each
run. What differs on purpose is in docs/differences.md and in DIFFERENT here.
"""

import gzip
import io
import json
import shlex
from pathlib import Path

import pytest

from csyspy.capture import open_source
from csyspy.chisels import Context, registry
from csyspy.chisels.arguments import takes_word
from csyspy.chisels.run import ChiselRun
from csyspy.containers import container_of
from csyspy.engine.state import State
from csyspy.engine.walk import Walker
from csyspy.filters import compile_filter

COLUMN = 20  # bytes of a table's first column
EVERYTHING_OF = "general"
SOME_OF = {
    "containers": ("topcontainers_cpu", "topcontainers_error", "topconns", "httplog", "lscontainers", "netstat", "ps", "lsof", "-pc -c ps"),
    "web": ("httplog", "httptop bytes", "topprocs_net", "spy_syslog", "spy_users", "spy_port 80", "topports_server proc.name=nginx"),
    "attacks": ("topprocs_cpu", "topscalls", "topscalls_time", "spy_users", "-pc -c topprocs_cpu", "list_login_shells bash"),
}
DIFFERENT = {  # end of the command on the capture `general`: why
    "-c flame": "retired upstream",
    "-j -c topprocs_cpu": "the order of JSON members is chance; see test_json",
    "-c echo_fds proc.name=cat": "with a filter, 0.29.3 loses a dup2 and names the wrong file",
}


def command_of(output: dict[str, str]) -> str:
    """What follows the capture's name on the command line that was recorded."""
    return " ".join(shlex.split(output["cmd"])[3:])


def recorded(oracle: Path) -> list[dict[str, str]]:
    """The commands of an oracle folder that run a chisel and went well."""
    outputs = json.loads((oracle / "manifest.json").read_text())["outputs"]
    return [o for o in outputs if o["file"].startswith("chisels/") and not o["rc"] and "tracers_2_statsd" not in o["cmd"]]


def is_filter(text: str) -> bool:
    try:
        compile_filter(text)
    except ValueError:
        return False
    return True


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def run(capture: Path, words: list[str]) -> list[str]:
    """The output of one chisel."""
    out = io.BytesIO()
    options, (name, *rest) = words[: words.index("-c")], words[words.index("-c") + 1 :]
    argument = rest.pop(0) if takes_word(registry.load(name), rest, is_filter) else ""
    context = Context(out=out, filter_text=" ".join(rest), source_name=str(capture), container_data="-pc" in options, json="-j" in options)
    chisels = ChiselRun([(name, argument)], context)
    state = State()
    state.container_of = container_of
    state.needs = chisels.needs
    state.configure(buffer_format=chisels.buffer_format or "dots", verbose=True)
    chisels.walk(state, Walker(state, open_source([str(capture)])).run)
    return lines(out.getvalue().decode(errors="replace"))


def same(want: list[str], got: list[str]) -> bool:
    """Equal but for the order of equal values, and for which of those a table that is full leaves out."""
    if sorted(want) == sorted(got):
        return True
    if len(want) != len(got) or want[:2] != got[:2] or len(want) < 4:
        return False
    least = want[-1][:COLUMN]
    return got[-1][:COLUMN] == least and sorted(w for w in want if w[:COLUMN] != least) == sorted(g for g in got if g[:COLUMN] != least)


def compare(captures: Path, name: str, output: dict[str, str]) -> None:
    file = captures / "oracle" / name / output["file"]
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    want, got = lines(raw.decode(errors="replace")), run(captures / f"{name}.scap", shlex.split(output["cmd"])[3:])
    assert same(want, got), f"{output['cmd']}: {[pair for pair in zip(want, got, strict=False) if pair[0] != pair[1]][:3]}"


def test_a_whole_capture(captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some chisels write files
    outputs = [o for o in recorded(captures / "oracle" / EVERYTHING_OF) if command_of(o) not in DIFFERENT]
    assert len(outputs) > 60
    for output in outputs:
        compare(captures, EVERYTHING_OF, output)


@pytest.mark.parametrize("name", SOME_OF)
def test_some_of_each_other_capture(captures: Path, name: str) -> None:
    wanted = {words if words.startswith("-") else f"-c {words}" for words in SOME_OF[name]}
    outputs = [o for o in recorded(captures / "oracle" / name) if command_of(o) in wanted]
    assert outputs
    for output in outputs:
        compare(captures, name, output)


def test_json(captures: Path) -> None:
    got = json.loads("\n".join(run(captures / "web.scap", ["-j", "-c", "topprocs_cpu"])))
    want = json.loads((captures / "oracle/web/chisels/j_topprocs_cpu.txt").read_text())
    assert got["info"] == want["info"]
    assert got["ts"] == want["ts"]
    assert [value for *_, value in got["data"]] == [value for *_, value in want["data"]]


def test_newer_captures_run_through(captures: Path) -> None:
    for capture in sorted((captures / "newer").glob("*_general.scap")):
        for name in ("topscalls", "topfiles_bytes", "topprocs_errors", "spy_users", "ps", "lsof", "echo_fds"):
            assert len(run(capture, ["-c", name])) > 2, f"{name} on {capture.name}"
