"""What `python -m benchmarks gpu` measures: our training step, Toolformer's filter and its annotation. Torch, transformers and peft alone.

    size = Size(models=("TinyLlama/TinyLlama-1.1B-Chat-v1.0",))
    train("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "lora", size, "cuda")     # Line(tokens_per_s=..., mfu=..., peak=..., said=...)

Models have the architecture's sizes and random weights, made on the device: speed and memory do not depend on the values. Neither
Ray nor DeepSpeed is imported. Limits: a random model writes calls that hardly ever close, so every sample of the annotation runs to its
limit: its tokens a text are the most there can be; rows have one length, so nothing is padding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from toolschool.config import build
from toolschool.methods.toolformer.presets import PRESETS, Preset
from toolschool.models import backbone, shapes
from toolschool.models.backbone import ModelConfig
from training.config import TrainConfig
from training.flops import ModelShape, flops_per_token, peak_flops
from training.memory import GIB, ModelSizes, estimate, gpu_bytes, largest_batch, layout_of, model_sizes

if TYPE_CHECKING:
    from toolschool.methods.toolformer.tools import InlineTool
    from training.loop import Session
    from training.rows import Row

TOKENIZER = "assets/nano"  # its words are in every vocabulary that is measured: ids below its size
TEXT = "A shop sells 12 boxes of 8 pens each day, so it sells 96 pens a day and 672 pens a week. "
PROMPT = "Add calls to a Calculator to a text.\n\nInput: 3 boxes of 4 are 12.\nOutput: 3 boxes of 4 are [Calculator(3*4)] 12.\n\nInput: {text}\nOutput:"
CALL = 12  # tokens of a call; its result has as many again
PER_PLACE = 2  # calls


@dataclass(frozen=True)
class Size:
    """How much is measured; the defaults are those of a large GPU."""

    models: tuple[str, ...]
    length: int = 1024  # tokens of a training row
    most: int = 32  # rows in a forward pass
    steps: int = 8  # that are timed
    sentences: int = 5  # of a text that is scored and annotated
    texts: int = 2
    preset: Preset = PRESETS["calculator"]


@dataclass(frozen=True)
class Line:
    """A row of the table. `mfu` and `peak` (bytes) are None where the device's are not known, `said` where nothing is foretold."""

    model: str
    what: str
    rows: int  # in a forward pass; calls of a text; places of a text
    tokens_per_s: float
    mfu: float | None
    peak: float | None
    said: float | None = None


def sizes_of(config: ModelConfig) -> tuple[ModelSizes, ModelShape]:
    """A model's sizes for its memory, and for its arithmetic."""
    sizes, tied = model_sizes(config)
    return sizes, sizes.shape(tied)


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
    sizes, _ = sizes_of(config.model)
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


def train(name: str, adapter: str, size: Size, device: str) -> Line:
    """Steps of the training loop; the peak beside what training/memory.py said."""
    from training.logs import Clock
    from training.loop import train_step

    room = gpu_bytes(_memory(device) / GIB)
    config = train_config(name, adapter, size.length)
    rows = max(1, batch_that_fits(config, size.most, room))
    config = train_config(name, adapter, size.length, rows)
    sizes, shape = sizes_of(config.model)
    peak = Peak(device)
    data = random_rows(4 * rows, size.length, sizes.vocabulary)
    session = open_session(config, random_weights(config.model, device), data, size.steps, device)
    clock = Clock()
    train_step(session, 0, config.train.lr)  # makes the optimiser's states, and compiles what compiles itself
    for step in range(1, size.steps + 2):
        clock.tick(train_step(session, step, config.train.lr).tokens)
    _wait(device)
    rate = clock.speed(0)["tokens_per_s"]
    said = estimate(sizes, layout_of(config, 1), batch=rows, length=size.length).total
    mfu = _share(rate * flops_per_token(shape, size.length), device)
    return Line(name, f"train, {adapter}", rows, rate, mfu, peak.bytes(), said)


