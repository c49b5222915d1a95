"""Which layouts of a training fit on given GPUs, what each would cost, and which one to take. Pure; needs no GPU.

    offers = offer_all(config, hardware, sizes, shape, work)       # every layout, whether it fits or not
    choose(offers)                                                 # None: nothing fits
    alternatives(config, hardware, work)                           # what would: other adapters, checkpointing, more GPUs

Step times are arithmetic over `hardware.mfu` of the peak; what workers say to each other, and what offloading moves, is not in them.
The batch of a step stays the recipe's: micro-batch times accumulation times GPUs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from toolschool.config import Config, build, override
from toolschool.errors import ConfigError
from training.flops import ModelShape, flops_per_token, peak_flops
from training.memory import MEMORY, Memory, ModelSizes, estimate, gpu_bytes, largest_batch, layout_of, model_sizes

if TYPE_CHECKING:
    from training.config import TrainConfig

ENOUGH = 2048  # tokens in a forward pass from which a larger one gains little
NO_BFLOAT16 = ("V100", "T4")
MOST_GPUS = 256


class Hardware(Config):
    """The GPUs that a plan is made for."""

    gpu: str = "A100 80GB"
    """What they are called; memory and peak of the usual ones are known."""
    count: int = Field(default=1, ge=1)
    """How many."""
    gib: float | None = Field(default=None, gt=0)
    """Memory of one; default: what the usual ones have."""
    price: float | None = Field(default=None, gt=0)
    """What an hour of one costs."""
    mfu: float = Field(default=0.35, gt=0, le=1)
    """Share of the peak that the arithmetic reaches; put in what you have measured."""

    def memory(self) -> float:
        """GiB of one. ConfigError: nobody knows."""
        known = [name for name in MEMORY if name in self.gpu]
        if self.gib is None and not known:
            raise ConfigError(f"the memory of {self.gpu} is not known: set hardware.gib, or one of {', '.join(MEMORY)}")
        return self.gib or MEMORY[max(known, key=len)]

    def peak(self) -> float:
        """Operations a second of one. ConfigError: nobody knows."""
        found = peak_flops(self.gpu)
        if found is None:
            raise ConfigError(f"the peak of {self.gpu} is not known: name one of {', '.join(MEMORY)}")
        return found


@dataclass(frozen=True)
class Work:
    """What is to be computed."""

    length: float  # mean tokens of a row
    rows: int | None = None  # of an epoch, where they are known


@dataclass(frozen=True)
class Offer:
    """A layout on the hardware."""

    name: str
    settings: Mapping[str, Any]  # dotted keys of the training configuration
    memory: Memory  # per GPU, with `batch` rows, or with one where none fits
    batch: int  # rows in a forward pass; 0: does not fit
    full: bool  # a larger one would gain little, or be more than the recipe's step
    step_s: float
    steps: int | None  # of the whole run, where its rows are known
    cost: float | None  # of the whole run


def candidates(config: TrainConfig, hardware: Hardware) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and settings, from the layout that communicates least."""
    narrow = not any(name in hardware.gpu for name in NO_BFLOAT16)
    whole: dict[str, Any] = {"engine": "plain"}
    if config.model.adapter == "qlora":
        yield "whole models", {**whole, "model.dtype": "bfloat16" if narrow else "float32"}
        return
    if config.train.optimizer != "adamw":
        yield "whole models", whole
        return
    precision = "bfloat16" if narrow else "float16"
    common = {"engine": "deepspeed", "deepspeed.precision": precision, "train.autocast": False}
    for stage in (0, 1, 2, 3) if hardware.count > 1 else (0,):
        yield f"ZeRO-{stage}", {**common, "deepspeed.stage": stage, "deepspeed.offload": "none"}
    yield "ZeRO-2 + host", {**common, "deepspeed.stage": 2, "deepspeed.offload": "optimizer"}
    yield "ZeRO-3 + host", {**common, "deepspeed.stage": 3, "deepspeed.offload": "all"}


