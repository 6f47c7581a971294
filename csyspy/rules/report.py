"""Load results as text and as Falco's JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from csyspy.rules.model import FileResult, Problem
from csyspy.rules.problems import MEANINGS

_SHOWN = 160
"""Characters of a long line that are shown round the place that is wrong."""


def load_results(files: Iterable[FileResult]) -> str:
    """`{"falco_load_results": [...]}` as Falco prints it for -V with json_output."""
    return json.dumps({"falco_load_results": [_file(file) for file in files]}, sort_keys=True, separators=(",", ":"))


def _file(file: FileResult) -> dict[str, Any]:
    return {
        "name": file.name,
        "successful": file.successful,
        "errors": [_problem(problem) for problem in file.errors],
        "warnings": [_problem(problem) for problem in file.warnings],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    locations = [
        {
            "item_type": each.item_type,
            "item_name": each.item_name,
            "position": {"name": each.name, "line": each.line, "column": each.column, "offset": each.offset},
        }
        for each in problem.locations
    ]
    line, column = _clip(problem)
    snippet = f"{line}\n{' ' * column}^\n" if line else ""
    return {
        "code": problem.code,
        "codedesc": MEANINGS[problem.code],
        "context": {"locations": locations, "snippet": snippet},
        "hint": problem.hint,
        "message": problem.message,
    }


def problem_lines(problem: Problem) -> Iterator[str]:
    """A problem as text: `file:line:column: what`, the line it is about with a caret, and what to do."""
    place = problem.locations[-1]
    items = [f"{each.item_type} {each.item_name!r}" for each in problem.locations if each.item_name]
    within = f" ({', '.join(items)})" if items else ""
    kind = "error" if problem.is_error else "warning"
    yield printable(f"{place.name}:{place.line + 1}:{place.column + 1}: {kind}: {problem.code}: {problem.message}{within}")
    line, column = _clip(problem)
    if line:
        yield f"  {line}"
        yield f"  {' ' * column}^"
    if problem.hint:
        yield printable(f"  {problem.hint}")


def printable(text: str) -> str:
    """The text with what would move the cursor written as an escape."""
    return text if text.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _clip(problem: Problem) -> tuple[str, int]:
    """The line of a problem, cut to what can be shown, and the column of the place in it."""
    line = "".join(char if char.isprintable() else " " for char in problem.content)
    column = min(problem.locations[-1].column, len(line))
    before = 0
    if len(line) > _SHOWN:
        before = max(0, min(column - _SHOWN // 3, len(line) - _SHOWN))
        line = line[before : before + _SHOWN]
    return line, column - before


def summary_lines(files: Sequence[FileResult]) -> Iterator[str]:
    """A line for each file, and its problems below it."""
    for file in files:
        state = "Invalid" if not file.successful else "Ok, with warnings" if file.warnings else "Ok"
        yield printable(f"{file.name}: {state}")
        for problem in (*file.errors, *file.warnings):
            yield from problem_lines(problem)
