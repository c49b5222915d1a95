"""Step-wise batching of greedy decoding: texts join and leave a running batch between two tokens.

    batch = Batch(TorchSteps(model), eos_id)
    for tokens in batch.write(prompt_ids, max_new_tokens=200): ...     # a few at a time; from any number of threads at once

One forward pass per token serves all texts at work, so sixteen cost little more than one: a step reads every weight once, whoever it is for.
Each text has a place; one that ends leaves its place to the last. One thread runs while there is work. What computes the steps is a
`Steps`: transformers (`torch_steps.py`) or llama.cpp (`llama_cpp_engine.py`); why not the batching of transformers: docs/decisions/batching.md.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from toolschool.errors import ModelError

if TYPE_CHECKING:
    import torch

PLACES = 16
LUMP = 8  # tokens told at once: a reader that wakes up for each takes the interpreter away from the model
FEW, FORCED = (
    4,
    8,
)  # where at most FEW texts are at work, up to FORCED tokens that a mask leaves no choice about go into one step


class Steps(Protocol):
    """A model that reads texts side by side, each at a place. Scores are float (1, V), of the token behind what was read."""

    pads: bool
    """Whether all texts of a step cost as much as the one with most to read."""
    longest: int | None
    """Tokens of a text, prompt included; None: no bound."""

    def begin(self, place: int, ids: Sequence[int], adapter: str | None) -> torch.Tensor:
        """Read a prompt at a place; an adapter holds for all of the text."""
        ...

    def step(self, newest: Sequence[Sequence[int]], lengths: Sequence[int]) -> Sequence[torch.Tensor]:
        """Read on, the texts at places 0, 1, ...: of each some tokens that follow on the `lengths` that it has read."""
        ...

    def move(self, here: int, there: int) -> None:
        """The text at one place takes another's, whose own is forgotten; the same place twice: it is forgotten."""
        ...


@dataclass(eq=False)
class Text:
    """A text at work: the prompt's tokens and those behind it, and where the latter are told, `None` after the last."""

    ids: list[int]
    left: int
    mask: Any = None
    adapter: str | None = None
    unread: int = 0  # of `ids`, from the end: tokens that the model has yet to read
    allowed: torch.Tensor | None = None  # (1, V) what the mask makes of zeros, for the next token
    untold: list[int] = field(default_factory=list)
    told: queue.SimpleQueue[list[int] | BaseException | None] = field(default_factory=queue.SimpleQueue)
    is_unwanted: bool = False


class Batch:
    """Writes up to `places` texts at once; more wait their turn. Tokens among `at_once` are told as soon as they are there."""

    def __init__(self, steps: Steps, eos_id: int, places: int = PLACES, at_once: Collection[int] = ()) -> None:
        self._steps, self._eos_id, self._places, self._at_once = steps, eos_id, places, at_once
        self._waiting: deque[Text] = deque()
        self._texts: list[Text] = []
        self._lock = threading.Lock()
        self._is_running = False

    def write(
        self, ids: Sequence[int], max_new_tokens: int, mask: Any = None, adapter: str | None = None
    ) -> Generator[list[int], None, None]:
        """Tokens behind a prompt, the most probable each, a few at a time, up to the end-of-sequence token, which is given too.

        `mask` is a LogitsProcessor of one row that lets tokens through or forbids them (-inf). Closing the iterator makes room.
        `adapter` is a LoRA adapter of a PEFT model, whose texts name one each (`adapters.py`). ModelError when the model fails, or the
        prompt is too long for it.
        """
        room = max_new_tokens if self._steps.longest is None else self._steps.longest - len(ids)
        if room <= 0:
            raise ModelError(
                f"a prompt of {len(ids)} tokens, and {self._steps.longest} is all that is read; shorten it"
            )
        text = Text(list(ids), min(max_new_tokens, room), mask, adapter)
        self._join(text)
        try:
            while (tokens := text.told.get()) is not None:
                if isinstance(tokens, BaseException):
                    raise ModelError(f"generation failed: {tokens}") from tokens
                yield tokens
        finally:
            text.is_unwanted = True

    def _join(self, text: Text) -> None:
        with self._lock:
            self._waiting.append(text)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        import torch

        with torch.inference_mode():
            while self._has_work():
                self._leave()
                try:
                    self._step()
                except Exception as error:  # noqa: BLE001 - crosses a thread; raised again by each reader
                    self._fail(error)

    def _has_work(self) -> bool:
        with self._lock:
            self._is_running = bool(self._waiting or self._texts)
            return self._is_running

    def _fail(self, error: Exception) -> None:
        for text in self._texts:
            text.told.put(error)
        for place in range(len(self._texts)):
            self._steps.move(place, place)
        self._texts = []

    def _leave(self) -> None:
        """Texts that nobody reads any more go, then those that wait come."""
        for place in reversed(range(len(self._texts))):
            if self._texts[place].is_unwanted:
                self._remove(place)
        while self._waiting and len(self._texts) < self._places:
            text = self._waiting.popleft()
            if text.is_unwanted:
                continue
            try:
                self._begin(text)
            except Exception as error:  # noqa: BLE001 - as in _run
                text.told.put(error)

    def _remove(self, place: int) -> None:
        last = self._texts.pop()
        self._steps.move(len(self._texts), place)
        if place < len(self._texts):
            self._texts[place] = last

    def _begin(self, text: Text) -> None:
        """Read a prompt, and write the first token behind it."""
        place = len(self._texts)
        scores = self._steps.begin(place, text.ids, text.adapter)
        self._ask_mask(text, scores)
        if self._go_on(text, scores):
            self._texts.append(text)
        else:
            self._steps.move(place, place)

    def _step(self) -> None:
        """One token more for each text, and those that follow without a choice."""
        if not self._texts:
            return
        newest = [text.ids[-text.unread :] for text in self._texts]
        scores = self._steps.step(newest, [len(text.ids) - text.unread for text in self._texts])
        for place in reversed(range(len(self._texts))):
            if not self._go_on(self._texts[place], scores[place]):
                self._remove(place)

    def _go_on(self, text: Text, scores: torch.Tensor) -> bool:
        """Take and tell the token that `scores` (1, V) give, and those behind it that nothing else may take the place of; whether more may follow."""
        most = FORCED if len(self._texts) <= FEW or not self._steps.pads else 1
        text.unread = 0
        try:
            token = int((scores if text.allowed is None else scores + text.allowed).argmax(-1))
            while self._take(text, token):
                self._ask_mask(text, scores)
                if text.unread == most or text.allowed is None or int(text.allowed.isfinite().sum()) != 1:
                    return True
                token = int(text.allowed.argmax(-1))
        except Exception as error:  # noqa: BLE001 - as in _run; the others go on
            text.told.put(error)
        return False

    def _ask_mask(self, text: Text, like: torch.Tensor) -> None:
        """What may follow; masks are asked once a token, whether or not the model is."""
        import torch

        if text.mask is not None:
            text.allowed = text.mask(torch.tensor([text.ids], device=like.device), torch.zeros_like(like))

    def _take(self, text: Text, token: int) -> bool:
        """One token more, told when it is time to; whether another may follow."""
        text.ids.append(token)
        text.unread += 1
        text.left -= 1
        text.untold.append(token)
        ended = token == self._eos_id or text.left <= 0
        if ended or token in self._at_once or len(text.untold) == LUMP:
            text.told.put(text.untold)
            text.untold = []
        if ended:
            text.told.put(None)
        return not ended
