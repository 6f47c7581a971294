"""The screen csyspy opens with, and comes back to."""

from csyspy.tui.screens.opening import Opening
from csyspy.tui.screens.table_commands import TableCommands
from csyspy.tui.screens.time_commands import TimeCommands
from csyspy.tui.screens.watching import Watching


class ViewScreen(TableCommands, TimeCommands, Opening, Watching):
    """One screen for every view: what it shows is data (`Scope`, filter, time), not another screen."""
