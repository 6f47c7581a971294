"""bcc as the distribution ships it, found from any interpreter.

The package of that name on PyPI is something else (a lattice) and is passed over. The module is loaded from its folder alone, so that
the distribution's other packages do not shadow those of this environment.
"""

import glob
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Final

FOLDERS: Final = ("/usr/lib/python3/dist-packages", "/usr/lib*/python3.*/site-packages")
HINT: Final = "install it: apt-get install python3-bpfcc  (Fedora: dnf install python3-bcc)"


def found_at() -> str:
    """The folder of the distribution's bcc; empty where there is none."""
    for pattern in FOLDERS:
        for folder in sorted(glob.glob(pattern), reverse=True):
            if os.path.exists(f"{folder}/bcc/__init__.py"):
                return f"{folder}/bcc"
    return ""


def load_bcc() -> Any:
    """The module. Raises ImportError where the distribution has none."""
    folder = found_at()
    if not folder:
        raise ImportError(f"bcc is not installed; {HINT}")
    spec = importlib.util.spec_from_file_location("bcc", f"{folder}/__init__.py", submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    spec.loader.exec_module(module)
    return module


def version_of(folder: str) -> str:
    """The version in a folder of bcc; empty where it does not say."""
    try:
        with open(f"{folder}/version.py") as file:
            return file.read().partition("'")[2].partition("'")[0]
    except OSError:
        return ""