def score(name: str, size: Size, device: str) -> Line:
    """Toolformer's filter: the losses of a text behind no call, behind calls, and behind calls with their results."""
    from toolschool.methods.toolformer.losses import prefixed_losses
    from toolschool.models.scoring import Scorer
    from training.flops import typical_length

    class Counting(Scorer):
        """Remembers the lengths of what it scored, and how many tokens were asked for."""

        lengths: list[int]
        wanted = 0

        def score(self, rows: Sequence[Row]) -> Any:
            self.lengths = [len(row.ids) for row in rows]
            self.wanted = sum(len(row.wanted) for row in rows)
            return super().score(rows)

    config = ModelConfig(name=name, dtype="bfloat16")
    sizes, shape = sizes_of(config)
    peak = Peak(device)
    scorer = Counting(random_weights(config, device))
    ids = _text_ids(size)
    wanted = _wanted(len(ids), size.preset.k)
    seconds = _timed(lambda: prefixed_losses(scorer, ids, wanted), size.texts, device)
    tokens = sum(scorer.lengths)
    flops = forward_flops(shape, sizes.vocabulary * sizes.hidden, tokens, scorer.wanted, typical_length(scorer.lengths))
    rate = tokens / seconds
    return Line(name, "score calls", len(wanted), rate, _share(flops / seconds, device), peak.bytes())


def annotate(name: str, size: Size, device: str) -> Line:
    """Toolformer's sampling of calls: k places of a text with m samples each, the calculator's way."""
    from toolschool.methods.toolformer.annotation import Annotator
    from toolschool.methods.toolformer.documents import encode
    from toolschool.methods.toolformer.markers import Markers
    from toolschool.models.likelihood import LocalLM

    config = ModelConfig(name=name, dtype="bfloat16")
    sizes, shape = sizes_of(config)
    peak = Peak(device)
    lm = LocalLM(random_weights(config, device), backbone.load_tokenizer(ModelConfig(name=TOKENIZER)))
    annotator = Annotator(lm, calculator(size.preset), Markers())
    text = TEXT * size.sentences
    ids = encode(lm.tokenizer, text).ids
    likely = dict.fromkeys(range(1, len(ids)), 10.0)  # nats of L_i(ε): a random model finds nothing likely
    before = lm.tokens
    seconds = _timed(lambda: annotator.annotate(text, ids, likely, "0"), size.texts, device)
    tokens = (lm.tokens - before) / (size.texts + 1)
    flops = forward_flops(shape, sizes.vocabulary * sizes.hidden, tokens, tokens - len(ids), 2.0 * len(ids))
    return Line(name, "annotate", size.preset.k, tokens / seconds, _share(flops / seconds, device), peak.bytes())


def calculator(preset: Preset) -> InlineTool:
    """A calculator whose calls are written and not run, so that nothing need be installed that runs them."""
    from toolschool.methods.toolformer.tools import InlineTool
    from toolschool.records import Tool

    async def never(expression: str) -> str:
        raise AssertionError("calls are sampled here, not run")

    parameters = {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}
    return InlineTool("Calculator", Tool("calculator", "Computes.", parameters, run=never), PROMPT, preset=preset)


def forward_flops(shape: ModelShape, head: int, tokens: float, outputs: float, length: float) -> float:
    """Operations of forward passes: 2 N + 4 L H Q T a token (a third of training/flops.py's), the output layer only where it is asked."""
    return 2 * (shape.weights - head) * tokens + 2 * head * outputs + 4 * shape.layers * shape.width * length * tokens


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


def _text_ids(size: Size) -> list[int]:
    tokenizer = backbone.load_tokenizer(ModelConfig(name=TOKENIZER))
    return list(tokenizer(TEXT * size.sentences, add_special_tokens=False)["input_ids"])


def _wanted(length: int, places: int) -> set[tuple[tuple[int, ...], int]]:
    """No call, calls and calls with their results, at so many places spread over a text."""
    import random

    draw = random.Random(0)
    wanted: set[tuple[tuple[int, ...], int]] = set()
    for place in {1 + i * (length - 1) // places for i in range(places)}:
        wanted.add(((), place))
        for _ in range(PER_PLACE):
            call = tuple(draw.randrange(5, 1000) for _ in range(2 * CALL))
            wanted |= {(call[:CALL], place), (call, place)}
    return wanted


def _timed(run: Callable[[], object], times: int, device: str) -> float:
    """Seconds of one run, after one that does not count."""
    run()
    _wait(device)
    began = time.perf_counter()
    for _ in range(times):
        run()
    _wait(device)
    return (time.perf_counter() - began) / times


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def _memory(device: str) -> float:
    """Bytes of the device; a CPU's are not asked for."""
    import torch

    return float(torch.cuda.get_device_properties(0).total_memory) if device == "cuda" else float("inf")


def _share(flops_per_s: float, device: str) -> float | None:
    import torch

    peak = peak_flops(torch.cuda.get_device_name()) if device == "cuda" else None
    return flops_per_s / peak if peak else None
