"""Where chisels come from: files of the user, the built-in ones, and entry points of installed packages.

A file of the user goes before a built-in chisel of the same name. Listing runs no code of packages and none that lies in
the current directory: only what is asked for by name.
"""

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from csyspy.chisels.api import Argument, Chisel, ChiselError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "csyspy.chisels"
PLUGINS = "Plug-ins"  # category of what is listed without being run

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Entry:
    """One line of `-cl`, and what `-i` tells about it."""

    name: str
    category: str
    short_description: str
    description: str
    args: tuple[Argument, ...]
    origin: str  # "built in", a file, or the package that brings it
    loaded: bool = True  # False: known by name only, its code was not run

    @classmethod
    def of(cls, kind: type[Chisel], origin: str) -> "Entry":
        """The entry of a chisel whose class is at hand."""
        return cls(kind.name, kind.category, kind.short_description, kind.description, kind.args, origin)


def warn_on_stderr(text: str) -> None:
    """Write a warning, one line."""
    print(f"csyspy: warning: {text}", file=sys.stderr)


def home_folders() -> list[Path]:
    """The user's own folders of chisels: $SYSDIG_CHISEL_DIR, ~/.config/csyspy/chisels and ~/.chisels, those that exist."""
    named = [Path(part) for part in os.environ.get("SYSDIG_CHISEL_DIR", "").split(";") if part]
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    # one that may not be looked into is none
    return [folder for folder in (*named, config / "csyspy" / "chisels", home / ".chisels") if os.path.isdir(folder)]


def folders() -> list[Path]:
    """All folders that are searched for files of chisels, the first match wins."""
    return [folder for folder in (Path("chisels"),) if folder.is_dir()] + home_folders()


def files(folder: Path) -> list[Path]:
    """The chisel files of a folder; those that begin with `_` are parts of others."""
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def _import(path: Path) -> ModuleType:
    """Run a chisel file. Raises ChiselError for whatever it does wrong."""
    name = f"csyspy_chisel_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ChiselError(f"chisel {path.stem} ({path}) is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise ChiselError(f"chisel {path.stem} ({path}) cannot be loaded: {_one_line(error)}") from error
    return module


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def chisels_in(module: ModuleType) -> list[type[Chisel]]:
    """The chisels that a module defines."""
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Chisel)]
    return [kind for kind in found if kind.__module__ == module.__name__ and kind.name]


def _load_file(path: Path) -> list[type[Chisel]]:
    kinds = chisels_in(_import(path))
    if not kinds:
        raise ChiselError(f"chisel {path.stem} ({path}) cannot be loaded: it defines no subclass of Chisel with a name")
    return kinds


def _named(kinds: list[type[Chisel]], name: str) -> type[Chisel] | None:
    """The chisel of that name, or the only one of a file that goes by its file's name."""
    for kind in kinds:
        if kind.name == name:
            return kind
    return kinds[0] if len(kinds) == 1 else None


def builtin_names() -> list[str]:
    """Names of the built-in chisels, without running any."""
    from csyspy.chisels import builtin
    from csyspy.chisels.builtin.tables import TABLES

    modules = [info.name for info in pkgutil.iter_modules(builtin.__path__) if not info.name.startswith("_") and info.name != "tables"]
    return sorted([*modules, *TABLES])


def builtin(name: str) -> type[Chisel] | None:
    """The built-in chisel of that name; None where there is none."""
    from csyspy.chisels.builtin.tables import TABLES

    if name in TABLES:
        return TABLES[name]
    if name not in builtin_names():
        return None
    return _named(chisels_in(importlib.import_module(f"csyspy.chisels.builtin.{name}")), name)


def _entry_points() -> Iterable["EntryPoint"]:
    """What installed packages announce; their code is not run. (The import is slow, and a built-in chisel does without.)"""
    from importlib.metadata import entry_points

    return entry_points(group=ENTRY_POINT_GROUP)


def _package_of(point: "EntryPoint") -> str:
    return point.dist.name if point.dist is not None else point.value


def _load_entry_point(point: "EntryPoint") -> type[Chisel]:
    try:
        kind = point.load()
    except (Exception, SystemExit) as error:
        raise ChiselError(f"chisel {point.name} (package {_package_of(point)}) cannot be loaded: {_one_line(error)}") from error
    if not (isinstance(kind, type) and issubclass(kind, Chisel)):
        raise ChiselError(f"chisel {point.name} (package {_package_of(point)}) cannot be loaded: {point.value} is no subclass of Chisel")
    return kind


def find(name: str) -> tuple[type[Chisel], str] | None:
    """The chisel of that name and where it is from; None where there is none. Raises ChiselError where it is broken."""
    path = Path(name)
    if path.suffix == ".py" and path.is_file():
        kinds = _load_file(path)
        kind = _named(kinds, path.stem) or kinds[0]
        return kind, str(path)
    if not name.isidentifier() and not name.replace("-", "_").isidentifier():
        return None
    for folder in folders():
        path = folder / f"{name}.py"
        if path.is_file():
            found = _named(_load_file(path), name)
            if found is not None:
                return found, str(path)
    found = builtin(name)
    if found is not None:
        return found, "built in"
    for point in _entry_points():
        if point.name != name:
            continue
        return _load_entry_point(point), f"package {_package_of(point)}"
    return _search_files(name)


def _search_files(name: str) -> tuple[type[Chisel], str] | None:
    """A chisel of the user's that is called otherwise than its file."""
    for folder in home_folders():
        for path in files(folder):
            try:
                kinds = _load_file(path)
            except ChiselError as error:
                warn_on_stderr(error.message)
                continue
            for kind in kinds:
                if kind.name == name:
                    return kind, str(path)
    return None


def load(name: str) -> type[Chisel]:
    """The chisel of that name. Raises ChiselError where there is none, or where it is broken."""
    found = find(name)
    if found is not None:
        return found[0]
    from csyspy.fields.catalogue import suggest

    near = suggest(name, builtin_names())
    hint = f"did you mean {near}? " if near else ""
    raise ChiselError(f"there is no chisel {name!r}", f"{hint}-cl lists the chisels")


def info(name: str) -> Entry:
    """What is known about a chisel. Raises ChiselError where there is none, or where it is broken."""
    kind = load(name)
    found = find(name)
    return Entry.of(kind, found[1] if found else "")


def entries(warn: Warn = warn_on_stderr) -> list[Entry]:
    """All chisels, by category and name. A broken file is left out, with one warning that names it."""
    known: dict[str, Entry] = {}
    for entry in _all_entries(warn):
        known.setdefault(entry.name, entry)
    return sorted(known.values(), key=lambda entry: (entry.category, entry.name))


def _all_entries(warn: Warn) -> Iterator[Entry]:
    here = Path("chisels")
    if here.is_dir():
        for path in files(here):
            yield Entry(path.stem, PLUGINS, f"in {path}", "", (), str(path), loaded=False)
    for folder in home_folders():
        for path in files(folder):
            try:
                kinds = _load_file(path)
            except ChiselError as error:
                warn(error.message)
                continue
            for kind in kinds:
                yield Entry.of(kind, str(path))
    for name in builtin_names():
        own = builtin(name)
        if own is not None:
            yield Entry.of(own, "built in")
    for point in _entry_points():
        package = f"package {_package_of(point)}"
        yield Entry(point.name, PLUGINS, f"from {package}", "", (), package, loaded=False)
