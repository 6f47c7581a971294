"""Which versions of Falco's rule engine csyspy stands in for, and the plug-ins whose fields and events it brings along."""

import re
from typing import Final

from csyspy.fields.catalogue import K8S_AUDIT

Version = tuple[int, int, int]

ENGINE_VERSION: Final[Version] = (0, 46, 0)
"""The engine whose verdicts are the norm: that of Falco 0.40."""
NEWER_ENGINES: Final[tuple[Version, Version]] = ((0, 50, 0), (0, 63, 0))
"""From the engine of Falco 0.41 to the newest: rule files that ask for one of them run as well.

What they added is here too (the container fields as a plug-in, output fields of their own, operators with oneof and its like,
captures by rules). Between the two and behind them lies no release whose rules anyone could have."""

PLUGIN_SOURCES: Final = {"k8saudit": K8S_AUDIT, "k8saudit-eks": K8S_AUDIT, "k8saudit-gke": K8S_AUDIT, "k8saudit-aks": K8S_AUDIT}
"""Plug-in -> the source of events it brings: a rule file that requires one of them has rules on that source."""


def parse(text: str) -> Version | None:
    """`major.minor.patch`, whatever follows; None where it is none (libs: userspace/libsinsp/version.h)."""
    found = re.match(r"\s*\+?(\d+)\.\s*\+?(\d+)\.\s*\+?(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def show(version: Version) -> str:
    """The version as it is written."""
    return ".".join(map(str, version))


def is_provided(version: Version) -> bool:
    """Whether rules that ask for this engine can run."""
    first, last = NEWER_ENGINES
    return version[0] == ENGINE_VERSION[0] and (version <= ENGINE_VERSION or first <= version <= last)
