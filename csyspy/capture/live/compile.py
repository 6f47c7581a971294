"""C of bpf/ made into bytecode, once per machine: later starts need neither clang nor bcc.

bcc compiles, in a process of its own, against the stub headers under bpf/include. Offsets of the kernel's structures are written
``O_structure_member`` in the C (``O_task_struct_tgid``), values of its enumerations ``E_enumeration_name``, numbers of its structures and
functions ``T_name``; they are looked up in the kernel's BTF and given as macros, -1 where this kernel has none.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import csyspy
from csyspy.capture.live import bcc_module, cache
from csyspy.capture.live.btf import FUNC, STRUCT, Btf, BtfError, enum_values, offsets
from csyspy.errors import LiveError

COMPILE_S: Final = 60
_MACRO: Final = re.compile(r"\b([OET])_(\w+)")


@dataclass(frozen=True, slots=True)
class MapDescription:
    """A map as the C declares it."""

    name: str
    fd: int
    """What stands for the map in instructions."""
    type: int
    key_size: int
    value_size: int
    entries: int
    flags: int


@dataclass(frozen=True, slots=True)
class Module:
    """Compiled C: bytecode by function, and the maps that it uses."""

    name: str
    functions: Mapping[str, bytes]
    maps: tuple[MapDescription, ...]
    cached: bool = False
    """It came from the cache."""


def bpf_folder() -> Path:
    """Where the C lies: in the package once it is installed, beside it in a clone."""
    installed = Path(csyspy.__file__).parent / "bpf"
    return installed if installed.is_dir() else Path(csyspy.__file__).parent.parent / "bpf"


def compile_module(
    name: str, sources: Sequence[str | Path], defines: Mapping[str, int | str] | None = None, *, types: bool = True
) -> Module:
    """Bytecode of C files, one after another as one text. A ``Path`` that is not absolute is looked for under bpf/; a ``str`` is C itself.

    Without ``types`` the kernel's own are not looked at: the C is told that it has none of the members, and WITHOUT_TYPES is defined.
    Quoted includes of files under bpf/ are put in place. Raises LiveError where bcc is missing or the C does not compile."""
    text = "\n".join(_text(source) for source in sources)
    flags = [f"-D{key}={value}" for key, value in sorted((defines or {}).items())] + ([] if types else ["-DWITHOUT_TYPES"])
    path = cache.path_of(name, (text, *flags, bcc_module.version_of(bcc_module.found_at()), _headers()))
    kept = cache.load(path)
    if kept is not None:
        with contextlib.suppress(KeyError, TypeError, AttributeError, ValueError):
            return _module(name, kept, True)
    answer = _compile(name, text, flags + _kernel_flags(text, types=types))
    cache.store(path, answer)
    return _module(name, answer, False)


def _text(source: str | Path) -> str:
    """C with its quoted includes in place, each once."""
    return _included(source, set()) if isinstance(source, Path) else source


def _included(path: Path, seen: set[Path]) -> str:
    path = bpf_folder() / path
    if path in seen:
        return ""
    seen.add(path)

    def include(match: re.Match[str]) -> str:
        return _included(Path(match[1]), seen)

    return re.sub(r'^#include "([^"]+)"[^\n]*$', include, path.read_text(), flags=re.MULTILINE)


def _kernel_flags(text: str, *, types: bool) -> list[str]:
    """Macros for the members, values and types that the C names."""
    wanted: dict[str, set[str]] = {"O": set(), "E": set(), "T": set()}
    for kind, name in _MACRO.findall(text):
        wanted[kind].add(name)
    if not types:
        return [f"-D{kind}_{name}=(-1)" for kind, names in sorted(wanted.items()) for name in sorted(names)]
    if not any(wanted.values()):
        return []
    try:
        btf = Btf.of_kernel()
    except (OSError, BtfError) as error:
        raise LiveError(f"the kernel carries no type information ({error})", "csyspy --tier B does without") from None
    found = [("O", name, at) for name, at in offsets(btf, sorted(wanted["O"])).items()]
    found += [("E", name, value) for name, value in enum_values(btf, sorted(wanted["E"])).items()]
    numbers = btf.ids(wanted["T"], (STRUCT, FUNC)) if wanted["T"] else {}
    found += [("T", name, numbers.get(name, -1)) for name in sorted(wanted["T"])]
    return [f"-D{kind}_{name}={value}" if value >= 0 else f"-D{kind}_{name}=(-1)" for kind, name, value in found]


def _compile(name: str, text: str, flags: list[str]) -> Any:
    writer = os.memfd_create("answer")  # a pipe would be full before anybody reads it
    environment = {**os.environ, "BCC_KERNEL_SOURCE": str(bpf_folder()), "PYTHONPATH": str(Path(csyspy.__file__).parent.parent)}
    with open(writer, "rb") as answers:
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD.format(writer=writer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
            env=environment,
        )
        try:
            said, _ = child.communicate(json.dumps({"text": text, "flags": [*flags, "-Wno-everything"]}).encode(), timeout=COMPILE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise LiveError(f"compiling {name} took more than {COMPILE_S} s") from None
        answers.seek(0)
        answer = answers.read()
    result = json.loads(answer) if answer else {"error": f"the compiler ended with code {child.returncode}"}
    if "error" in result:
        if "bcc is not installed" in result["error"]:
            raise LiveError("live capture needs bcc", bcc_module.HINT)
        raise LiveError(f"{name} does not compile here: {_first_error(said.decode(errors='replace'), result['error'])}")
    return result


_CHILD: Final = "import os; os.dup2({writer}, 3); from csyspy.capture.live.bcc_child import main; main()"


def _first_error(said: str, otherwise: str) -> str:
    return next((line.strip() for line in said.splitlines() if "error" in line), otherwise)


def _module(name: str, answer: Any, cached: bool) -> Module:
    functions = {function: bytes.fromhex(code) for function, code in answer["functions"].items()}
    return Module(name, functions, tuple(MapDescription(**entry) for entry in answer["maps"]), cached)


def _headers() -> str:
    """What tells one set of stub headers from another."""
    folder = bpf_folder() / "include"
    return "".join(f"{path.relative_to(folder)}:{path.stat().st_size}" for path in sorted(folder.rglob("*.h")))
