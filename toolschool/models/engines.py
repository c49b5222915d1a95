"""Engines generate text; methods know only the `Engine` protocol.

`TransformersEngine` runs any causal LM in this process, greedily, in batches, under a grammar if one is given, whole or
streamed; a text ends before the first of its stop strings. Special tokens are kept in the text: the compact plan is written with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from toolschool.errors import ModelError
from toolschool.models.batching import Batch, Steps
from toolschool.models.torch_steps import TorchSteps, under

if TYPE_CHECKING:
    from toolschool.models.decoding import Constrainer


@dataclass(frozen=True)
class Generation:
    """What came out: `text` without the end-of-sequence token; `truncated` when the limit ended it."""

    text: str
    tokens: int
    truncated: bool


class Engine(Protocol):
    """What a method needs of a model. `tokenizer` is a Hugging Face tokenizer."""

    tokenizer: Any

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, grammars: Sequence[str] | None = None
    ) -> list[Generation]: ...

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Iterator[str]: ...


EngineName = Literal["transformers", "llama.cpp"]


class StepEngine:
    """A model that writes step by step, and its tokenizer.

    `closing`, for grammars of JSON: tokens of an argument, and of all, after which it may only go on with what closes it (`json_mask.py`).
    """

    def __init__(self, steps: Steps, vocab_size: int, tokenizer: Any, closing: tuple[int, int] | None = None) -> None:
        from toolschool.models.json_mask import Closing

        if tokenizer.pad_token_id is None or tokenizer.eos_token_id is None:
            raise ModelError("the tokenizer needs a pad and an eos token; set them before serving")
        self.tokenizer = tokenizer
        self._vocab_size = vocab_size
        self._batch = Batch(steps, tokenizer.eos_token_id, at_once=_ends_of_lines(tokenizer))
        self._closing = Closing(self._constrainer, *closing) if closing else None
        self._adapter: str | None = None

    @cached_property
    def _constrainer(self) -> Constrainer:
        """Made when the first grammar comes: it reads the whole vocabulary, and wants llguidance."""
        from toolschool.models.decoding import Constrainer

        return Constrainer(self.tokenizer, self._vocab_size)

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Iterator[str]:
        """The continuation in pieces of a few tokens, a line's end at once. Closing the iterator stops the model.

        Streams of several threads are written in one batch.
        """
        yield from spelled(self.tokenizer, self._tokens(max_new_tokens, prompt, grammar))

    def _tokens(self, limit: int, prompt: str, grammar: str | None) -> Iterator[list[int]]:
        mask = self._mask([grammar]) if grammar else None
        ids = self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return self._batch.write(ids, limit, mask, self._adapter)

    def _mask(self, grammars: Sequence[str]) -> Any:
        if self._closing is None:
            return self._constrainer.processor(grammars)
        return self._closing.processor([self._constrainer.matcher(grammar) for grammar in grammars])


def _ends_of_lines(tokenizer: Any) -> frozenset[int]:
    ids = range(len(tokenizer))
    texts = tokenizer.batch_decode([[id_] for id_ in ids])
    return frozenset(id_ for id_, text in zip(ids, texts, strict=True) if "\n" in text)


class TransformersEngine(StepEngine):
    """A causal LM of transformers in this process."""

    def __init__(self, model: Any, tokenizer: Any, closing: tuple[int, int] | None = None) -> None:
        self.model = model.eval()
        super().__init__(TorchSteps(self.model), model.config.vocab_size, tokenizer, closing)

    @classmethod
    def load(cls, folder: str | Path, dtype: str = "float32") -> TransformersEngine:
        """Open a model folder or hub id. ModelError when it cannot be read."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from toolschool.models.hub import place

        opened = place(folder)
        try:
            tokenizer = AutoTokenizer.from_pretrained(opened)
            model = AutoModelForCausalLM.from_pretrained(opened, dtype=getattr(torch, dtype))
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot load a language model from {folder}: {str(error).splitlines()[0]}") from error
        if tokenizer.pad_token_id is None:  # nothing is learnt here, and what pads is masked
            tokenizer.pad_token = tokenizer.eos_token
        return cls(model, tokenizer)

    def under(self, adapter: str) -> TransformersEngine:
        """The same model, and the same batch, under one LoRA adapter of a PEFT model that has several (`adapters.py`)."""
        other = copy(self)
        other._adapter = adapter
        return other

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        grammars: Sequence[str] | None = None,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        """Greedy continuations, one batch. Prompts are padded on the left; a text ends before the first of the `stop` strings."""
        import torch

        batch = self._encode(prompts)
        stopping = {"stop_strings": list(stop), "tokenizer": self.tokenizer} if stop else {}
        named = under([self._adapter] * len(prompts))
        with torch.inference_mode():
            output = self.model.generate(**batch, **self._arguments(max_new_tokens, grammars), **stopping, **named)
        return [self._finish(row[batch["input_ids"].shape[1] :].tolist(), stop) for row in output]

    def _encode(self, prompts: Sequence[str]) -> Any:
        return left_padded(self.tokenizer, prompts, self.model.device)

    def _arguments(self, limit: int, grammars: Sequence[str] | None) -> dict[str, Any]:
        return {
            "max_new_tokens": limit,
            "do_sample": False,
            "num_beams": 1,
            "use_cache": True,
            "pad_token_id": self.tokenizer.pad_token_id,
            "eos_token_id": self.tokenizer.eos_token_id,
            "logits_processor": [self._mask(grammars)] if grammars else [],
        }

    def _finish(self, ids: list[int], stop: Sequence[str] = ()) -> Generation:
        ended = self.tokenizer.eos_token_id in ids
        kept = ids[: ids.index(self.tokenizer.eos_token_id)] if ended else ids
        text = self.tokenizer.decode(kept, skip_special_tokens=False)
        shorter = before(text, stop)
        if shorter == text:
            return Generation(text, len(kept), truncated=not ended)
        return Generation(shorter, sum(token != self.tokenizer.pad_token_id for token in kept), truncated=False)


