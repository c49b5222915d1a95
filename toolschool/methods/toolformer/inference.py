"""Toolformer answers: greedy decoding that starts calls, runs their tools and reads on, a whole batch on one cache.

    agent = InlineAgent(model, tokenizer, [tool], Markers())
    answer = agent.answer(["3 boxes of 12 pens are"])[0]
    answer.text          # " [Calculator(3 * 12)->36] 36 pens."
    answer.calls         # (CallRecord("Calculator", "3 * 12", "36", None),)

Source: Toolformer (arXiv 2302.04761), sections 2 and 4.2; how a call starts, ends and fails is in `writing.py`. A step feeds every row one
token. A row whose tool runs is fed one that no later token sees, and the others go on. Ours: no call starts right behind
another, and outside calls no other token with the start marker is written, so that text and calls can be told apart.
Limits: full attention; `answer` has an event loop of its own, so that async code calls it in a thread, and while the model computes
the loop of `reply` waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toolschool.errors import ModelError
from toolschool.methods.toolformer.calling import Caller, CallRecord
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.methods.toolformer.writing import Choice, Row, Rules, Running, Spelling

PATIENCE = 0.01  # seconds a step waits for a tool just started: a quick one then costs its row no step


@dataclass(frozen=True)
class Answer:
    """`text` is what came behind the prompt, calls included; `finished`: the model ended it, not the length limit."""

    text: str
    calls: tuple[CallRecord, ...]
    finished: bool


class InlineAgent:
    """A causal LM with tools. top_k = 1 is plain greedy decoding, 0 never calls; `max_new_tokens` counts results too."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        tools: Sequence[InlineTool],
        markers: Markers,
        *,
        top_k: int = 10,
        max_calls: int = 1,
        max_new_tokens: int = 128,
    ) -> None:
        if tokenizer.eos_token_id is None:
            raise ModelError("the tokenizer needs an eos token; set it before answering")
        self.model, self.tokenizer = model.eval(), tokenizer
        self.spelling = Spelling(tokenizer, markers)
        caller = Caller(tools, markers, tokenizer.all_special_tokens)
        self.rules = Rules(self.spelling, caller, top_k, max_calls, max_new_tokens)

    def answer(
        self, prompts: Sequence[str], disabled: bool = False, dates: Sequence[datetime | None] | None = None
    ) -> list[Answer]:
        """What the model writes behind each prompt; `disabled`: without calls. ModelError for an empty prompt.

        `dates` says for each prompt what day it is to a dated tool; None and default: today.
        """
        rules = self.rules._replace(top_k=0) if disabled else self.rules
        days: Sequence[datetime | None] = dates or [None] * len(prompts)
        rows = [Row(rules, date) for _, date in zip(prompts, days, strict=True)]
        if rows:
            asyncio.run(_write(rows, self._batch(prompts)))
        return list(map(self._answer, rows))

    async def reply(self, prompt: str, rules: Rules, date: datetime | None, on_text: Callable[[str], None]) -> Answer:
        """What the model writes behind one prompt by these rules; `on_text` is told after every step what stands there so far,
        calls once they are closed. ModelError as above."""
        row = Row(rules, date)
        await _write([row], self._batch([prompt]), lambda: on_text(self.spelling.text(row.settled)))
        return self._answer(row)

    def _batch(self, prompts: Sequence[str]) -> _Batch:
        texts = [self.tokenizer(prompt)["input_ids"] for prompt in prompts]
        if not all(texts):
            raise ModelError("a prompt is empty; begin it with a word")
        return _Batch(self.model, texts, self.spelling)

    def _answer(self, row: Row) -> Answer:
        row.give_up()
        return Answer(self.spelling.text(row.tokens), tuple(row.calls), row.finished)


async def _write(rows: Sequence[Row], batch: _Batch, on_step: Callable[[], None] = lambda: None) -> None:
    """Write all rows to their ends."""
    waited: set[Running] = set()
    while rows:
        choices = batch.choices()
        await _take_results(rows, waited)
        tokens = [row.next(choice) for row, choice in zip(rows, choices, strict=True)]
        on_step()
        going = [index for index, row in enumerate(rows) if not row.ended]
        rows = [rows[index] for index in going]
        if rows:
            batch.feed(going, [tokens[index] for index in going])


async def _take_results(rows: Sequence[Row], waited: set[Running]) -> None:
    """Let tools run and hand over what they have found; where every row waits for one, wait for the first."""
    running = {row.running for row in rows if row.running}
    if running:
        await asyncio.wait(running, timeout=PATIENCE if running - waited else 0)
        waited |= running
    if len(running) == len(rows):
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for row in rows:
        if row.running and row.running.done():
            row.take_result()


class _Batch:
    """Texts on one cache, padded on the left with what nobody sees."""

    def __init__(self, model: Any, texts: Sequence[Sequence[int]], spelling: Spelling) -> None:
        import torch

        width = max(map(len, texts))
        self.model = model
        self.cache: Any = None
        self.ids = torch.tensor([[0] * (width - len(text)) + list(text) for text in texts], device=model.device)
        self.mask = torch.tensor([[0] * (width - len(text)) + [1] * len(text) for text in texts], device=model.device)
        self.starts = torch.tensor(spelling.starts, device=model.device)
        self.marked = torch.tensor(spelling.marked, device=model.device)

    def choices(self) -> list[Choice]:
        """What the model would write next in every row."""
        import torch

        with torch.inference_mode():
            out = self.model(
                input_ids=self.ids,
                attention_mask=self.mask,
                position_ids=(self.mask.cumsum(1) - 1).clamp(min=0)[:, -self.ids.shape[1] :],
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            )
            self.cache, logits = out.past_key_values, out.logits[:, -1]
            start = logits[:, self.starts].max(1)
            rank = (logits > start.values[:, None]).sum(1)
            plain = logits.index_fill(1, self.marked, float("-inf")).argmax(1)
            found = torch.stack([logits.argmax(1), plain, self.starts[start.indices], rank], 1)
        return [Choice(*row) for row in found.tolist()]

    def feed(self, rows: Sequence[int], tokens: Sequence[int | None]) -> None:
        """Keep these rows and give each its next token, or one that is not seen."""
        import torch

        if len(rows) < len(self.mask):
            kept = torch.tensor(rows, device=self.mask.device)
            self.cache.batch_select_indices(kept)
            self.mask = self.mask[kept]
        new = torch.tensor([[-1 if token is None else token] for token in tokens], device=self.mask.device)
        self.ids = new.clamp(min=0)
        self.mask = torch.cat([self.mask, (new >= 0).long()], 1)
