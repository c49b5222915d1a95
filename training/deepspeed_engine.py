"""The step through DeepSpeed: ZeRO 0 to 3, AdamW, float32, 16 bits or autocast, CPU offload. The only file that imports it.

Works in a Ray Train worker (whose process group it uses) and in a lone process (it makes a group of one). The shared
memory kernels of its CPU backend are compiled once per machine, about a minute, and cached; the optimiser of CPU offload
for several. Limit: under ZeRO-3 every worker first loads the whole model into host memory.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.engines import autocasts, make_optimizer

if TYPE_CHECKING:
    import torch

    from training.config import TrainConfig
    from training.world import World

TAG = "zero"


@contextlib.contextmanager
def process_group(gpu: bool) -> Iterator[None]:
    """The group DeepSpeed talks through: Ray's where there is one, else a group of this one process, closed afterwards.

    DeepSpeed keeps groups in module globals; after a lone run they would point at the closed group, so they are reset.
    """
    if not gpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # read when deepspeed is imported
    import torch
    import torch.distributed as dist

    if dist.is_initialized():
        yield
        return
    alone = "LOCAL_RANK" not in os.environ
    os.environ.setdefault("LOCAL_RANK", "0")
    store = torch.distributed.HashStore()  # type: ignore[attr-defined]
    dist.init_process_group("nccl" if gpu else "gloo", store=store, rank=0, world_size=1)
    _forget_groups()
    try:
        yield
    finally:
        dist.destroy_process_group()
        _forget_groups()
        if alone:  # other libraries take it for a sign that a launcher has started this process
            del os.environ["LOCAL_RANK"]


def _forget_groups() -> None:
    import deepspeed

    importlib.reload(deepspeed.utils.groups)
    deepspeed.comm.comm.cdb = None


class DeepSpeedEngine:
    """`Engine` over `deepspeed.initialize`."""

    def __init__(self, model: torch.nn.Module, config: TrainConfig, world: World) -> None:
        import deepspeed

        options = config.train
        self.scale = world.size * options.grad_accumulation  # DeepSpeed averages over both; our losses are shares
        self.engine, *_ = deepspeed.initialize(
            model=model,
            model_parameters=[p for p in model.parameters() if p.requires_grad],
            optimizer=_optimizer(model, config),
            dist_init_required=False,
            config=settings(config),
        )
        self.unsharded, self.grad_clip = _is_unsharded(config), options.grad_clip
        if self.unsharded and world.size == 1:
            self.engine.enable_backward_allreduce = False  # it would copy all gradients to share them with nobody
        self.model: Any = self.engine
        self.device = self.engine.device

    def backward(self, loss: torch.Tensor, last: bool) -> None:
        self.engine.backward(loss * self.scale)
        if not last:
            self.engine.step()  # counts the micro-batch; the update happens at the last one

    def step(self, lr: float) -> float:
        for group in self.engine.optimizer.param_groups:
            group["lr"] = lr
        whole = self._clipped() if self.unsharded else 0.0
        self.engine.step()
        return whole or float(self.engine.get_global_grad_norm() or 0.0)

    def _clipped(self) -> float:
        """Norm of the gradients before they were clipped; DeepSpeed tells it of those that it holds itself alone, and clips them."""
        import torch

        return float(torch.nn.utils.clip_grad_norm_(self.engine.module.parameters(), self.grad_clip))

    def training(self, on: bool) -> None:
        self.engine.train(on)

    def save(self, folder: Path) -> None:
        self.engine.save_checkpoint(str(folder), tag=TAG, save_latest=False, exclude_frozen_parameters=True)

    def load(self, folder: Path) -> None:
        self.engine.load_checkpoint(str(folder), tag=TAG, load_module_strict=False)


def _optimizer(model: torch.nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """torch's AdamW, or DeepSpeed's own where states are in host memory: it takes no other there."""
    optimizer = make_optimizer(model, config.train)
    if config.deepspeed.offload == "none":
        return optimizer
    from deepspeed.ops.adam import DeepSpeedCPUAdam

    return DeepSpeedCPUAdam(optimizer.param_groups, lr=config.train.lr, betas=config.train.betas)


def _is_unsharded(config: TrainConfig) -> bool:
    """Whether gradients are those of the model itself, whole."""
    return config.deepspeed.stage == 0 and config.deepspeed.precision == "float32"


def settings(config: TrainConfig) -> dict[str, Any]:
    """DeepSpeed's own configuration."""
    options, device = config.train, "cuda" if config.workers.gpu else "cpu"
    return {
        "train_micro_batch_size_per_gpu": options.batch_size,
        "gradient_accumulation_steps": options.grad_accumulation,
        "gradient_clipping": 0.0 if _is_unsharded(config) else options.grad_clip,
        "zero_optimization": _zero(config),
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": config.deepspeed.precision == "bfloat16"},
        "fp16": {"enabled": config.deepspeed.precision == "float16"},
        "torch_autocast": {"enabled": autocasts(options, device), "dtype": "bfloat16"},
        "steps_per_print": 10**9,
    }


def _zero(config: TrainConfig) -> dict[str, Any]:
    sharding = config.deepspeed
    host = {"device": "cpu", "pin_memory": config.workers.gpu}
    return {
        "stage": sharding.stage,
        "overlap_comm": False,
        **({"offload_optimizer": host} if sharding.offload != "none" else {}),
        **({"offload_param": host} if sharding.offload == "all" else {}),
    }


def consolidated(folder: Path) -> dict[str, torch.Tensor]:
    """Float32 trainable weights from the shards of all workers, on one process without a group."""
    import torch
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

    if not any((folder / TAG).glob("*zero_pp_rank_*_optim_states.pt")):  # stage 0 in float32: whole weights in one file
        return dict(
            torch.load(folder / TAG / "mp_rank_00_model_states.pt", map_location="cpu", weights_only=False)["module"]
        )
    return dict(get_fp32_state_dict_from_zero_checkpoint(str(folder), tag=TAG, exclude_frozen_parameters=True))
