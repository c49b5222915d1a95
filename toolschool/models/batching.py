"""Step-wise batching of greedy decoding: texts join and leave a running batch between two tokens.

    batch = Batch(model, eos_id)
    for token in batch.write(prompt_ids, max_new_tokens=200): ...      # from any number of threads at once

One forward pass per token serves all texts at work, so sixteen cost little more than one: a step reads every weight once, whoever it is for.
Keys and values lie in one table with a place for each text; a text that ends leaves its place to the last. One thread runs while there
is work. Any causal LM of transformers whose cache is keys and values and whose attention takes a mask (sdpa, eager). Its own continuous
batching is for GPUs and has no grammars per text (docs/decisions/batching.md).
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError
from toolschool.models.kv_table import Table

if TYPE_CHECKING:
    import torch

PLACES = 16


@dataclass(eq=False)
class Text:
    """A text at work: the prompt's tokens and those behind it, and where the latter are told, `None` after the last."""

    ids: list[int]
    left: int
    mask: Any = None
    told: queue.SimpleQueue[int | BaseException | None] = field(default_factory=queue.SimpleQueue)
    is_unwanted: bool = False


class Batch:
    """Writes up to `places` texts at once; more wait their turn."""

    def __init__(self, model: Any, eos_id: int, places: int = PLACES) -> None:
        self._model, self._eos_id, self._places = model, eos_id, places
        self._waiting: deque[Text] = deque()
        self._texts: list[Text] = []
        self._table: Table | None = None
        self._lock = threading.Lock()
        self._is_running = False

    def write(self, ids: Sequence[int], max_new_tokens: int, mask: Any = None) -> Generator[int, None, None]:
        """Tokens behind a prompt, the most probable each, up to the end-of-sequence token, which is given too.

        `mask` is a LogitsProcessor of one row. Closing the iterator makes room. ModelError when the model fails.
        """
        text = Text(list(ids), max_new_tokens, mask)
        self._join(text)
        try:
            while (token := text.told.get()) is not None:
                if isinstance(token, BaseException):
                    raise ModelError(f"generation failed: {token}") from token
                yield token
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
        self._texts, self._table = [], None

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
        assert self._table is not None
        last = self._texts.pop()
        if place < len(self._texts):
            self._texts[place] = last
            self._table.move(len(self._texts), place)

    def _begin(self, text: Text) -> None:
        """Read a prompt, and write the first token behind it."""
        import torch

        ids = torch.tensor([text.ids], device=self._model.device)
        output = self._model(input_ids=ids, use_cache=True, logits_to_keep=1)
        if self._tell(text, output.logits[:, -1]):
            if self._table is None:
                self._table = Table(self._places)
            self._table.put(len(self._texts), output.past_key_values)
            self._texts.append(text)

    def _step(self) -> None:
        """One token more for each text."""
        import torch

        if not self._texts:
            return
        assert self._table is not None
        device = self._model.device
        newest = torch.tensor([[text.ids[-1]] for text in self._texts], device=device)
        lengths = torch.tensor([len(text.ids) - 1 for text in self._texts], device=device)
        output = self._model(
            input_ids=newest,
            position_ids=lengths[:, None],
            past_key_values=self._table.at(lengths),
            attention_mask=self._table.visible(lengths),
            use_cache=True,
        )
        for place in reversed(range(len(self._texts))):
            if not self._tell(self._texts[place], output.logits[place, -1:]):
                self._remove(place)

    def _tell(self, text: Text, scores: torch.Tensor) -> bool:
        """The token that `scores` (1, V) give, to the reader; whether more may follow."""
        import torch

        try:
            if text.mask is not None:
                scores = text.mask(torch.tensor([text.ids], device=scores.device), scores)
            token = int(scores.argmax(-1))
        except Exception as error:  # noqa: BLE001 - as in _run; the others go on
            text.told.put(error)
            return False
        text.ids.append(token)
        text.left -= 1
        text.told.put(token)
        if token == self._eos_id or text.left <= 0:
            text.told.put(None)
            return False
        return True
