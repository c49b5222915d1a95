"""toolformer-pytorch 0.0.30 (MIT) with a model of ours plugged in; `benchmarks/toolformer.py` runs it where it is installed.

    make bench                                           # makes build/peers, an environment with the peers in front of ours
    build/peers/bin/python -m benchmarks toolformer

What runs: `filter_tokens_with_api_response` (three full forwards, softmax over the vocabulary; the call stands inside the text, so its numbers
are not the paper's; its weights sum to 3) and `sample` (one rewriting of the whole text: no places, no cache, the first token read a place too
far). What does not: its `invoke_tools` leaves expressions without quotes alone, so that `Toolformer` has no result to filter by.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from toolschool.methods.toolformer.losses import CallIds
from toolschool.tools.calculator import calculate


def _package() -> Any:
    """None where it is not installed. It imports x-clip, which wants torchvision, for images only: a stand-in does."""
    try:
        if importlib.util.find_spec("torchvision"):
            return importlib.import_module("toolformer_pytorch")
        sys.modules["torchvision"] = ModuleType("torchvision")
        vars(sys.modules["torchvision"])["transforms"] = None
        try:
            return importlib.import_module("toolformer_pytorch")
        finally:
            del sys.modules["torchvision"]
    except ImportError:
        return None


package = _package()
BATCH = 8  # its fastest here
ROOM = 1.5  # length of a text with calls, as a multiple of the text's


class Logits(torch.nn.Module):
    """What it takes for a model: ids in, logits out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=ids, use_cache=False).logits
        return logits


def decide(lm: Any, text: Sequence[int], calls: Sequence[CallIds], tau: float) -> tuple[list[bool], int]:
    """Whether it keeps each call, and the tokens that were fed; `tau` in our nats, a third of its own."""
    (end,) = lm.tokenizer("]", add_special_tokens=False)["input_ids"]
    kept: list[bool] = []
    fed = 0
    for start in range(0, len(calls), BATCH):
        some = calls[start : start + BATCH]
        bare = [torch.tensor(text)] * len(some)
        empty = [_inside(text, call.place, call.empty) for call in some]
        done = [_inside(text, call.place, call.done) for call in some]
        result = package.filter_tokens_with_api_response(
            Logits(lm.model),
            tokens=pad_sequence(bare, batch_first=True),
            tokens_without_api_response=pad_sequence(empty, batch_first=True),
            tokens_with_api_response=pad_sequence(done, batch_first=True),
            api_start_token_id=some[0].empty[0],
            api_end_token_id=end,
            filter_threshold=3 * tau,
        )
        kept += result.selected_mask.tolist()
        fed += sum(map(len, [*bare, *empty, *done]))
    return kept, fed


def _inside(text: Sequence[int], place: int, call: Sequence[int]) -> torch.Tensor:
    """The text with a call in it, but for the space behind the call: the text has its own."""
    return torch.tensor([*text[:place], *call[:-1], *text[place:]])


def rewrite(model: Any, prompt: Sequence[int], text: Sequence[int]) -> tuple[list[int], int]:
    """A text once more with calls, as `Toolformer` asks `sample` for it, and the tokens that were fed."""
    length = len(prompt) + round(ROOM * len(text))
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        made = package.sample(
            Logits(model),
            prime=torch.tensor([prompt]),
            positions=torch.tensor([len(prompt)]),
            seq_len=length,
            temperature=0.9,
        )
    return made[0, len(prompt) :].tolist(), (length - len(prompt)) * (length + 1)


def has_call(text: str) -> bool:
    """Whether it finds a call in a text."""
    return bool(package.has_api_calls(text))


def runs(argument: str) -> bool:
    """Whether it runs a calculator call."""
    text = f"That is [Calculator({argument})] so."
    return bool(package.invoke_tools({"Calculator": calculate}, text, api_stop="]") != text)
