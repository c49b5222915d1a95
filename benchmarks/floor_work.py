"""The stages that are held against the machine's floor: scoring, annotating, a training step, decoding. Each says how much it did.

    lm = open_lm("assets/nano")
    scoring(lm, rows)()                 # Did(operations, tokens): run once

Operations are those of training/flops.py (a third of a training step's for a forward pass), for real tokens: padding, softmax, norms and whatever else
there is count as nothing, so that a stage cannot look better by wasting. A step of decoding reads all weights, which is its floor by memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.gpu_arms import TEXT, calculator, forward_flops
from benchmarks.gpu_setup import open_session, random_rows, wait
from toolschool.methods.toolformer.presets import PRESETS
from toolschool.models.scoring import Row, Scorer
from training.flops import ModelShape, flops_per_token, model_shape, typical_length

if TYPE_CHECKING:
    from toolschool.models.engines import TransformersEngine
    from toolschool.models.likelihood import LocalLM

NANO = "assets/nano"
CALL, WINDOW = 24, 5  # tokens of a call with its result before a text; tokens whose loss the filter wants
SENTENCES = 5  # of the text that is annotated
STEP_ROWS, STEP_LENGTH = 16, 144  # of a training step
WRITTEN = 48  # tokens that are decoded


class Did(NamedTuple):
    """What a run was: operations, real tokens forwarded, and bytes of weights that decoding had to read."""

    operations: float
    tokens: float
    weights: float = 0.0


def shape_of(model: Any) -> tuple[ModelShape, int]:
    """A model's shape, and the weights of its output layer."""
    shape = model_shape(model)
    assert shape is not None
    return shape, model.config.vocab_size * model.config.hidden_size


def scored_rows(tokenizer: Any, count: int) -> list[Row]:
    """As the filter has them: a call before a text of mixed length, the loss of five tokens wanted."""
    from benchmarks.training_rows import mixed

    call = list(tokenizer(TEXT, add_special_tokens=False)["input_ids"])[:CALL]
    texts = [row.input_ids.tolist() for row in mixed(tokenizer, count, "validation")]
    return [Row([*call, *ids], wanted=range(len(call) + len(ids) - WINDOW, len(call) + len(ids))) for ids in texts]


def scoring(model: Any, rows: Sequence[Row], budget: int | None = None) -> Callable[[], Did]:
    """All rows, in batches of so many padded tokens."""
    scorer, (shape, head) = Scorer(model, budget), shape_of(model)
    lengths = [len(row.ids) for row in rows]
    wanted = sum(len(row.wanted) for row in rows)
    did = Did(forward_flops(shape, head, sum(lengths), wanted, typical_length(lengths)), sum(lengths))

    def run() -> Did:
        scorer.score(rows)
        return did

    return run


def annotating(lm: LocalLM) -> Callable[[], Did]:
    """Places and samples of one text, the calculator's way."""
    from toolschool.methods.toolformer.annotation import Annotator
    from toolschool.methods.toolformer.documents import encode
    from toolschool.methods.toolformer.markers import Markers

    annotator = Annotator(lm, calculator(PRESETS["calculator"]), Markers())
    text, (shape, head) = TEXT * SENTENCES, shape_of(lm.model)
    ids = encode(lm.tokenizer, text).ids
    likely = dict.fromkeys(range(1, len(ids)), 10.0)  # nats of L_i(ε): every place may have a call

    def run() -> Did:
        before = lm.tokens
        annotator.annotate(text, ids, likely, "0")
        tokens = lm.tokens - before
        # Each sampled token and each of the text's stands behind the prompt and half of the text, on average.
        return Did(forward_flops(shape, head, tokens, tokens, 2.0 * len(ids)), tokens)

    return run


def training(model: Any, device: str) -> Callable[[], Did]:
    """A step of our loop with AdamW over all weights; on a CPU in float32, on a GPU under bfloat16 autocast."""
    from toolschool.config import build
    from training.config import TrainConfig
    from training.loop import train_step

    train = {"autocast": device == "cuda", "max_length": STEP_LENGTH, "batch_size": STEP_ROWS, "lr": 1e-5}
    output = {"storage": "-", "name": "floor"}
    config = build(
        TrainConfig, {"rows": "-", "engine": "plain", "model": {"name": NANO}, "train": train, "output": output}
    )
    rows = random_rows(STEP_ROWS, STEP_LENGTH, model.config.vocab_size)
    session = open_session(config, model, rows, 1, device)
    shape, tokens = model_shape(model), STEP_ROWS * STEP_LENGTH
    assert shape is not None
    did = Did(flops_per_token(shape, STEP_LENGTH) * tokens, tokens)

    def run() -> Did:
        train_step(session, 0, config.train.lr)
        wait(device)
        return did

    return run


def decoding(engine: TransformersEngine, prompts: Sequence[str]) -> Callable[[], Did]:
    """`generate` without a grammar, all prompts in one batch."""
    shape, head = shape_of(engine.model)
    bytes_of = sum(weight.numel() * weight.element_size() for weight in engine.model.parameters())
    lengths = [len(engine.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in prompts]

    def run() -> Did:
        written = [one.tokens for one in engine.generate(prompts, max_new_tokens=WRITTEN)]
        tokens, length = sum(lengths) + sum(written), (sum(lengths) + sum(written) / 2) / len(prompts)
        return Did(forward_flops(shape, head, tokens, sum(written), length), tokens, bytes_of * max(written))

    return run


def stages(device: str, dtype: str, best: int, rows: Sequence[Row]) -> dict[str, Callable[[], Did]]:
    """All of them on nano; decoding on one prompt and on sixteen."""
    from toolschool.models.engines import TransformersEngine
    from toolschool.models.likelihood import LocalLM

    engine = TransformersEngine.load(NANO, dtype)
    engine.model.to(device)
    learner = TransformersEngine.load(NANO).model.to(device).train()
    halves = (row.ids[: len(row.ids) // 2] for row in rows[:16])  # which want to go on
    texts = [engine.tokenizer.decode(ids) for ids in halves]
    named = {
        f"scoring, {best:,} tokens a batch": scoring(engine.model, rows, best),
        "annotating a text": annotating(LocalLM(engine.model, engine.tokenizer)),
        f"a training step of {STEP_ROWS} rows": training(learner, device),
        "decoding one text": decoding(engine, texts[:1]),
        "decoding sixteen texts": decoding(engine, texts),
    }
    return {name: partial(_waited, run, device) for name, run in named.items()}


def _waited(run: Callable[[], Did], device: str) -> Did:
    did = run()
    wait(device)
    return did
