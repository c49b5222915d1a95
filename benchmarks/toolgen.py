"""What writing tools costs at 50,000 of them: a step under the trie against a free one, and one forward against a search with five beams.

The model is nano, its vocabulary grown by a token for each tool (random rows: nothing here is about quality), or as it is for codes of
many tokens. Steps follow the codes of random tools, each a forward of one token behind a cache of 64, log-probabilities and the ten
best, as a beam search has it; `callable` is transformers' own way, a Python function that lists what may follow. Retrieval is of
16 requests, five tools each. Limit: nano's forward is short; the larger the model, the less the mask weighs.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.results import Claim, Measured
from benchmarks.timing import alternate, ratios, table

TOOLS = 50_000
NANO = "assets/nano"
CONTEXT = 64
ROUNDS = 15  # short ones, because a busy moment must not hit one arm alone
REQUESTS = 16


def grown_nano(index: Any) -> tuple[Any, Any]:
    """Nano with a row for each of the index's tokens."""
    import torch

    from toolschool.models.backbone import add_tokens, open_model

    model, tokenizer = open_model(NANO)
    add_tokens(tokenizer, list(index.texts.values()) if index.kind == "atomic" else [])
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    torch.manual_seed(0)
    with torch.no_grad():
        model.get_input_embeddings().weight[2048:].normal_(std=0.05)
    return model, tokenizer


def write(model: Any, prompt: Any, codes: Any, cache: Any, mask: Any) -> None:
    """Steps along the codes (R, D): the ten best next tokens of each row at each of D + 1 steps. The cache is left as it was."""
    import torch

    written = torch.cat([prompt, codes], dim=1)
    with torch.inference_mode():
        for length in range(CONTEXT, written.shape[1] + 1):
            out = model(input_ids=written[:, length - 1 : length], past_key_values=cache, logits_to_keep=1)
            scores = out.logits[:, -1].float().log_softmax(-1)
            (mask(written[:, :length], scores) if mask else scores).topk(10)
    cache.crop(CONTEXT - 1 - written.shape[1])


def step_arms(model: Any, trie: Any, codes: list[list[int]], listed: bool) -> Mapping[str, Callable[[], object]]:
    """A round of writing a batch of codes, all as long: free, under the trie, and under a callable if `listed`."""
    import torch
    from transformers import PrefixConstrainedLogitsProcessor

    from toolschool.models.trie import TrieMask

    prompt = torch.randint(100, 2000, (len(codes), CONTEXT), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        cache = model(input_ids=prompt[:, :-1], logits_to_keep=1).past_key_values

    def follows(_: int, ids: Any) -> list[int]:
        node = trie.walk(ids[None, CONTEXT:])
        return (trie.keys[trie.starts[node] : trie.starts[node + 1]] % trie.vocabulary).tolist()

    masks: dict[str, Any] = {"free": None, "trie": TrieMask(trie, CONTEXT)}
    if listed:
        masks["callable"] = PrefixConstrainedLogitsProcessor(follows, num_beams=1)
    wanted = torch.tensor(codes)
    return {name: lambda mask=mask: write(model, prompt, wanted, cache, mask) for name, mask in masks.items()}


@dataclass(frozen=True)
class Steps:
    """One indexing with one number of rows: a line of the table, and the trie's cost in every round."""

    line: str
    costs: tuple[float, ...]
    tokens: int  # forwarded in a round


def steps_of(index: Any, length: int) -> list[Steps]:
    """Of one indexing, over the first `length` tokens of tools."""
    from toolschool.models.trie import Trie

    model, tokenizer = grown_nano(index)
    codes = index.codes(tokenizer)
    trie = Trie(codes, vocabulary=model.config.vocab_size, end=tokenizer.eos_token_id)
    found = []
    for rows in (1, REQUESTS, REQUESTS * 5):
        chosen = [code[:length] for code in random.Random(0).sample(codes, rows * 9) if len(code) >= length][:rows]
        listed = index.kind == "atomic" and rows <= REQUESTS  # it takes minutes with more
        seconds = alternate(step_arms(model, trie, chosen, listed), ROUNDS)
        free = statistics.median(seconds["free"]) / (length + 1) * 1000
        by_callable = f"{statistics.median(ratios(seconds, 'callable', 'free')):.2f}" if listed else ""
        costs = ratios(seconds, "trie", "free")
        line = f"| {index.kind} | {length + 1} | {rows} | {free:.1f} | {statistics.median(costs):.3f} | {by_callable} |"
        found.append(Steps(line, costs, rows * (length + 1)))
    return found


def beam_search(model: Any, tokenizer: Any, trie: Any, prompts: list[str]) -> list[list[int]]:
    """Five tools for each prompt, as upstream finds them; all prompts are as long."""
    import torch

    from toolschool.models.engines import left_padded
    from toolschool.models.trie import TrieMask

    batch = left_padded(tokenizer, prompts, model.device)
    length = batch["input_ids"].shape[1]
    with torch.inference_mode():
        rows = model.generate(
            **batch,
            max_new_tokens=trie.depth,
            do_sample=False,
            num_beams=5,
            num_return_sequences=5,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            logits_processor=[TrieMask(trie, length)],
        )
    return trie.read(rows[:, length:]).reshape(-1, 5).tolist()


def retrieval(index: Any) -> Measured:
    """One forward, the same with the step that asks for the end, and the search with five beams."""
    import torch

    from toolschool.methods.toolgen.choosing import ToolChooser

    model, tokenizer = grown_nano(index)
    rows = torch.randint(100, 2000, (REQUESTS, CONTEXT), generator=torch.Generator().manual_seed(0))
    prompts = [tokenizer.decode(row) for row in rows]
    chooser = ToolChooser(model, tokenizer, index, index.tools)
    found = chooser.rank(prompts, ended=True)
    searched = beam_search(model, tokenizer, chooser.trie, prompts)
    same = found == [[chooser.keys[number] for number in row] for row in searched]
    seconds = alternate(
        {
            "one forward": lambda: chooser.rank(prompts),
            "one forward, and the end": lambda: chooser.rank(prompts, ended=True),
            "five beams": lambda: beam_search(model, tokenizer, chooser.trie, prompts),
        },
        ROUNDS,
    )
    text = f"{table(seconds, 'five beams')}\n\nWith the end, tools and order are those of five beams: {'yes' if same else 'no'}."
    return Measured(text, (Claim("toolgen/forward", ratios(seconds, "five beams", "one forward")),))


def report() -> Measured:
    """Markdown."""
    from toolschool.datasets.api_docs import ApiDoc
    from toolschool.methods.toolgen.indexing import build_index

    docs = [ApiDoc(f"Category {n % 49}", f"Tool {n // 5}", f"get thing number {n % 5}") for n in range(TOOLS)]
    atomic = build_index("atomic", docs)
    steps = steps_of(atomic, 1)
    steps += steps_of(build_index("semantic", docs), 15)
    steps += steps_of(build_index("numeric", docs), 9)
    worst = max(steps, key=lambda one: statistics.median(one.costs))
    found = retrieval(atomic)
    text = "\n".join(
        [
            f"A step at {TOOLS:,} tools:\n",
            "| indexing | steps | rows | free step, ms | trie, times a free step | callable |",
            "|---|---|---|---|---|---|",
            *(one.line for one in steps),
            f"\nFive tools for {REQUESTS} requests of {CONTEXT} tokens:\n",
            found.text,
        ]
    )
    return Measured(text, (Claim("toolgen/trie", worst.costs, (worst.tokens, worst.tokens)), *found.claims))
