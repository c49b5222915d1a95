"""How many trials the nodes of a cluster carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError
from training.config import WorkerConfig
from tuning.capacity import DRIVER_CPUS, Node, trials_at_once


def group(count: int = 1, cpus: float = 1, gpu: bool = False) -> WorkerConfig:
    return WorkerConfig(count=count, cpus=cpus, gpu=gpu)


@pytest.mark.parametrize(
    ("nodes", "workers", "expected"),
    [
        ([Node(6)], group(1), 4),
        ([Node(6)], group(2), 2),
        ([Node(6)], group(0), 4),
        ([Node(2)], group(1), 1),
        ([Node(64, 8)], group(4, gpu=True), 2),
        ([Node(8, 8)], group(4, gpu=True), 1),
        ([Node(16, 2.5)], group(1, gpu=True), 2),  # half a GPU is no worker's
        ([Node(16), Node(16, 4)], group(1, cpus=4, gpu=True), 4),
        ([Node(8), Node(8), Node(8)], group(1, cpus=5), 3),  # 24 CPUs would carry four
        ([Node(0), Node(8), Node(8)], group(2, cpus=3), 2),
    ],
)
def test_workers_of_all_trials_fit_at_once(nodes, workers, expected):
    assert trials_at_once(nodes, workers) == expected


@pytest.mark.parametrize(
    ("nodes", "workers", "said"),
    [
        ([Node(2)], group(2), "2 worker.s. with 1 CPU.s. each and 0.1 CPU for its driver"),
        ([Node(64)], group(1, gpu=True), "1 CPU.s. and a GPU each.*a node with 64 CPUs"),
        ([Node(16, 0.5)], group(1, gpu=True), "0.5 GPUs"),
        ([Node(4), Node(4)], group(1, cpus=6), "a node with 4 CPUs; a node with 4 CPUs"),
        ([Node(8, 1), Node(8, 1)], group(3, gpu=True), "ask for fewer or smaller workers"),
        ([Node(8), Node(8)], group(2, cpus=8), "0.1 CPU for its driver"),
        ([], group(1), "no node"),
    ],
)
def test_a_group_that_never_fits_is_refused_at_once(nodes, workers, said):
    with pytest.raises(ConfigError, match=said):
        trials_at_once(nodes, workers)


@given(
    st.lists(st.builds(Node, st.integers(0, 16), st.integers(0, 4)), max_size=4),
    st.builds(group, st.integers(1, 4), st.integers(1, 6), st.booleans()),
)
def test_all_workers_and_drivers_find_a_place(nodes, workers):
    try:
        found = trials_at_once(nodes, workers)
    except ConfigError:
        return
    cpus, gpus = sum(node.cpus for node in nodes), sum(node.gpus for node in nodes)
    assert found * (workers.count * workers.cpus + DRIVER_CPUS) <= cpus
    assert found * workers.count * workers.gpu <= gpus
    assert found * workers.count <= sum(node.cpus // workers.cpus for node in nodes)
