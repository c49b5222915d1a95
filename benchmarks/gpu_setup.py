"""What the arms of `python -m benchmarks gpu` and the tests of tests/gpu begin with: configurations, models, rows, a session, memory.

config = train_config("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "lora", length=1024, rows=8)
session = open_session(config, random_weights(config.model, "cuda"), rows, steps=8, device="cuda")
training.loop.train_step(session, 0, 1e-5)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from toolschool.config import build
from toolschool.models import backbone, shapes
from toolschool.models.backbone import ModelConfig
from training.config import TrainConfig
from training.memory import largest_batch, layout_of, model_sizes

if TYPE_CHECKING:
    from training.loop import Session
    from training.rows import Row

TOKENIZER = "assets/nano"  # its ids are below the size of every vocabulary that is measured


def train_config(name: str, adapter: str, length: int, rows: int = 1) -> TrainConfig:
    """As on one GPU: all weights in float32 under bfloat16 autocast, or an adapter over a base in bfloat16."""
    full = adapter == "full"
    return build(
        TrainConfig,
        {
            "rows": "-",
            "engine": "plain",
            "model": {"name": name, "adapter": adapter, "dtype": "float32" if full else "bfloat16"},
            "train": {"autocast": full, "max_length": length, "batch_size": rows, "lr": 1e-5},
            "output": {"storage": "-", "name": "gpu"},
        },
    )


def batch_that_fits(config: TrainConfig, most: int, room: float) -> int:
    """Rows in a forward pass as `toolschool plan` chooses them; 0: not even one fits into `room` bytes."""
    sizes, _ = model_sizes(config.model)
    return largest_batch(sizes, layout_of(config, 1), length=config.train.max_length, most=most, room=room)


def random_rows(count: int, length: int, vocabulary: int) -> list[Row]:
    """Rows of one length, every token supervised."""
    import numpy as np

    from training.rows import Row

    made = np.random.default_rng(0).integers(1, vocabulary, (count, length), dtype=np.int64)
    return [Row(f"{i:05d}", ids, ids) for i, ids in enumerate(made)]


def open_session(config: TrainConfig, model: Any, rows: Sequence[Row], steps: int, device: str) -> Session:
    """The loop's own session around a ready model: what `training.loop.train_step` needs, in this process."""
    from training.engines import PlainEngine
    from training.loop import Session
    from training.objectives.causal_lm import CausalLM
    from training.order import Order, single_units
    from training.world import World

    options = config.train
    objective = CausalLM(config, backbone.load_tokenizer(ModelConfig(name=TOKENIZER)))
    order = Order(single_units(len(rows)), batch_size=options.batch_size, world=1, accumulation=1, seed=options.seed)
    return Session(
        config=config,
        objective=objective,
        engine=PlainEngine(model, options, World(), device),
        order=order,
        rows=cast(Any, rows),
        validation=None,
        weights=[objective.weight(row) for row in rows],
        world=World(),
        reporter=cast(Any, None),  # nothing is saved
        total=steps,
    )


def random_weights(config: ModelConfig, device: str) -> Any:
    """The model as `backbone.load` gives it, its weights drawn on the device."""
    import torch

    with torch.device(device):
        model: Any = shapes.random_model(shapes.shape_config(str(config.name)), 0, backbone.dtype(config.dtype))
    model.config.use_cache = False
    return model if config.adapter == "full" else backbone.with_lora(model, config.lora, [])


class Peak:
    """The most memory that tensors held since this was made; None on a CPU."""

    def __init__(self, device: str) -> None:
        import gc

        import torch

        self.device = device
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def bytes(self) -> float | None:
        import torch

        return float(torch.cuda.max_memory_allocated()) if self.device == "cuda" else None


def wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def memory_of(device: str) -> float:
    """Bytes of the device; a CPU's are not asked for."""
    import torch

    return float(torch.cuda.get_device_properties(0).total_memory) if device == "cuda" else float("inf")
