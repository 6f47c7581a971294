"""The way to an API server, by a kubeconfig or the service account of the pod that csyspy runs in. Imports the `kubernetes` client."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from csyspy.containers.kubernetes.watch import CONNECT_S, ApiRefused
from csyspy.containers.untrusted import parsed, text
from csyspy.errors import UsageError

SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
PIECE: Final = 1 << 16


def in_cluster() -> bool:
    """Whether this process runs in a pod that has a service account."""
    return "KUBERNETES_SERVICE_HOST" in os.environ and os.path.exists(SERVICE_ACCOUNT)


class KubernetesApi:
    """An API server, as `kubernetes.config` finds it."""

    def __init__(self, kubeconfig: str = "") -> None:
        """``kubeconfig`` is a file, or empty: the service account in a pod, else KUBECONFIG or ~/.kube/config.

        Raises UsageError where there is none, or it says nothing useful."""
        from kubernetes import config
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException

        settings = Configuration()
        try:
            if not kubeconfig and in_cluster():
                config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
            else:
                config.load_kube_config(kubeconfig or None, client_configuration=settings)  # type: ignore[no-untyped-call]
        except (ConfigException, OSError) as error:
            raise UsageError(f"no way to a Kubernetes API server: {error}", "-k FILE names a kubeconfig") from None
        except (ValueError, TypeError, KeyError, AttributeError):  # what the client stumbles over in a file that is something else
            raise UsageError(f"{kubeconfig or 'the kubeconfig'} is not a kubeconfig", "-k FILE names one") from None
        settings.retries = False  # the watch has pauses of its own
        self._client: Any = ApiClient(settings)
        self.address: str = settings.host

    def get(self, path: str, query: Mapping[str, str], read_timeout_s: float | None) -> Iterator[bytes]:
        """See csyspy.containers.kubernetes.watch.Api."""
        from kubernetes.client.exceptions import ApiException

        request = self._client.param_serialize("GET", path, query_params=list(query.items()), auth_settings=["BearerToken"])
        try:
            answer = self._client.call_api(*request, _request_timeout=(CONNECT_S, read_timeout_s))
        except ApiException as error:
            raise OSError(error.reason) from None
        raw = answer.response
        try:
            if raw.status != 200:
                status = parsed(raw.read(PIECE).decode(errors="replace"))
                raise ApiRefused(raw.status, text(status.get("message")) or raw.reason or "")
            while piece := raw.read1(PIECE):
                yield piece
        finally:
            raw.release_conn()
            raw.close()
