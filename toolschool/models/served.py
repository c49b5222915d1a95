"""A causal LM behind vLLM's OpenAI-compatible server, for methods that score and sample (`likelihood.py`).

    vllm serve Qwen/Qwen3-8B --max-logprobs 20          # in an image of its own: vLLM cannot share our environment
    lm = ServedLM("http://127.0.0.1:8000/v1", "Qwen/Qwen3-8B", tokenizer)

Uses `/v1/completions` with vLLM's own fields: token ids as prompt, `prompt_logprobs`, `stop_token_ids`, `return_token_ids`. The server
batches and shares prefixes itself, so requests go out side by side. Limits: at a place only the 20 likeliest tokens are known,
so a start marker less likely than 1/20 there may count as impossible (no loss for tau_s >= 0.05). A key comes from OPENAI_API_KEY.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
from collections import Counter
from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from toolschool.errors import ModelError
from toolschool.models.likelihood import begin_tokens
from toolschool.models.scoring import Row

if TYPE_CHECKING:
    import numpy as np

TOP = 20  # vLLM's default --max-logprobs
PARALLEL = 64  # requests in flight
Found = TypeVar("Found")


class ServedLM:
    """`LikelihoodModel` over HTTP. Raises ModelError when the server does not answer as vLLM does."""

    def __init__(self, url: str, name: str, tokenizer: Any) -> None:
        from openai import AsyncOpenAI

        self.tokenizer, self.name = tokenizer, name
        self.begin = begin_tokens(tokenizer)
        self.tokens = 0
        self._client = AsyncOpenAI(base_url=url, api_key=os.environ.get("OPENAI_API_KEY", "none"), max_retries=5)
        self._runner = asyncio.Runner()  # the client's connections live in one event loop
        self._gate = asyncio.Semaphore(PARALLEL)

    def score(self, rows: Sequence[Row]) -> list[np.ndarray]:
        """For every row log p (natural, float32) of its wanted tokens, in their order."""
        import numpy as np

        every = self.together(self._prompt_logs(row.ids, 0) for row in rows)
        return [
            np.array([logs[place][row.ids[place]] for place in row.wanted], np.float32)
            for row, logs in zip(rows, every, strict=True)
        ]

    def reader(self, head: Sequence[int]) -> ServedReader:
        return ServedReader(self, tuple(head))

    def together(self, work: Any) -> list[Any]:
        """Results of coroutines that run side by side, in their order."""

        async def gathered() -> list[Any]:
            return list(await asyncio.gather(*work))

        return self._runner.run(gathered())

    async def complete(self, ids: Sequence[int], **fields: Any) -> list[dict[str, Any]]:
        """The choices of one completion, with vLLM's extra fields."""
        from openai import OpenAIError

        own = {key: fields.pop(key) for key in ("max_tokens", "n", "seed", "temperature") if key in fields}
        self.tokens += len(ids)
        async with self._gate:
            try:
                answer = await self._client.completions.create(
                    model=self.name, prompt=list(ids), extra_body={**fields, "return_token_ids": True}, **own
                )
            except OpenAIError as error:
                raise ModelError(f"{self._client.base_url} does not serve {self.name}: {error}") from error
        return [choice.model_dump() for choice in answer.choices]

    async def _prompt_logs(self, ids: Sequence[int], top: int) -> list[dict[int, float]]:
        """log p by token at every place of a prompt: of its own token and of the `top` likeliest. The first has none."""
        (choice,) = await self.complete(ids, max_tokens=1, temperature=0.0, prompt_logprobs=top)
        logs = choice.get("prompt_logprobs")
        if logs is None or len(logs) != len(ids):
            raise ModelError(f"{self._client.base_url} gives no prompt_logprobs; serve the model with vLLM")
        return [{int(token): float(each["logprob"]) for token, each in (place or {}).items()} for place in logs]

    def likeliest(self, ids: Sequence[int]) -> list[dict[int, float]]:
        return self.together([self._prompt_logs(ids, TOP)])[0]  # type: ignore[no-any-return]


class ServedReader:
    """A prompt's constant start; the server's prefix cache keeps it."""

    def __init__(self, lm: ServedLM, head: tuple[int, ...]) -> None:
        self.lm, self.head = lm, head

    def read(self, middle: Sequence[int], text: Sequence[int]) -> ServedReading:
        before = [*self.head, *middle]
        return ServedReading(self.lm, before, text, self.lm.likeliest([*before, *text])[len(before) :])


class ServedReading:
    """A text behind its prompt; `logs` has what is known of every place of the text."""

    def __init__(
        self, lm: ServedLM, before: Sequence[int], text: Sequence[int], logs: Sequence[Mapping[int, float]]
    ) -> None:
        self.lm, self.before, self.text, self.logs = lm, before, text, logs

    def probabilities(self, starts: Sequence[int]) -> np.ndarray:
        """(n,) probability that one of `starts` comes where token i of the text stands; 0 where none is among the likeliest."""
        import numpy as np

        return np.array([sum(math.exp(logs[token]) for token in starts if token in logs) for logs in self.logs])

    def sample(
        self,
        wanted: Mapping[int, int],
        starts: Sequence[int],
        ends: Collection[int],
        stops: Collection[int],
        limit: int,
        seed: int,
        temperature: float = 1.0,
    ) -> dict[int, Counter[tuple[int, ...]]]:
        """Sampled token tuples and how often each came, by place, as `toolschool/models/branches.py` does."""
        rng = random.Random(seed)
        found: dict[int, Counter[tuple[int, ...]]] = {place: Counter() for place in wanted}
        asked: list[tuple[int, int, Coroutine[Any, Any, list[dict[str, Any]]]]] = []
        for place, count in wanted.items():
            known = [token for token in starts if token in self.logs[place]] or list(starts)[:1]
            weights = [math.exp(self.logs[place].get(token, 0.0)) for token in known]
            for start, n in sorted(Counter(rng.choices(known, weights, k=count)).items()):
                work = self.lm.complete(
                    [*self.before, *self.text[:place], start],
                    n=n,
                    max_tokens=limit - 1,
                    temperature=temperature,
                    seed=rng.randrange(2**31),
                    stop_token_ids=sorted({*ends, *stops}),
                )
                asked.append((place, start, work))
        answers = self.lm.together(work for _, _, work in asked)
        for (place, start, _), choices in zip(asked, answers, strict=True):
            for choice in choices:
                if choice["finish_reason"] == "stop" and choice["stop_reason"] in ends:
                    found[place][(start, *_ended(choice))] += 1
        return found


def _ended(choice: Mapping[str, Any]) -> tuple[int, ...]:
    """The tokens of a choice with the one that ended it, which some versions leave out."""
    tokens = tuple(choice["token_ids"])
    return tokens if tokens[-1:] == (choice["stop_reason"],) else (*tokens, choice["stop_reason"])
