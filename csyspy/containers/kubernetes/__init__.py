"""What the API server of Kubernetes knows of this node's pods: owners, services, namespaces.

Names, namespaces and labels of pods come from the runtimes without it (csyspy.containers.cri). The `kubernetes` client, which reads
configurations of every kind, is imported when a cluster is asked for and not before: it takes half a second and 60 MB.
"""

from csyspy.containers.kubernetes.store import PodStore
from csyspy.containers.kubernetes.watch import ClusterWatch

__all__ = ["ClusterWatch", "PodStore"]
