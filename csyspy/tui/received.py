"""What comes to the screen from elsewhere: alerts of a Falco that runs already, and events of Kubernetes' audit log."""

from collections.abc import Callable, Sequence
from typing import Protocol

from csyspy.rules.alert_groups import AlertGroups
from csyspy.rules.audit import AuditEngine
from csyspy.rules.audit_fields import AuditEvent
from csyspy.rules.audit_summary import AuditSummary
from csyspy.rules.engine import EngineOptions
from csyspy.rules.model import K8S_AUDIT, LoadResult
from csyspy.rules.settings import Settings, enabled_rules


class Senders(Protocol):
    """Feeds, each in a thread of its own."""

    def start(self) -> None:
        """Let them run."""

    def stop(self) -> None:
        """End them."""


class Received:
    """Keeps what comes. Events of an audit log may come from any thread, one at a time.

    `loaded` are rules of which those of the source k8s_audit run on audit events. Raises FieldError where one does not fit.
    """

    def __init__(self, loaded: LoadResult) -> None:
        self.alerts = AlertGroups()
        self.deeds = AuditSummary()
        self.senders: Sequence[str] = ()
        """Where it comes from, as the command line has it."""
        self.on_problem: Callable[[str], object] = lambda problem: None
        rules = [rule for rule in enabled_rules(loaded.rules, Settings()) if rule.source == K8S_AUDIT]
        self._engine = AuditEngine(rules, self.alerts.add, EngineOptions(iso_time=False))

    @property
    def takes_audit_events(self) -> bool:
        """Whether any of the senders may have audit events."""
        return any(sender.startswith(("audit:", "http:")) for sender in self.senders)

    def take_audit_event(self, event: AuditEvent) -> None:
        """Run the rules on an event, and remember who did what."""
        self.deeds.add(event)
        self._engine.feed(event)

    def say(self, problem: str) -> None:
        """Something is wrong with a sender; from its thread."""
        self.on_problem(problem)
