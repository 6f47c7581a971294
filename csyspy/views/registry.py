"""Where views come from: the built-in ones, files of the user, and entry points of installed packages.

A file of the user holds ``VIEW = View(...)``, or several in ``VIEWS``; it goes before a built-in view of the same id. An entry point of
the group `csyspy.views` names a View.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from csyspy.errors import UsageError
from csyspy.fields import FieldError
from csyspy.fields.extraction import compile_field
from csyspy.fields.formats import parse_format
from csyspy.filters import compile_filter
from csyspy.views.catalogue import VIEWS
from csyspy.views.view import SYSCALL, Kind, View

ENTRY_POINT_GROUP = "csyspy.views"

Warn = Callable[[str], None]


def warn_on_stderr(text: str) -> None:
    """Write a warning, one line."""
    print(f"csyspy: warning: {text}", file=sys.stderr)


def folder() -> Path:
    """The user's own folder of views: ~/.config/csyspy/views."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "csyspy" / "views"


def all_views(warn: Warn = warn_on_stderr) -> dict[str, View]:
    """Every view by id, in the order of their names. What is broken is left out, with one warning that says what is wrong."""
    known: dict[str, View] = {}
    for origin, load in _plugins(warn):
        for view in _loaded(origin, load, warn):
            known.setdefault(view.id, view)
    for view in VIEWS.values():
        known.setdefault(view.id, view)
    return {view.id: view for view in sorted(known.values(), key=lambda view: (view.name, view.id))}


def find(view_id: str, warn: Warn = warn_on_stderr) -> View:
    """The view with that id. Raises UsageError where there is none."""
    views = all_views(warn)
    if view_id in views:
        return views[view_id]
    import difflib

    near = difflib.get_close_matches(view_id, views, n=1)
    raise UsageError(f"no view {view_id!r}", f"{f'did you mean {near[0]}? ' if near else ''}--list-views lists them")


def problem(view: View) -> str:
    """What is wrong with a view; empty where nothing is."""
    if not view.id or not view.name:
        return "it has no id or no name"
    for containers in (False, True):
        used, shown = view.used_columns(containers), view.shown_columns(containers)
        keys, groups = sum(column.is_key for column in used), sum(column.is_groupby_key for column in used)
        if not shown:
            return "it shows no column"
        if view.kind is Kind.LIST:
            if keys or groups:
                return "a list has no key"
        elif keys != 1 or groups > 1:
            return f"a table has one key and at most one group-by key, not {keys} and {groups}"
        if sum(column.is_sorting for column in shown) > 1:
            return "more than one column is the sorting one"
    try:
        if view.source != SYSCALL:
            parse_format("".join(f"%{column.field} " for column in view.columns), view.source)
            return "only views of system calls have a filter" if view.filter else ""
        if view.filter:
            compile_filter(view.filter)
        for column in view.columns:
            compile_field(column.field)
    except FieldError as error:
        return error.message
    return ""


def _plugins(warn: Warn) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What may bring views: where it is from, and how to load it."""
    if folder().is_dir():
        for path in sorted(folder().glob("*.py")):
            if not path.name.startswith("_"):
                yield str(path), lambda path=path: _file(path)  # type: ignore[misc]
    if not _may_be_announced():
        return
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINT_GROUP):
        yield f"package {point.dist.name if point.dist is not None else point.value}", lambda point=point: [point.load()]  # type: ignore[misc]


def _may_be_announced() -> bool:
    """Whether an installed package may announce views: a look at the files takes 1 ms, the library that knows 15 ms of every start."""
    for place in sys.path:
        try:
            names = [name for name in os.listdir(place or ".") if name.endswith((".dist-info", ".egg-info"))]
        except FileNotFoundError:
            continue
        except OSError:  # an archive: that library looks into it
            return True
        for name in names:
            try:
                announced = Path(place, name, "entry_points.txt").read_bytes()
            except OSError:
                continue
            if ENTRY_POINT_GROUP.encode() in announced:
                return True
    return False


def _file(path: Path) -> list[Any]:
    """The views that a file defines; runs it."""
    spec = importlib.util.spec_from_file_location(f"csyspy_view_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    views = [vars(module)["VIEW"]] if "VIEW" in vars(module) else list(vars(module).get("VIEWS", ()))
    if not views:
        raise ImportError("it defines no VIEW")
    return views


def _loaded(origin: str, load: Callable[[], list[Any]], warn: Warn) -> Iterator[View]:
    try:
        views = load()
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        warn(f"views of {origin} cannot be loaded: {type(error).__name__}{': ' if text else ''}{text}")
        return
    for view in views:
        wrong = problem(view) if isinstance(view, View) else f"{type(view).__name__} is no View"
        if wrong:
            warn(f"a view of {origin} cannot be used: {wrong}")
        else:
            yield view
