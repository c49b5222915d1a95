"""Models that answer in text: any OpenAI-compatible server, or one in this process.

    writer = open_writer("Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1")      # or in this process: open_writer("assets/nano")
    writer.generate(["Name three rivers."], max_new_tokens=64)             # [Generation("The Rhine ...", tokens=12, truncated=False)]

Each prompt is one user turn, behind the same system turn. To a server they go out side by side, and it batches. A key comes from
OPENAI_API_KEY. Limit: no grammars and no streaming; for token probabilities see `served.py`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from toolschool.errors import ModelError
from toolschool.models.engines import Generation, TransformersEngine, before

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from toolschool.models.templates import Wrapper

PARALLEL = 32  # requests in flight
INSTRUCTION = "Do what the user asks."  # a local model's system turn


class Writer(Protocol):
    """The part of an engine that is needed to have texts written."""

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[Generation]: ...


class ChatWriter:
    """A model `name` behind a server; without `system` there is no such turn. `generate` raises ModelError when it does not answer."""

    def __init__(self, url: str, name: str, temperature: float = 0.0, seed: int = 0, system: str = "") -> None:
        self.url, self.name, self.temperature, self.seed, self.system = url, name, temperature, seed, system

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()) -> list[Generation]:
        """Answers in the order of the prompts; one ends before the first of the `stop` strings."""
        return asyncio.run(self._together(prompts, max_new_tokens, stop))

    async def _together(self, prompts: Sequence[str], limit: int, stop: Sequence[str]) -> list[Generation]:
        from openai import AsyncOpenAI

        gate = asyncio.Semaphore(PARALLEL)
        key = os.environ.get("OPENAI_API_KEY", "none")
        async with AsyncOpenAI(base_url=self.url, api_key=key, max_retries=5) as client:
            return await asyncio.gather(*(self._answer(client, gate, prompt, limit, stop) for prompt in prompts))

    async def _answer(
        self, client: AsyncOpenAI, gate: asyncio.Semaphore, prompt: str, limit: int, stop: Sequence[str]
    ) -> Generation:
        from openai import OpenAIError, omit

        turns = [("system", self.system)] if self.system else []
        async with gate:
            try:
                answer = await client.chat.completions.create(
                    model=self.name,
                    messages=[{"role": role, "content": text} for role, text in (*turns, ("user", prompt))],  # type: ignore[misc]
                    stop=list(stop) or omit,
                    temperature=self.temperature,
                    seed=self.seed,
                    max_tokens=limit,
                )
            except OpenAIError as error:
                raise ModelError(f"{self.url} does not serve {self.name}: {error}; check the address") from error
        (choice,) = answer.choices
        tokens = answer.usage.completion_tokens if answer.usage else 0
        text = before(choice.message.content or "", stop)  # some servers leave the stop string there
        return Generation(text, tokens, truncated=choice.finish_reason == "length")


class LocalWriter:
    """A language model in this process, asked by its chat template, or by instruction blocks where it has none."""

    def __init__(self, engine: TransformersEngine, system: str = INSTRUCTION, wrapper: Wrapper | None = None) -> None:
        self.engine, self.system = engine, system
        self.wrapper: Wrapper = wrapper or ("chat" if engine.tokenizer.chat_template else "blocks")

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
        grammars: Sequence[str] | None = None,
    ) -> list[Generation]:
        return self.engine.generate(self.wrapped(prompts), max_new_tokens=max_new_tokens, stop=stop, grammars=grammars)

    def wrapped(self, prompts: Sequence[str]) -> list[str]:
        """What the model continues."""
        from toolschool.models.templates import wrap

        return [wrap(self.wrapper, self.system, prompt, self.engine.tokenizer) for prompt in prompts]


def open_writer(name: str, url: str | None = None) -> Writer:
    """The model behind the server, or of a folder or hub id in this process. ModelError where it cannot be opened."""
    return ChatWriter(url, name) if url else LocalWriter(TransformersEngine.load(name))
