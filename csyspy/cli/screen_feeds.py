"""`csyspy --from …` on a terminal: what comes from elsewhere, for the screen."""

from csyspy.cli.command import Command
from csyspy.cli.rules_feeds import STANDARD_INPUT, Feeds
from csyspy.errors import UsageError
from csyspy.rules.audit_log import is_audit_log
from csyspy.rules.loader import load_or_raise
from csyspy.rules.model import K8S_AUDIT, SYSCALL, LoadOptions
from csyspy.rules.settings import default_rules_files
from csyspy.tui.received import Received


def open_feeds(command: Command) -> tuple[Received, Feeds]:
    """What keeps the alerts of --from and the events of an audit log behind -r, and the feeds that bring them.

    Raises CsyspyError for what is none, or rules that are wrong.
    """
    if STANDARD_INPUT in command.feeds:
        raise UsageError("the screen cannot take alerts from standard input, where its keys come from", "--text prints them")
    paths = tuple(command.rules_files) or default_rules_files()
    received = Received(load_or_raise(paths, LoadOptions((SYSCALL, K8S_AUDIT))))
    received.senders = tuple(command.feeds)
    feeds = Feeds(command.feeds, command.feed_token, received.alerts.add, received.take_audit_event, received.say)
    if command.files and is_audit_log(command.files[0]):
        feeds.read_audit_log(command.files[0])
    return received, feeds
