"""Toolformer straight from the paper, with nothing saved: what ours is checked against and measured against.

    rows = executed(raw_rows, config)                             # our Select, Annotate and Execute, without Ray
    three_losses(model, ids, calls_of(tokenizer, row))            # three whole forwards a call
    plain_annotate(model, tokenizer, tool, row["text"], m=10)     # a `generate` call a place

Source: arXiv 2302.04761, section 2. Losses: no truncation, no call scored once for two places, no pruning, the whole vocabulary. Places
and samples: as in conceptofmind/toolformer, one teacher-forced forward, then `generate` on prompt and text up to each place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.annotate import Annotate, Execute, Select
from toolschool.methods.toolformer.documents import encode, places
from toolschool.methods.toolformer.losses import CallIds
from toolschool.methods.toolformer.marker_tokens import line_ends, marker_tokens
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineTool

if TYPE_CHECKING:
    import torch

Row = dict[str, Any]


def step(transform: Any, rows: Sequence[Row], output: str) -> list[Row]:
    """The rows of one output of a transform of a stage."""
    return [row for outputs in transform(rows) for row in outputs.get(output, [])]


def executed(texts: Sequence[Row], config: Mapping[str, Any]) -> list[Row]:
    """Rows `{key, raw}` with their places, calls and results."""
    selected = step(Select(config), texts, "selected")
    return step(Execute(config), step(Annotate(config), selected, "annotated"), "executed")


def calls_of(tokenizer: Any, row: Row) -> list[CallIds]:
    """The calls of an executed row that have a result."""

    def ids(call: Row, result: str) -> tuple[int, ...]:
        written = f"[{call['tool']}({call['argument']})->{result}] "
        return tuple(tokenizer(written, add_special_tokens=False)["input_ids"])

    both = zip(row["calls"], (each["result"] for each in row["results"]), strict=True)
    return [CallIds(call["place"], ids(call, ""), ids(call, result)) for call, result in both if result is not None]


class Three(NamedTuple):
    """L_i(ε), L_i(e(c, ε)) and L+ of a call."""

    plain: float
    empty: float
    done: float

    @property
    def gain(self) -> float:
        return min(self.plain, self.empty) - self.done


def three_losses(
    model: Any, text: Sequence[int], calls: Sequence[CallIds], begin: Sequence[int] = (), batch: int = 1
) -> list[Three]:
    """The losses of every call of one text, from rows (begin, z, text) in padded batches of `batch`."""
    rows = [(prefix, call.place) for call in calls for prefix in ((), call.empty, call.done)]
    found: list[float] = []
    for start in range(0, len(rows), batch):
        found += _losses(model, text, rows[start : start + batch], begin)
    return [Three(*found[i : i + 3]) for i in range(0, len(found), 3)]


def _losses(
    model: Any, text: Sequence[int], rows: Sequence[tuple[tuple[int, ...], int]], begin: Sequence[int]
) -> list[float]:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    whole = [torch.tensor([*begin, *prefix, *text]) for prefix, _ in rows]
    mask = pad_sequence([torch.ones_like(row) for row in whole], batch_first=True) if len(rows) > 1 else None
    with torch.inference_mode():
        logits = model(input_ids=pad_sequence(whole, batch_first=True), attention_mask=mask, use_cache=False).logits
        logs = logits.float().log_softmax(-1)
    targets = torch.tensor(text)
    losses = []
    for row, (prefix, place) in zip(logs, rows, strict=True):
        first = len(begin) + len(prefix)  # of the text; without anything before it its first token has no probability
        behind = torch.arange(0 if first else 1, len(text))
        t = (behind - place).double()
        weights = (1 - 0.2 * t).clamp(min=0).masked_fill(t < 0, 0) / 3
        losses.append(-float((weights * row[first + behind - 1, targets[behind]].double()).sum()))
    return losses


def plain_annotate(
    model: Any, tokenizer: Any, tool: InlineTool, text: str, batch: int = 1
) -> tuple[dict[int, float], dict[int, list[tuple[int, ...]]]]:
    """p(start marker) of the tool's k places in a text, and m samples for each, `batch` places a `generate` call."""
    preset, markers = tool.preset, marker_tokens(tokenizer, Markers())
    tokens = encode(tokenizer, text)
    prompt = tokenizer(tool.prompt.replace("{text}", text))["input_ids"]
    allowed = [i for i in places(tokens, text, 1, preset.inside_words) if tokens.ids[i] not in markers.starts]
    p = start_probabilities(model, prompt, tokens.ids, markers.starts)
    tried = sorted((i for i in allowed if p[i] > preset.tau_s), key=lambda i: -p[i])[: preset.k]
    stops = markers.ends | line_ends(tokenizer)
    before = {i: [*prompt, *tokens.ids[:i]] for i in tried}
    samples: dict[int, list[tuple[int, ...]]] = {}
    for start in range(0, len(tried), batch):
        some = tried[start : start + batch]
        made = continued(
            model,
            [before[i] for i in some],
            markers.starts,
            stops,
            preset.m,
            preset.max_tokens,
            preset.temperature,
        )
        samples |= dict(zip(some, made, strict=True))
    return {i: p[i] for i in tried}, samples


def start_probabilities(model: Any, prompt: Sequence[int], text: Sequence[int], starts: Sequence[int]) -> list[float]:
    """p(one of `starts`) where each token of the text stands: one forward."""
    import torch

    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*prompt, *text]]), use_cache=False).logits[0, len(prompt) - 1 : -1]
    found: list[float] = logits.float().softmax(-1)[:, list(starts)].sum(-1).tolist()
    return found


def continued(
    model: Any,
    texts: Sequence[Sequence[int]],
    starts: Sequence[int],
    stops: frozenset[int],
    m: int,
    limit: int,
    temperature: float = 1.0,
) -> list[list[tuple[int, ...]]]:
    """m samples behind every text that begin with one of `starts`, up to the first token of `stops`, from one `generate`."""
    import torch

    width = max(map(len, texts))

    def only_starts(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if ids.shape[1] > width:
            return scores
        return torch.full_like(scores, -torch.inf).index_copy(1, torch.tensor(starts), scores[:, list(starts)])

    ids = torch.tensor([[0] * (width - len(text)) + list(text) for text in texts])
    mask = torch.tensor([[0] * (width - len(text)) + [1] * len(text) for text in texts])
    out = model.generate(
        ids,
        attention_mask=mask,
        do_sample=True,
        temperature=temperature,
        top_k=0,
        top_p=1.0,
        num_return_sequences=m,
        max_new_tokens=limit,
        eos_token_id=sorted(stops),
        pad_token_id=0,
        logits_processor=[only_starts],
    )
    samples = [_ended(row, stops) for row in out[:, width:].tolist()]
    return [samples[i : i + m] for i in range(0, len(samples), m)]


def _ended(tokens: Sequence[int], stops: frozenset[int]) -> tuple[int, ...]:
    """The tokens up to the first that stops; behind it is padding."""
    end = next((i for i, token in enumerate(tokens) if token in stops), len(tokens))
    return tuple(tokens[: end + 1])
