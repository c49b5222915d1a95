"""How a step is computed: plain torch here, DeepSpeed in `deepspeed_engine.py`; the loop knows only the protocol.

`PlainEngine` knows neither Ray nor DeepSpeed; it is what muon and torch.compile need, and what the tests compare
DeepSpeed with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from toolschool.models.precision import bfloat16_is_faster

if TYPE_CHECKING:
    import torch

    from training.config import OptimConfig
    from training.world import World

PLAIN_FILE = "plain.pt"


class Engine(Protocol):
    """Forward through `model`, backward of a share of the step's loss, one optimiser step, save and load."""

    model: Any  # callable with keyword tensors; what the objective is given
    device: Any

    def backward(self, loss: torch.Tensor, last: bool) -> None:
        """Add the gradient of `loss`, this micro-batch's part of the step's mean loss over all workers."""
        ...

    def step(self, lr: float) -> float:
        """Clip, update with rate `lr`, clear gradients; returns the gradient norm before clipping."""
        ...

    def training(self, on: bool) -> None:
        """Dropout on or off."""
        ...

    def save(self, folder: Path) -> None:
        """Trainable weights and optimiser state; called by all workers with folders that are merged afterwards."""
        ...

    def load(self, folder: Path) -> None:
        """Restore what `save` wrote, with the same number of workers."""
        ...


def make_optimizer(model: torch.nn.Module, options: OptimConfig) -> torch.optim.Optimizer:
    """AdamW, in 32 or 8 bits, or Muon with AdamW, over the trainable parameters; only matrices outside embeddings decay."""
    import torch

    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    output = getattr(model, "get_output_embeddings", lambda: None)()
    if options.optimizer == "muon" and output is not None:
        tables.add(id(output.weight))
    groups: dict[bool, list[torch.nn.Parameter]] = {True: [], False: []}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups[parameter.ndim >= 2 and id(parameter) not in tables].append(parameter)
    if options.optimizer == "muon":
        from training.muon import MuonAdamW

        return MuonAdamW(groups[True], groups[False], options)
    settings = [
        {"params": group, "weight_decay": options.weight_decay if decays else 0.0}
        for decays, group in groups.items()
        if group
    ]
    return _adamw(options.optimizer)(settings, lr=options.lr, betas=options.betas)


def _adamw(name: str) -> Callable[..., torch.optim.Optimizer]:
    """AdamW by torch, or with averages in 8 bits by bitsandbytes (tensors below 4,096 numbers stay in 32)."""
    import torch

    if name == "adamw":
        return partial(torch.optim.AdamW, fused=True)  # one kernel: on a CPU a third of the time
    from bitsandbytes.optim.adamw import AdamW8bit, PagedAdamW8bit

    return {"adamw8bit": AdamW8bit, "paged_adamw8bit": PagedAdamW8bit}[name]


class PlainEngine:
    """Torch only: the whole model on every worker, gradients summed over them before the step."""

    def __init__(self, model: torch.nn.Module, options: OptimConfig, world: World, device: Any = None) -> None:
        import torch

        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.world = world
        self.module = model.to(self.device)
        self.options = options
        self.optimizer = make_optimizer(self.module, options)
        self.model = _Forward(self.module, self.device.type, autocasts(options, self.device.type))

    def backward(self, loss: torch.Tensor, last: bool) -> None:
        loss.backward()
        if last:
            self.world.sum_gradients(self._trainable().values())

    def step(self, lr: float) -> float:
        import torch

        norm = torch.nn.utils.clip_grad_norm_(self._trainable().values(), self.options.grad_clip)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(norm)

    def training(self, on: bool) -> None:
        self.module.train(on)

    def save(self, folder: Path) -> None:
        import torch

        if self.world.rank:  # all workers hold the same
            return
        weights = {name: p.detach().cpu() for name, p in self._trainable().items()}
        torch.save({"weights": weights, "optimizer": self.optimizer.state_dict()}, folder / PLAIN_FILE)

    def load(self, folder: Path) -> None:
        import torch

        state = torch.load(folder / PLAIN_FILE, map_location=self.device, weights_only=True)
        with torch.no_grad():
            for name, parameter in self._trainable().items():
                parameter.copy_(state["weights"][name])
        self.optimizer.load_state_dict(state["optimizer"])

    def _trainable(self) -> dict[str, torch.nn.Parameter]:
        return {name: p for name, p in self.module.named_parameters() if p.requires_grad}


def autocasts(options: OptimConfig, device: str) -> bool:
    """Whether forward passes are in bfloat16: where it is asked for, and faster than float32."""
    return options.autocast and bfloat16_is_faster(device)


class _Forward:
    """The model's forward pass in autocast; like DeepSpeed's engine it shows the model as `module`."""

    def __init__(self, module: torch.nn.Module, device: str, autocast: bool) -> None:
        self.module, self.device, self.autocast = module, device, autocast

    def __call__(self, **inputs: Any) -> Any:
        import torch

        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.autocast):
            return self.module(**inputs)
