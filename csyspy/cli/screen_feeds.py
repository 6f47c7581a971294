"""`csyspy --from …` on a terminal: what comes from elsewhere, for the screen."""

import os
import sys

from csyspy.cli.command import Command
from csyspy.cli.rules_feeds import STANDARD_INPUT, Feeds
from csyspy.errors import UsageError
from csyspy.rules.audit_kind import is_audit_log
from csyspy.rules.loader import load_or_raise
from csyspy.rules.model import K8S_AUDIT, SYSCALL, LoadOptions
from csyspy.rules.settings import default_rules_files
from csyspy.tui.received import Received


def open_feeds(command: Command) -> tuple[Received, Feeds]:
    """What keeps the alerts of --from and the events of an audit log behind -r, and the feeds that bring them.

    Raises CsyspyError for what is none, or rules that are wrong.
    """
    standard_input = _keys_from_terminal() if STANDARD_INPUT in command.feeds else 0
    paths = tuple(command.rules_files) or default_rules_files()
    received = Received(load_or_raise(paths, LoadOptions((SYSCALL, K8S_AUDIT))))
    received.senders = tuple(command.feeds)
    feeds = Feeds(command.feeds, command.feed_token, received.alerts.add, received.take_audit_event, received.say, standard_input)
    if command.files and is_audit_log(command.files[0]):
        feeds.read_audit_log(command.files[0])
    return received, feeds


def _keys_from_terminal() -> int:
    """Let the screen's keys come from the terminal; the descriptor that has become of standard input. Raises UsageError without one."""
    if sys.stdin.isatty():
        raise UsageError("standard input is the terminal, where keys come from", "falco … | csyspy --from -")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise UsageError("there is no terminal for keys beside standard input", "--text prints the alerts") from None
    pipe = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return pipe
