"""`--from k8s://NAMESPACE/LABELS`: alerts in the logs of pods."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from csyspy.errors import CsyspyError, UsageError
from csyspy.rules.alerts import Alert
from csyspy.rules.feeds import FeedCounts
from csyspy.rules.feeds.file import StreamFeed

if TYPE_CHECKING:
    from csyspy.containers.kubernetes.logs import PodLog

KUBERNETES: Final = "k8s://"
PAUSE_S: Final = 5.0
"""Before the pods are looked at again, and logs that broke off are asked for again."""


class PodLogFeed:
    """Logs of all pods that fit labels: what they write from now on, and all of pods that come later.

    `kubeconfig` is as for csyspy.containers.kubernetes.client.KubernetesApi. Raises UsageError where no namespace is named.
    """

    def __init__(self, spec: str, receive: Callable[[Alert], object], kubeconfig: str = "") -> None:
        self.origin = spec
        self.counts = FeedCounts()
        self._receive = receive
        self._kubeconfig = kubeconfig
        self._namespace, _, self._selector = spec.removeprefix(KUBERNETES).partition("/")
        if not self._namespace:
            raise UsageError(f"{spec} names no namespace", "for example k8s://falco/app.kubernetes.io/name=falco")

    def run(self, stop: threading.Event) -> None:
        """Look for pods, and follow each in a thread. Raises CsyspyError, OSError where there is no way to the API server at first."""
        from csyspy.containers.kubernetes.client import KubernetesApi
        from csyspy.containers.kubernetes.logs import PodLog, pods

        api = KubernetesApi(self._kubeconfig)
        following: dict[str, threading.Thread] = {}
        first = pods(api, self._namespace, self._selector)
        logs = {pod: PodLog(api, self._namespace, pod, container, whole=False) for pod, container in first}
        there = {pod for pod, _ in first}
        while not stop.is_set():
            for pod in there:
                known = following.get(pod)
                if known is None or not known.is_alive():
                    following[pod] = threading.Thread(target=self._follow, args=(pod, logs[pod], stop), daemon=True)
                    following[pod].start()
            stop.wait(PAUSE_S)
            try:
                found = pods(api, self._namespace, self._selector)
            except (OSError, CsyspyError) as error:
                self.counts.problem = str(error)
                continue
            there = {pod for pod, _ in found}
            for pod, container in found:
                if pod not in logs:
                    logs[pod] = PodLog(api, self._namespace, pod, container, whole=True)
            for gone in logs.keys() - there:
                if gone not in following or not following[gone].is_alive():
                    del logs[gone]

    def _follow(self, pod: str, log: "PodLog", stop: threading.Event) -> None:
        feed = StreamFeed(f"{self.origin}#{pod}", log.lines(), self._receive)
        feed.counts = self.counts
        try:
            feed.run(stop)
        except (OSError, CsyspyError) as error:
            self.counts.problem = str(error)
