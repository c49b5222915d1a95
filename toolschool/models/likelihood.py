"""What methods that score texts need of a causal LM: probabilities of given tokens, and samples at many places of a text.

    lm = open_lm("assets/nano")                                   # in this process
    lm = open_lm("Qwen/Qwen3-8B", url="http://127.0.0.1:8001/v1") # served by vLLM, in an environment of its own
    lm.score([Row(ids, wanted=(7, 8, 9))])
    lm.reader(prompt_ids).read(middle_ids, text_ids).probabilities([start_id])

Both give the same numbers up to rounding; what knows only `LikelihoodModel` does not see which one it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from toolschool.errors import ModelError
from toolschool.models.branches import Reader
from toolschool.models.hub import place
from toolschool.models.scoring import Row, Scorer, Scoring

if TYPE_CHECKING:
    import numpy as np


class TextReading(Protocol):
    """A text behind a prompt (`toolschool/models/branches.py`)."""

    def probabilities(self, starts: Sequence[int]) -> np.ndarray: ...

    def sample(
        self,
        wanted: Mapping[int, int],
        starts: Sequence[int],
        ends: Collection[int],
        stops: Collection[int],
        limit: int,
        seed: int,
        temperature: float = 1.0,
    ) -> dict[int, Counter[tuple[int, ...]]]: ...


class PromptReader(Protocol):
    """A prompt's constant start."""

    def read(self, middle: Sequence[int], text: Sequence[int]) -> TextReading: ...


class LikelihoodModel(Scoring, Protocol):
    """A causal LM. `begin` is what it wants before every text (its begin token, or nothing); `tokens` were forwarded."""

    tokenizer: Any
    begin: tuple[int, ...]

    @property
    def tokens(self) -> int: ...

    def reader(self, head: Sequence[int]) -> PromptReader: ...


class LocalLM:
    """A causal LM in this process."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.begin = begin_tokens(tokenizer)
        self._scorer = Scorer(model)
        self._readers: list[Reader] = []

    @property
    def tokens(self) -> int:
        return self._scorer.tokens + sum(reader.tokens for reader in self._readers)

    def score(self, rows: Sequence[Row]) -> list[np.ndarray]:
        return self._scorer.score(rows)

    def reader(self, head: Sequence[int]) -> Reader:
        self._readers.append(Reader(self.model, head))
        return self._readers[-1]


def begin_tokens(tokenizer: Any) -> tuple[int, ...]:
    """The tokens a tokenizer puts before every text of its own accord."""
    return tuple(token for token in tokenizer("")["input_ids"] if token != tokenizer.eos_token_id)


def open_lm(name: str, *, dtype: str = "float32", url: str | None = None) -> LikelihoodModel:
    """A model folder or hub id, in this process (on its GPU if there is one) or at the server `url`. ModelError."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    opened = place(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(opened)
        if url:
            from toolschool.models.served import ServedLM

            return ServedLM(url, name, tokenizer)
        model: Any = AutoModelForCausalLM.from_pretrained(opened, dtype=getattr(torch, dtype))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot load a language model from {name}: {str(error).splitlines()[0]}") from error
    return LocalLM(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)
