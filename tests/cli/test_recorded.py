"""What csyspy prints, against what the real sysdig printed on the same captures (../shared/captures/oracle)."""

import gzip
import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FORMATS = (
    *("default_n2000", "ascii_A", "base64_b", "hex_ascii_X", "hex_x", "exclude_users_E", "verbose_v", "resolve_R"),
    *("json.", "json_X", "json_pc", "literal", "container_fields_all", "fdlist_fields_all", "pc.", "pk.", "pm."),
    *("t_D", "t_d.", "t_h", "t_r", "summary_S.", "summary_S_q", "bad_field_p", "bad_percent", "bad_widths"),
)
"""Beginnings of the names of recorded outputs; those that follow another norm are in docs/differences.md."""


def recorded(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(errors="surrogateescape")


@pytest.mark.parametrize("name", FORMATS)
def test_general_is_printed_as_sysdig_prints_it(csyspy: Run, captures: Path, name: str) -> None:
    folder = captures / "oracle" / "general"
    outputs = json.loads((folder / "manifest.json").read_text())["outputs"]
    output = next(output for output in outputs if output["file"].rpartition("/")[2].startswith(name))
    words = shlex.split(output["cmd"])[1:]
    arguments = [str(captures / word) if word == "general.scap" else word for word in words]
    run = csyspy(*arguments, env={"TZ": "UTC", "LANG": "C.UTF-8"})
    assert (run.returncode == 0) == (output["rc"] == 0), run.stderr
    if output["rc"] == 0:
        assert run.stdout == recorded(folder / output["file"])
    else:
        assert run.stdout == ""
        assert "^" in run.stderr


@pytest.mark.parametrize("name", ["opt_empty", "opt_fat", "opt_filter", "opt_n1000", "opt_nousers", "opt_snap0", "opt_proclist_offline"])
def test_captures_made_with_special_options(csyspy: Run, captures: Path, name: str) -> None:
    folder = captures / "oracle" / "options"
    wanted = next(path for path in folder.glob(f"{name}.default.txt*"))
    run = csyspy("-r", captures / "options" / f"{name}.scap", env={"TZ": "UTC"})
    assert run.stdout == recorded(wanted)
    summary = csyspy("-r", captures / "options" / f"{name}.scap", "-S", "-q")
    assert summary.stdout == recorded(folder / f"{name}.summary.txt")
