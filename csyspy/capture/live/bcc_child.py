"""The process that compiles: bcc changes the working directory, writes to descriptors 1 and 2, and keeps 130 MB of a compiler.

Run as ``python -m csyspy.capture.live.bcc_child``: a JSON object {"text", "flags"} on standard input; on descriptor 3 comes
{"functions": {name: hex}, "maps": [...]} or {"error"}.
"""

import ctypes
import json
import os
import sys
from typing import Any


def main() -> None:
    """Compile what standard input holds."""
    job = json.load(sys.stdin)
    try:
        answer = _compiled(job["text"], job["flags"])
    except Exception as error:  # whatever it is, the parent has to be told
        answer = {"error": f"{type(error).__name__}: {error}"}
    with os.fdopen(3, "w") as out:
        json.dump(answer, out)
    os._exit(0)  # nothing was attached; bcc's own clean-up is not needed


def _compiled(text: str, flags: list[str]) -> dict[str, Any]:
    from csyspy.capture.live.bcc_module import load_bcc

    bcc = load_bcc()
    program = bcc.BPF(text=text, cflags=flags)
    lib, module = bcc.lib, program.module
    functions = {}
    for i in range(lib.bpf_num_functions(module)):
        name = lib.bpf_function_name(module, i)
        functions[name.decode()] = program.dump_func(name).hex()
    lib.bpf_num_tables.restype = ctypes.c_ulonglong
    lib.bpf_num_tables.argtypes = [ctypes.c_void_p]
    lib.bpf_table_name.restype = ctypes.c_char_p
    lib.bpf_table_name.argtypes = [ctypes.c_void_p, ctypes.c_ulonglong]
    maps = []
    for i in range(lib.bpf_num_tables(module)):
        name = lib.bpf_table_name(module, i)
        maps.append({"name": name.decode(), **_described(lib.bpf_table_fd(module, name))})
    return {"functions": functions, "maps": maps}


def _described(fd: int) -> dict[str, int]:
    """What the kernel says of a map; ``fd`` is what instructions that use it carry."""
    lines = dict(line.split(":\t", 1) for line in open(f"/proc/self/fdinfo/{fd}").read().splitlines() if ":\t" in line)  # noqa: SIM115
    keys = {"type": "map_type", "key_size": "key_size", "value_size": "value_size", "entries": "max_entries", "flags": "map_flags"}
    return {"fd": fd, **{name: int(lines[key], 0) for name, key in keys.items()}}


if __name__ == "__main__":
    main()
