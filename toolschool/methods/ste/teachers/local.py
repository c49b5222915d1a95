"""A teacher that is a language model in this process, for those who may send nothing elsewhere.

    teacher = LocalTeacher.load("Qwen/Qwen3-8B", batch=16)
    reply = await teacher.reply(request)

Asked by the model's chat template, or by instruction blocks where it has none. Requests that wait while others are answered are answered
together, `batch` at most. Every request is sampled with its own seed: with batch=1 a reply depends on its request alone; in a batch a
rounding error may now and then turn a token. On a GPU where there is one. Limits: prefixes are read anew each time; where thousands of
replies are wanted of a large model, serve it with vLLM and give `teacher.url`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolschool.errors import TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request, cut
from toolschool.methods.ste.trials import Message
from toolschool.models.engines import TransformersEngine, left_padded

BLOCKS = {"system": "### Instruction:\n", "user": "### Input:\n", "assistant": "### Response:\n"}


@dataclass(frozen=True)
class _Waiting:
    request: Request
    prompt: str
    reply: asyncio.Future[Reply]


class LocalTeacher:
    """`Teacher` over a causal LM and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, batch: int = 1) -> None:
        self.model, self.tokenizer, self.batch = model, tokenizer, batch
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    @classmethod
    def load(cls, name: str, batch: int = 1) -> LocalTeacher:
        """Of a model folder or hub id. Raises ModelError when it cannot be read."""
        import torch

        gpu = torch.cuda.is_available()
        engine = TransformersEngine.load(name, "bfloat16" if gpu else "float32")
        return cls(engine.model.to("cuda" if gpu else "cpu"), engine.tokenizer, batch)

    async def reply(self, request: Request) -> Reply:
        waiting = _Waiting(request, self._prompt(request), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await waiting.reply

    def _prompt(self, request: Request) -> str:
        """The text that the model continues. TeacherError when it does not fit."""
        prompt = rendered(self.tokenizer, request.messages)
        length, room = len(self._ids(prompt)), getattr(self.model.config, "max_position_embeddings", None)
        if room and length + request.max_tokens > room:
            raise TeacherError(
                f"a conversation of {length} tokens and a reply of {request.max_tokens} do not fit into the model's {room}; "
                "set explore.observation_limit, trials_per_episode or max_tokens lower, or take a model with a longer context"
            )
        return prompt

    def _ids(self, prompt: str) -> list[int]:
        return list(self.tokenizer(prompt, add_special_tokens=False)["input_ids"])

    async def _answer_all(self) -> None:
        """Answer whoever waits, first come first served, until nobody does."""
        await asyncio.sleep(0)  # whoever asks in the same breath is in the first batch
        while self._waiting:
            now, self._waiting = self._waiting[: self.batch], self._waiting[self.batch :]
            now = [each for each in now if not each.reply.done()]
            if not now:
                continue
            try:
                replies = await asyncio.to_thread(self._generate, now)
            except Exception as error:  # noqa: BLE001 - raised where the replies are awaited
                for each in now:
                    _settle(each.reply, error)
            else:
                for each, reply in zip(now, replies, strict=True):
                    _settle(each.reply, reply)

    def _generate(self, waiting: Sequence[_Waiting]) -> list[Reply]:
        """Continuations of prompts, in one batch."""
        import torch

        from toolschool.models.sampling import RowDraws, RowEnds

        requests = [each.request for each in waiting]
        stops = [each.request.stop + self._own_stops() for each in waiting]
        batch = left_padded(self.tokenizer, [each.prompt for each in waiting], self.model.device)
        eos, start = self._eos(), batch["input_ids"].shape[1]
        ends = RowEnds(self.tokenizer, start, [each.max_tokens for each in requests], stops, eos)
        draws = RowDraws([each.seed for each in requests], [each.temperature for each in requests])
        with torch.inference_mode():
            output = self.model.generate(
                **batch,
                max_new_tokens=max(each.max_tokens for each in requests),
                do_sample=False,
                num_beams=1,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=sorted(eos),
                logits_processor=[draws],
                stopping_criteria=[ends],
            )
        read = batch["attention_mask"].sum(1).tolist()
        return [
            self._said(row[start : start + (length or 0)].tolist(), stop, int(tokens))
            for row, length, stop, tokens in zip(output, ends.lengths, stops, read, strict=True)
        ]

    def _said(self, ids: list[int], stop: tuple[str, ...], read: int) -> Reply:
        kept = ids[:-1] if ids and ids[-1] in self._eos() else ids
        return Reply(cut(self.tokenizer.decode(kept, skip_special_tokens=False), stop), read, len(ids))

    def _eos(self) -> set[int]:
        """Tokens that end a turn; chat models often have more than their tokenizer says."""
        known = getattr(self.model.generation_config, "eos_token_id", None)
        return {self.tokenizer.eos_token_id, *(known if isinstance(known, list) else [known])} - {None}

    def _own_stops(self) -> tuple[str, ...]:
        """Where a model without turns begins to speak for the user."""
        return () if self.tokenizer.chat_template else (BLOCKS["user"],)


def rendered(tokenizer: Any, messages: Sequence[Message]) -> str:
    """A conversation up to where the assistant speaks. TeacherError where the template refuses it."""
    if not tokenizer.chat_template:
        return "".join(f"{BLOCKS[each.role]}{each.content}\n\n" for each in messages) + BLOCKS["assistant"]
    from jinja2 import TemplateError

    turns = [{"role": each.role, "content": each.content} for each in messages]
    try:
        # Models that can think aloud would spend the whole reply on it.
        said = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        return str(said)
    except TemplateError as error:
        raise TeacherError(
            f"the model's chat template refuses the conversation: {error}; take another model"
        ) from error


def _settle(future: asyncio.Future[Reply], result: Reply | Exception) -> None:
    """Give a reply to who still waits for it."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