def offer_all(config: TrainConfig, hardware: Hardware, sizes: ModelSizes, shape: ModelShape, work: Work) -> list[Offer]:
    """Every candidate on the hardware."""
    return [
        _offer(name, settings, _with(config, settings), hardware, sizes, shape, work)
        for name, settings in candidates(config, hardware)
    ]


def choose(offers: Sequence[Offer]) -> Offer | None:
    """The first that holds enough in a forward pass, or a whole step's share; else the one that holds most; None: nothing fits."""
    fitting = [offer for offer in offers if offer.batch]
    enough = [offer for offer in fitting if offer.full]
    return enough[0] if enough else max(fitting, key=lambda offer: offer.batch, default=None)


def alternatives(config: TrainConfig, hardware: Hardware, work: Work) -> list[str]:
    """What would fit where nothing does, one change at a time, in words."""
    again = {} if config.model.gradient_checkpointing else {"model.gradient_checkpointing": True}
    less = {"full": ("lora", "qlora"), "lora": ("qlora",), "qlora": ()}[config.model.adapter]
    changes: list[dict[str, Any]] = [
        *([again] if again else []),
        *({"model.adapter": adapter, **again} for adapter in less),
    ]
    found = [_said(change) for change in changes if _fits(_with(config, change), [hardware], work)]
    counts = [hardware.count << n for n in range(1, MOST_GPUS.bit_length()) if hardware.count << n <= MOST_GPUS]
    enough = _fits(config, [hardware.model_copy(update={"count": count}) for count in counts], work)
    return [*found, f"hardware.count={enough.count}"] if enough else found


def _said(settings: Mapping[str, Any]) -> str:
    return " and ".join(f"{key}={str(value).lower()}" for key, value in settings.items())


def _fits(config: TrainConfig, choices: Sequence[Hardware], work: Work) -> Hardware | None:
    """The first on which it fits."""
    sizes, shape = model_sizes(config.model)
    return next((each for each in choices if choose(offer_all(config, each, sizes, shape, work))), None)


def _with(config: TrainConfig, settings: Mapping[str, Any]) -> TrainConfig:
    """The configuration with other settings; what only other engines take is left at its default."""
    return build(type(config), override(config.model_dump(mode="json", exclude_unset=True), settings))


def _offer(
    name: str,
    settings: Mapping[str, Any],
    config: TrainConfig,
    hardware: Hardware,
    sizes: ModelSizes,
    shape: ModelShape,
    work: Work,
) -> Offer:
    options, layout = config.train, layout_of(config, hardware.count)
    micro = max(1, (options.batch_tokens or 0) // options.max_length) if options.batch_tokens else options.batch_size
    step_rows = micro * options.grad_accumulation * max(1, config.workers.count)
    share = max(1, step_rows // hardware.count)
    room = gpu_bytes(hardware.memory())
    batch = largest_batch(sizes, layout, length=options.max_length, most=share, room=room)
    accumulation = max(1, share // max(1, batch))
    rows = max(1, batch) * accumulation * hardware.count
    again = 4 / 3 if layout.checkpointing else 1.0  # the forward pass once more
    work_flops = rows * work.length * flops_per_token(shape, work.length) * again
    step_s = work_flops / (hardware.count * hardware.peak() * hardware.mfu)
    steps = options.max_steps or (math.ceil(work.rows * options.epochs / rows) if work.rows else None)
    hours = steps * step_s / 3600 if steps else None
    batching = (
        {"train.batch_tokens": batch * options.max_length} if options.batch_tokens else {"train.batch_size": batch}
    )
    return Offer(
        name=name,
        settings={**settings, **batching, "train.grad_accumulation": accumulation, "workers": hardware.count},
        memory=estimate(sizes, layout, batch=max(1, batch), length=options.max_length),
        batch=batch,
        full=batch * options.max_length >= ENOUGH or batch >= share,
        step_s=step_s,
        steps=steps,
        cost=hours * hardware.count * hardware.price if hours and hardware.price else None,
    )
