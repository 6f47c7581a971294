"""Build of the compiled engine; everything else stands in pyproject.toml.

Environment: CSYSPY_CFLAGS replaces the optimisation flags (the fuzzing build
puts -fsanitize=address there, a quick build -O1). CSYSPY_ENGINE=built says that
`build_ext --inplace` has built it already: an editable install would compile all
of it once more, into a folder that it throws away.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_py import build_py

CFLAGS = os.environ.get("CSYSPY_CFLAGS", "-O2 -g0").split()

extensions = [
    Extension(
        ".".join(source.with_suffix("").parts),
        [str(source)],
        extra_compile_args=[*CFLAGS, "-Wno-unused-function", "-Wno-unreachable-code"],
        extra_link_args=[flag for flag in CFLAGS if flag.startswith("-fsanitize")],
    )
    for source in sorted(Path("csyspy").rglob("*.pyx"))
    if os.environ.get("CSYSPY_ENGINE") != "built"
]


class BuildWithBpf(build_py):
    """Takes the C for the kernel into the package (csyspy.capture.live.compile, bpf_folder)."""

    def run(self) -> None:
        super().run()
        for source in Path("bpf").rglob("*.[ch]"):
            target = Path(self.build_lib, "csyspy", source)
            target.parent.mkdir(parents=True, exist_ok=True)
            self.copy_file(str(source), str(target))

setup(
    cmdclass={"build_py": BuildWithBpf},
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
