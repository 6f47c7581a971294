"""Rule files → rules that can run."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from csyspy.errors import CsyspyError
from csyspy.rules.compiler import Compiler
from csyspy.rules.definitions import Collection
from csyspy.rules.document import SourceText
from csyspy.rules.engine_version import show
from csyspy.rules.model import FileResult, LoadOptions, LoadResult, Problem
from csyspy.rules.problems import Context, LoadError
from csyspy.rules.reader import read

Input = str | os.PathLike[str] | tuple[str, str]
"""A file, a directory whose files are all meant, or (name, text)."""


def load(inputs: Iterable[Input], options: LoadOptions | None = None) -> LoadResult:
    """Load rule files in order, all into one name space; files after the first with an error are not looked at.

    Nothing is raised for files that are wrong: the result says what is.
    """
    options = options or LoadOptions()
    collection = Collection(options.sources, unknown_keys=options.unknown_keys)
    compiler = Compiler(options)
    files: list[FileResult] = []
    for each in inputs:
        for source in _sources(each):
            result = source if isinstance(source, FileResult) else _load_one(source, collection, compiler)
            files.append(result)
            if not result.successful:
                return LoadResult(tuple(files))
    required = show(collection.required_engine) if any(collection.required_engine) else ""
    plugins = tuple(collection.required_plugins)
    return LoadResult(tuple(files), tuple(compiler.rules), tuple(compiler.macros), tuple(compiler.lists), required, plugins)


def _load_one(source: SourceText, collection: Collection, compiler: Compiler) -> FileResult:
    errors, warnings = read(source, collection)
    if not errors:
        try:
            compiler.compile(collection)
        except LoadError as error:
            errors = [error.problem]
        warnings += compiler.warnings
    return FileResult(source.name, tuple(errors), tuple(warnings))


def _sources(each: Input) -> Iterator[SourceText | FileResult]:
    """The texts of an input; the result of a file that cannot be read."""
    if isinstance(each, tuple):
        yield SourceText(*each)
        return
    path = Path(each)
    for file in rule_files(path):
        try:
            yield SourceText(str(file), file.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            yield _unreadable(str(file), error.strerror or str(error))
        except UnicodeDecodeError as error:
            yield _unreadable(str(file), f"no UTF-8 at byte {error.start}")


def rule_files(path: Path) -> list[Path]:
    """The files that a path given for rules means: itself, or the .yaml and .yml files of the directory, by name."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml") and file.is_file())


def _unreadable(name: str, reason: str) -> FileResult:
    problem: Problem = Context.of_file(SourceText(name, "")).problem("LOAD_ERR_FILE_READ", f"cannot read {name}: {reason}")
    return FileResult(name, (problem,))


def load_or_raise(paths: Iterable[Input], options: LoadOptions | None = None) -> LoadResult:
    """As `load`, for who shows no list of problems. Raises CsyspyError with the first error where a file is wrong."""
    loaded = load(paths, options)
    if not loaded.successful:
        problem = loaded.errors[0]
        where = problem.locations[0] if problem.locations else None
        place = f"{where.name}: " if where is not None else ""
        raise CsyspyError(f"{place}{problem.message}", problem.hint or "csyspy rules -V FILE tells all that is wrong")
    return loaded
