"""Build of the compiled engine; everything else stands in pyproject.toml.

Environment: CSYSPY_CFLAGS replaces the optimisation flags (the fuzzing build
puts -fsanitize=address there, a quick build -O1).
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

CFLAGS = os.environ.get("CSYSPY_CFLAGS", "-O2 -g0").split()

extensions = [
    Extension(
        ".".join(source.with_suffix("").parts),
        [str(source)],
        extra_compile_args=[*CFLAGS, "-Wno-unused-function", "-Wno-unreachable-code"],
        extra_link_args=[flag for flag in CFLAGS if flag.startswith("-fsanitize")],
    )
    for source in sorted(Path("csyspy/engine").rglob("*.pyx"))
]

setup(
    ext_modules=cythonize(
        extensions,
        nthreads=os.cpu_count() or 1,
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
            "embedsignature": True,
        },
    )
)
