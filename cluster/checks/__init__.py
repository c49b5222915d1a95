"""Checks of cluster files without a cluster: a typo is named with its dotted key and what was probably meant.

    check_launcher("cluster/launch/aws.yaml")               # `ray up`
    check_kubernetes("cluster/kubernetes/rayjob.yaml")      # KubeRay 1.7, network policies, monitors
    check_serve("serving/configs/tinyagent.yaml")           # `serve deploy`

Each returns nothing, or raises ClusterFileError at the first mistake. `python -m cluster.validate` runs them all.
"""

from cluster.checks.kubernetes import check_kubernetes
from cluster.checks.launcher import check_launcher
from cluster.checks.places import ClusterFileError
from cluster.checks.serve import check_serve

__all__ = ["ClusterFileError", "check_kubernetes", "check_launcher", "check_serve"]
