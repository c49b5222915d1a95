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
from typing import TYPE_CHECKING, Any

from benchmarks.gpu_setup import (
    TOKENIZER,
    Peak,
    batch_that_fits,
    memory_of,
    open_session,
    random_rows,
    random_weights,
    train_config,
    wait,
)
from toolschool.methods.toolformer.presets import PRESETS, Preset
from toolschool.models import backbone
from toolschool.models.backbone import ModelConfig
from training.flops import ModelShape, flops_per_token, peak_flops
from training.memory import GIB, estimate, gpu_bytes, layout_of, model_sizes

if TYPE_CHECKING:
    from toolschool.methods.toolformer.tools import InlineTool
    from toolschool.models.scoring import Row

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


def train(name: str, adapter: str, size: Size, device: str) -> Line:
    """Steps of the training loop; the peak beside what training/memory.py said."""
    from training.logs import Clock
    from training.loop import train_step

    room = gpu_bytes(memory_of(device) / GIB)
    config = train_config(name, adapter, size.length)
    rows = max(1, batch_that_fits(config, size.most, room))
    config = train_config(name, adapter, size.length, rows)
    sizes, shape = model_sizes(config.model)
    peak = Peak(device)
    data = random_rows(4 * rows, size.length, sizes.vocabulary)
    session = open_session(config, random_weights(config.model, device), data, size.steps, device)
    clock = Clock()
    train_step(session, 0, config.train.lr)  # makes the optimiser's states, and compiles what compiles itself
    for step in range(1, size.steps + 2):
        clock.tick(train_step(session, step, config.train.lr).tokens)
    wait(device)
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
    sizes, shape = model_sizes(config)
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
    sizes, shape = model_sizes(config)
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
    wait(device)
    began = time.perf_counter()
    for _ in range(times):
        run()
    wait(device)
    return (time.perf_counter() - began) / times


def _share(flops_per_s: float, device: str) -> float | None:
    import torch

    peak = peak_flops(torch.cuda.get_device_name()) if device == "cuda" else None
    return flops_per_s / peak if peak else None
