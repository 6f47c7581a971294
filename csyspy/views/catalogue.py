"""The built-in views by id."""

from csyspy.views.procs import PROCS
from csyspy.views.view import View

VIEWS: dict[str, View] = {view.id: view for view in (PROCS,)}
