"""Models that answer in text: any OpenAI-compatible server, or one in this process.

    writer = open_writer("Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1")      # or in this process: open_writer("assets/nano")
    writer.generate(["Name three rivers."], max_new_tokens=64)             # [Generation("The Rhine ...", tokens=12, truncated=False)]

Each prompt is one user turn. To a server they go out side by side, and it batches. A key comes from OPENAI_API_KEY. Limit: no
grammars and no streaming; for token probabilities see `served.py`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from toolschool.errors import ModelError
from toolschool.models.engines import Generation, TransformersEngine

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from toolschool.models.templates import Wrapper

PARALLEL = 32  # requests in flight
INSTRUCTION = "Do what the user asks."  # a local model's system turn


class Writer(Protocol):
    """The part of an engine that is needed to have texts written."""

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]: ...


class ChatWriter:
    """A model `name` behind a server. `generate` raises ModelError when it does not answer."""

    def __init__(self, url: str, name: str, temperature: float = 0.0, seed: int = 0) -> None:
        self.url, self.name, self.temperature, self.seed = url, name, temperature, seed

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]:
        return asyncio.run(self._together(prompts, max_new_tokens))

    async def _together(self, prompts: Sequence[str], limit: int) -> list[Generation]:
        from openai import AsyncOpenAI

        gate = asyncio.Semaphore(PARALLEL)
        key = os.environ.get("OPENAI_API_KEY", "none")
        async with AsyncOpenAI(base_url=self.url, api_key=key, max_retries=5) as client:
            return await asyncio.gather(*(self._answer(client, gate, prompt, limit) for prompt in prompts))

    async def _answer(self, client: AsyncOpenAI, gate: asyncio.Semaphore, prompt: str, limit: int) -> Generation:
        from openai import OpenAIError

        async with gate:
            try:
                answer = await client.chat.completions.create(
                    model=self.name,
                    messages=[{"role": "user", "content": prompt}],
                    temperature=self.temperature,
                    seed=self.seed,
                    max_tokens=limit,
                )
            except OpenAIError as error:
                raise ModelError(f"{self.url} does not serve {self.name}: {error}; check the address") from error
        (choice,) = answer.choices
        tokens = answer.usage.completion_tokens if answer.usage else 0
        return Generation(choice.message.content or "", tokens, truncated=choice.finish_reason == "length")


class LocalWriter:
    """A language model in this process, asked by its chat template, or by instruction blocks where it has none."""

    def __init__(self, engine: TransformersEngine) -> None:
        self.engine = engine

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]:
        from toolschool.models.templates import wrap

        tokenizer = self.engine.tokenizer
        wrapper: Wrapper = "chat" if tokenizer.chat_template else "blocks"
        wrapped = [wrap(wrapper, INSTRUCTION, prompt, tokenizer) for prompt in prompts]
        return self.engine.generate(wrapped, max_new_tokens=max_new_tokens)


def open_writer(name: str, url: str | None = None) -> Writer:
    """The model behind the server, or of a folder or hub id in this process. ModelError where it cannot be opened."""
    return ChatWriter(url, name) if url else LocalWriter(TransformersEngine.load(name))
