"""Muon with AdamW behaves as one optimiser: it learns, and it resumes exactly."""

import copy

import pytest
import torch

from toolschool.config import OutputConfig
from toolschool.models.backbone import ModelConfig
from training.config import OptimConfig, TrainConfig
from training.engines import make_optimizer
from training.muon import MuonAdamW

OPTIONS = OptimConfig(optimizer="muon", lr=0.02)


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Embedding(11, 16), torch.nn.Linear(16, 16), torch.nn.Linear(16, 11))


def step(net: torch.nn.Module, optimizer: torch.optim.Optimizer, lr: float = 0.02) -> float:
    ids = torch.arange(11)
    loss = torch.nn.functional.cross_entropy(net(ids), (ids + 1) % 11)
    loss.backward()
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def test_matrices_go_to_muon_and_tables_to_adamw() -> None:
    net = model()
    optimizer = make_optimizer(net, OPTIONS)
    assert isinstance(optimizer, MuonAdamW)
    muon, adamw = optimizer.param_groups
    assert {id(p) for p in muon["params"]} == {id(net[1].weight), id(net[2].weight)}
    assert {id(p) for p in adamw["params"]} == {id(net[0].weight), id(net[1].bias), id(net[2].bias)}


def test_it_learns_and_a_rate_of_zero_stops_both_parts() -> None:
    net = model()
    optimizer = make_optimizer(net, OPTIONS)
    losses = [step(net, optimizer) for _ in range(30)]
    assert losses[-1] < losses[0] / 3
    before = copy.deepcopy(net.state_dict())
    step(net, optimizer, lr=0.0)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_a_restored_optimizer_goes_on_exactly() -> None:
    first, second = model(), model()
    one, two = make_optimizer(first, OPTIONS), make_optimizer(second, OPTIONS)
    for _ in range(3):
        step(first, one)
    second.load_state_dict(first.state_dict())
    two.load_state_dict(copy.deepcopy(one.state_dict()))
    assert [step(first, one) for _ in range(3)] == [step(second, two) for _ in range(3)]


def test_sharded_matrices_are_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="set engine=plain"):
        TrainConfig(rows="x", model=ModelConfig(name="m"), output=OutputConfig(name="n"), train=OPTIONS)
