"""The step through DeepSpeed: ZeRO 1 to 3, torch AdamW, float32, bfloat16 or autocast. The only file that imports it.

Works in a Ray Train worker (whose process group it uses) and in a lone process (it makes a group of one). The shared
memory kernels of its CPU backend are compiled once per machine, about a minute, and cached. Limits: no CPU offload, no
fp16; under ZeRO-3 every worker first loads the whole model into host memory.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.engines import make_optimizer

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
    os.environ.setdefault("LOCAL_RANK", "0")
    store = torch.distributed.HashStore()  # type: ignore[attr-defined]
    dist.init_process_group("nccl" if gpu else "gloo", store=store, rank=0, world_size=1)
    _forget_groups()
    try:
        yield
    finally:
        dist.destroy_process_group()
        _forget_groups()


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
            optimizer=make_optimizer(model, options),
            dist_init_required=False,
            config=settings(config),
        )
        self.model: Any = self.engine
        self.device = self.engine.device

    def backward(self, loss: torch.Tensor, last: bool) -> None:
        self.engine.backward(loss * self.scale)
        if not last:
            self.engine.step()  # counts the micro-batch; the update happens at the last one

    def step(self, lr: float) -> float:
        for group in self.engine.optimizer.param_groups:
            group["lr"] = lr
        self.engine.step()
        return float(self.engine.get_global_grad_norm() or 0.0)

    def training(self, on: bool) -> None:
        self.engine.train(on)

    def save(self, folder: Path) -> None:
        self.engine.save_checkpoint(str(folder), tag=TAG, save_latest=False, exclude_frozen_parameters=True)

    def load(self, folder: Path) -> None:
        self.engine.load_checkpoint(str(folder), tag=TAG, load_module_strict=False)


def settings(config: TrainConfig) -> dict[str, Any]:
    """DeepSpeed's own configuration."""
    options = config.train
    return {
        "train_micro_batch_size_per_gpu": options.batch_size,
        "gradient_accumulation_steps": options.grad_accumulation,
        "gradient_clipping": options.grad_clip,
        "zero_optimization": {"stage": config.deepspeed.stage, "overlap_comm": False},
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": config.deepspeed.bf16},
        "torch_autocast": {"enabled": options.autocast, "dtype": "bfloat16"},
        "steps_per_print": 10**9,
    }


def consolidated(folder: Path) -> dict[str, torch.Tensor]:
    """Float32 trainable weights from the shards of all workers, on one process without a group."""
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

    return dict(get_fp32_state_dict_from_zero_checkpoint(str(folder), tag=TAG, exclude_frozen_parameters=True))
