"""Probes of a base model: does it know what calls, results and documentation are, before any method trains it?

    model, tokenizer = ...                                          # any causal LM
    found = call_signal(model, tokenizer, texts)                    # texts with inline calls
    found.right, found.wrong                                        # shares, with intervals
    call_samples(model, tokenizer, texts, seed=0)                   # share of sampled calls that are well formed
    request_ranks(documents, requests, encode)                      # does a written request fit its tool?

Torch and transformers only. Text rows are encoded as in training: no token before the text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.datasets.inline_calls import CALL, annotation_prompt, plain, without_results
from toolschool.errors import ToolError
from toolschool.evaluation.intervals import Interval, rate
from toolschool.methods.toolformer.losses import prefixed_losses
from toolschool.models.scoring import Scorer
from toolschool.tools.calculator import calculate

if TYPE_CHECKING:
    import numpy as np

_SAMPLED = re.compile(r"\s?Calculator\(([^\[\]]*)\)\]")
MAX_CALL_TOKENS = 40


@dataclass(frozen=True)
class CallSignal:
    """Shares of calls before which the loss falls, as Toolformer's filter measures it with threshold 0.

    `right`: with the call's own result; `wrong`: with another number. `gain` is the mean fall in nats with the right one.
    """

    right: Interval
    wrong: Interval
    gain: float


def call_signal(model: Any, tokenizer: Any, texts: Sequence[str], seed: int = 0) -> CallSignal:
    """Loss of the five tokens behind each call, with the call and a result put before the whole text (reference 2.3)."""
    scorer = Scorer(model)
    right, wrong, gains = [], [], []
    for text in texts:
        rng = random.Random(f"{seed}/{text}")
        tokens = tokenizer(plain(text), add_special_tokens=False)["input_ids"]
        for which, place in enumerate(_places(text, tokenizer)):
            name, argument, result = CALL.findall(text)[which]
            texts_before = (f"[{name}({argument})->{r}] " for r in ("", result, wrong_number(result, rng)))
            heads = [(), *(tuple(tokenizer(head, add_special_tokens=False)["input_ids"]) for head in texts_before)]
            losses = prefixed_losses(scorer, tokens, {(head, place) for head in heads})
            nothing, empty, true, false = (losses[head, place] for head in heads)
            before = min(nothing, empty)
            right.append(true < before)
            wrong.append(false < before)
            gains.append(before - true)
    return CallSignal(rate(right), rate(wrong), sum(gains) / max(1, len(gains)))


def _places(text: str, tokenizer: Any) -> Iterator[int]:
    """For every call the number of the first token of the plain text behind it."""
    for match in CALL.finditer(text):
        before = plain(text[: match.start()]).rstrip(" ")
        yield max(1, len(tokenizer(before, add_special_tokens=False)["input_ids"]))


def wrong_number(result: str, rng: random.Random) -> str:
    """Another number of the same form: every digit is another one."""
    other = "".join(
        rng.choice([d for d in "123456789" if d != letter]) if letter.isdigit() else letter for letter in result
    )
    return other if other != result else result + "1"


@dataclass(frozen=True)
class CallSamples:
    """Of calls sampled behind the short prompt: well formed (the calculator gives a result), and of numbers in the text."""

    well_formed: Interval
    of_the_text: Interval
    examples: tuple[str, ...]


def call_samples(model: Any, tokenizer: Any, texts: Sequence[str], seed: int = 0) -> CallSamples:
    """One call sampled (temperature 1) at every gold place, behind `annotation_prompt` and the text up to there."""
    import torch

    torch.manual_seed(seed)
    well_formed, of_the_text, examples = [], [], []
    for text in texts:
        for match in CALL.finditer(text):
            prompt = f"{annotation_prompt(text, match[1])} {without_results(text[: match.start()])}["
            sample = _sample(model, tokenizer, prompt)
            found = _SAMPLED.match(sample)
            numbers = re.findall(r"\d+(?:\.\d+)?", found[1]) if found else []
            well_formed.append(bool(found) and _calculates(found[1] if found else ""))
            of_the_text.append(well_formed[-1] and all(number in text for number in numbers))
            examples.append(sample)
    return CallSamples(rate(well_formed), rate(of_the_text), tuple(examples))


def _calculates(expression: str) -> bool:
    try:
        return bool(calculate(expression))
    except ToolError:
        return False


def _sample(model: Any, tokenizer: Any, prompt: str, limit: int = MAX_CALL_TOKENS, top_p: float = 1.0) -> str:
    import torch

    ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]], device=model.device)
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=top_p,
            max_new_tokens=limit,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    return str(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))


def write_request(model: Any, tokenizer: Any, documentation: str) -> str:
    """A request sampled from a tool's documentation."""
    return _sample(model, tokenizer, f"{documentation}\nUser Query:", limit=60, top_p=0.9).strip().split("\n")[0]


def request_ranks(
    documents: Sequence[str], requests: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray]
) -> list[int]:
    """For request i the rank (0: nearest) of document i among all, by cosine of their embeddings."""
    import numpy as np

    docs, asked = encode(documents), encode(requests)
    scores = asked @ docs.T
    return [int(np.sum(row > row[index])) for index, row in enumerate(scores)]
