"""The arrows between the rooms in compiled sources, which import-linter does not read."""

import re
from pathlib import Path

import pytest

IMPORT = re.compile(r"^\s*(?:from\s+(\.*[\w.]*)\s+c?import\b|c?import\s+([\w.]+))", re.MULTILINE)
LOWER_ROOMS = ("csyspy.engine", "csyspy.events", "csyspy.errors")
COMPILED = {"engine": LOWER_ROOMS, "capture/live": (*LOWER_ROOMS, "csyspy.capture.live")}
"""Room -> what its compiled modules may import."""
"""All a compiled module of the engine may name of the project."""


def project_imports(source: str) -> list[str]:
    names = [a or b for a, b in IMPORT.findall(source)]
    return [name for name in names if name.startswith((".", "csyspy"))]


@pytest.mark.parametrize(("room", "known"), COMPILED.items())
def test_compiled_sources_know_only_what_is_below(room: str, known: tuple[str, ...], root: Path) -> None:
    sources = [path for suffix in ("*.pyx", "*.pxd") for path in (root / "csyspy" / room).rglob(suffix)]
    assert sources
    for path in sources:
        for name in project_imports(path.read_text()):
            assert name.startswith(known), f"{path} imports {name}"


def test_compiled_sources_live_in_two_rooms(root: Path) -> None:
    folders = [root / "csyspy" / room for room in COMPILED]
    for path in (root / "csyspy").rglob("*.pyx"):
        assert any(path.is_relative_to(folder) for folder in folders), path


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from csyspy.fields cimport x", ["csyspy.fields"]),
        ("cimport csyspy.fields.evt", ["csyspy.fields.evt"]),
        ("    from .threads import y", [".threads"]),
        ("from libc.stdint cimport int64_t", []),
    ],
)
def test_the_scan_sees_every_form_of_import(line: str, name: list[str]) -> None:
    assert project_imports(line) == name
