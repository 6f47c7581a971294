"""The built-in views by id, in the order of their names, which is the order that csysdig lists them in."""

from csyspy.views import (
    audit,
    containers,
    cpus,
    events,
    files,
    immutability,
    kubernetes,
    marks,
    network,
    procs,
    spectrograms,
    syscalls,
    users,
)
from csyspy.views.view import View

_MODULES = (audit, containers, cpus, events, files, immutability, kubernetes, marks, network, procs, spectrograms, syscalls, users)

VIEWS: dict[str, View] = {
    view.id: view
    for view in sorted(
        (value for module in _MODULES for value in vars(module).values() if isinstance(value, View)), key=lambda view: (view.name, view.id)
    )
}