def open_engine(folder: str | Path, name: EngineName) -> Engine:
    """The model of a folder on an engine. ModelError: the engine is not installed, or cannot take it."""
    if name == "transformers":
        return TransformersEngine.load(folder)
    from toolschool.models.llama_cpp_engine import LlamaCppEngine

    return LlamaCppEngine.load(folder)


def side_by_side(
    write: Callable[[str, str | None], Iterable[Sequence[int]]],
    tokenizer: Any,
    prompts: Sequence[str],
    grammars: Sequence[str] | None,
    at_once: int,
) -> list[Generation]:
    """What `write`, which gives the tokens behind a prompt under a grammar, makes of many prompts, in their order."""

    def one(prompt: str, grammar: str | None) -> Generation:
        ids = [token for tokens in write(prompt, grammar) for token in tokens]
        kept = [token for token in ids if token != tokenizer.eos_token_id]
        text = tokenizer.decode(kept, skip_special_tokens=False)
        return Generation(text, len(kept), truncated=len(kept) == len(ids))

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, prompts, grammars or [None] * len(prompts)))


def spelled(tokenizer: Any, tokens: Iterable[Sequence[int]]) -> Iterator[str]:
    """The text of tokens as they come, a few at a time; the end-of-sequence token writes nothing."""
    from tokenizers.decoders import DecodeStream

    read = DecodeStream(skip_special_tokens=False)
    written: list[int] = []
    told = 0
    for some in tokens:
        kept = [token for token in some if token != tokenizer.eos_token_id]
        written += kept
        piece = "".join(read.step(tokenizer.backend_tokenizer, token) or "" for token in kept)
        told += len(piece)
        yield piece
    yield tokenizer.decode(written, skip_special_tokens=False)[told:]


def before(text: str, stop: Sequence[str]) -> str:
    """The text up to the first of these strings; all of it where none is in it."""
    return text[: min((text.index(end) for end in stop if end in text), default=len(text))]


def left_padded(tokenizer: Any, prompts: Sequence[str], device: Any) -> Any:
    """`input_ids` and `attention_mask` (B, T) of prompts that end together, ready to be continued."""
    batch = tokenizer(list(prompts), return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
    batch.pop("token_type_ids", None)
    return batch.to(device)
