"""A model that writes tools: the best ones for a request, the next action, and what it would write if nothing held it.

    chooser = ToolChooser(model, tokenizer, index, index.tools)
    chooser.rank(["Is it going to rain in Rome?\\n"], 5)         # [[("Weather", "Open Forecast", "Get Week"), ...]]
    actions = ToolChooser(model, tokenizer, index, index.keys)   # FINISH among them
    actions.choose(prompts)                                      # a key each
    actions.write_freely(prompts)                                # a key each, None where it is no tool

Prompts are rendered texts that end where the tool begins. Where every tool is one token, one forward ranks them all by the rows of
the output layer that are theirs; else a beam search over the trie of their codes does. What comes out is always a tool of `keys`.
Sources: ToolGen (arXiv 2410.03439), reference 1.5 and 10. Beams add up log-probabilities without a bonus for length, so a code's
score is its probability. Limit: a request's cache and beams must fit in memory `batch_size` times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from toolschool.datasets.api_docs import Key
from toolschool.errors import ModelError
from toolschool.methods.toolgen.indexing import ToolIndex
from toolschool.models.engines import left_padded

if TYPE_CHECKING:
    from toolschool.models.next_token import NextToken

BEAMS = 5
Found = TypeVar("Found")


class ToolChooser:
    """Chooses among the tools `keys` of an index."""

    def __init__(self, model: Any, tokenizer: Any, index: ToolIndex, keys: Sequence[Key], batch_size: int = 32) -> None:
        """ModelError where the tokenizer cannot write the tools, or `keys` holds none or one that the index lacks."""
        from toolschool.models.next_token import NextToken
        from toolschool.models.trie import Trie

        codes = dict(zip(index.keys, index.codes(tokenizer), strict=True))
        strange = [key for key in keys if key not in codes]
        if strange or not keys:
            raise ModelError(f"{strange[0] if strange else 'nothing'} cannot be chosen; give keys of the index")
        self.model, self.tokenizer, self.batch_size = model.eval(), tokenizer, batch_size
        self.keys = sorted(keys, key=codes.__getitem__)  # so that tools of one token are numbered as at the trie's root
        self.trie = Trie(
            [codes[key] for key in self.keys],
            vocabulary=model.config.vocab_size,
            end=tokenizer.eos_token_id,
            device=model.device,
        )
        self._next = NextToken(model, self.trie.root) if index.kind == "atomic" else None

    def rank(self, prompts: Sequence[str], k: int = BEAMS, *, ended: bool = False) -> list[list[Key]]:
        """The `k` best tools for each prompt, or as many as there are, best first.

        `ended` puts tools of one token in the order of a beam search, which counts how sure the model is that nothing follows: it
        takes one more step over the `k` tools.
        """
        k = min(k, len(self.keys))
        if scorer := self._next:
            numbers = self._each(prompts, lambda batch: self._best_tokens(scorer, batch, k, ended))
        else:
            numbers = self._each(prompts, lambda batch: self._best_beams(batch, k))
        return [[self.keys[number] for number in row] for row in numbers]

    def choose(self, prompts: Sequence[str]) -> list[Key]:
        """The tool that greedy decoding under the trie writes."""
        if self._next:
            return [ranked[0] for ranked in self.rank(prompts, 1)]
        return [self.keys[number] for number in self._each(prompts, lambda batch: self._generate(batch, held=True))]

    def write_freely(self, prompts: Sequence[str]) -> list[Key | None]:
        """What greedy decoding over the whole vocabulary writes; None where it is none of the tools.

        A tool of one token is written when it is the most likely token, whatever follows.
        """
        read = self._likeliest if self._next else lambda batch: self._generate(batch, held=False)
        return [self.keys[number] if number >= 0 else None for number in self._each(prompts, read)]

    def _each(self, prompts: Sequence[str], answer: Callable[[Any], Sequence[Found]]) -> list[Found]:
        """An answer for each prompt, in their order; asked in batches of like length."""
        order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))
        found: dict[int, Found] = {}
        for start in range(0, len(order), self.batch_size):
            some = order[start : start + self.batch_size]
            batch = left_padded(self.tokenizer, [prompts[number] for number in some], self.model.device)
            found |= zip(some, answer(batch), strict=True)
        return [found[number] for number in range(len(prompts))]

    def _best_tokens(self, scorer: NextToken, batch: Any, k: int, ended: bool) -> list[list[int]]:
        scores, cache = scorer(batch, use_cache=ended)
        best = scores.topk(k)
        if not ended:
            return best.indices.tolist()
        whole = best.values + scorer.ends(batch, cache, best.indices, self.trie.end)
        return best.indices.gather(1, whole.argsort(dim=1, descending=True, stable=True)).tolist()

    def _best_beams(self, batch: Any, k: int) -> list[list[int]]:
        beams = max(k, BEAMS)
        how = {"num_beams": beams, "num_return_sequences": beams, "length_penalty": 0.0, "early_stopping": "never"}
        numbers = self._generate(batch, held=True, **how)
        rows = [numbers[start : start + beams] for start in range(0, len(numbers), beams)]
        # Where there are fewer codes than beams, the last beams are empty or the same.
        return [[number for number in dict.fromkeys(row) if number >= 0][:k] for row in rows]

    def _generate(self, batch: Any, held: bool, **how: Any) -> list[int]:
        """The number of each generated row's tool, -1 for none."""
        import torch

        from toolschool.models.trie import TrieMask

        length = batch["input_ids"].shape[1]
        with torch.inference_mode():
            rows = self.model.generate(
                **batch,
                **how,
                max_new_tokens=self.trie.depth,
                do_sample=False,
                use_cache=True,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
                logits_processor=[TrieMask(self.trie, length)] if held else [],
            )
        return self.trie.read(rows[:, length:]).tolist()

    def _likeliest(self, batch: Any) -> list[int]:
        """The number of the most likely token's tool, -1 for none."""
        import torch

        from toolschool.models.next_token import last_logits

        tokens = last_logits(self.model, batch)[0].argmax(dim=-1, keepdim=True)
        return self.trie.read(torch.cat([tokens, torch.full_like(tokens, self.trie.end)], dim=1)).tolist()
