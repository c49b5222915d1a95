"""How many trials a cluster carries at the same time. Pure; `cluster_nodes` alone asks Ray.

Tune counts only the trials' drivers, not the workers each of them asks for. With too many trials all drivers get a place,
no worker does, and everybody waits for ever. So the number comes from what the nodes have now, each worker on one node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolschool.errors import ConfigError
from training.config import WorkerConfig

DRIVER_CPUS = 0.1
RESERVE_CPUS = 1.0  # stay free for Data and placement-group clean-up, where there are enough


class Node(NamedTuple):
    """What one machine offers to Ray."""

    cpus: float
    gpus: float = 0.0


def cluster_nodes() -> list[Node]:
    """The nodes of the connected cluster that are alive."""
    import ray

    offered = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Node(has.get("CPU", 0.0), has.get("GPU", 0.0)) for has in offered]


def trials_at_once(nodes: Sequence[Node], group: WorkerConfig) -> int:
    """How many worker groups, with a driver each, fit on the nodes at the same time; at least 1.

    A worker has a whole GPU or none: a fraction that a node offers beside whole ones stays idle. ConfigError when not even one group fits.
    """
    workers = max(1, group.count)  # with 0 the loop runs in the driver and takes as much as one
    need = workers * group.cpus + DRIVER_CPUS
    cpus = sum(node.cpus for node in nodes)
    slots = _slots(nodes, group)
    if cpus + 1e-9 < need or _slots_beside_a_driver(nodes, group) < workers:
        raise ConfigError(
            f"a trial needs {workers} worker(s) with {_said(group)} each and {DRIVER_CPUS:g} CPU for its driver, and the cluster has "
            f"{_offered(nodes)}: ask for fewer or smaller workers, or set search.concurrent where the cluster grows by itself"
        )
    return max(1, min(int((cpus - RESERVE_CPUS + 1e-9) // need), slots // workers))


def _slots(nodes: Sequence[Node], group: WorkerConfig) -> int:
    """Workers that find a place, each within one node."""
    return sum(_on_node(node, group) for node in nodes)


def _on_node(node: Node, group: WorkerConfig) -> int:
    by_cpu = int((node.cpus + 1e-9) // group.cpus)
    return min(by_cpu, int(node.gpus)) if group.gpu else by_cpu


def _slots_beside_a_driver(nodes: Sequence[Node], group: WorkerConfig) -> int:
    """The same, with one driver where it takes the least away."""
    lost = [
        _on_node(node, group) - _on_node(node._replace(cpus=node.cpus - DRIVER_CPUS), group)
        for node in nodes
        if node.cpus >= DRIVER_CPUS
    ]
    return _slots(nodes, group) - min(lost, default=0)


def _said(group: WorkerConfig) -> str:
    return f"{group.cpus:g} CPU(s)" + (" and a GPU" if group.gpu else "")


def _offered(nodes: Sequence[Node]) -> str:
    each = [f"{node.cpus:g} CPUs" + (f" and {node.gpus:g} GPUs" if node.gpus else "") for node in nodes]
    return "; ".join(f"a node with {text}" for text in each) or "no node"
