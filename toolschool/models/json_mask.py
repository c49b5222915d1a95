"""JSON under a grammar that also comes to an end: what is too long is closed.

    closing = Closing(constrainer, per_argument=96, limit=384)
    model.generate(**batch, logits_processor=[closing.processor([constrainer.json_matcher(schema), ...])])

A grammar says what may follow and bounds no length: a model may fill a text or a number's digits for ever. Here an argument (what stands
between two commas of the outermost object) of more than `per_argument` tokens may go on only with what closes its texts, lists and
objects, wherever the grammar lets it; behind `limit` tokens so may the whole. What closes is looked for among the first
characters of tokens, so nothing is written that the grammar does not allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolschool.models.decoding import Constrainer, LogitsMask

if TYPE_CHECKING:
    import torch

# First characters of what closes, best first.
TEXT_ENDS = ('"',)
VALUE_ENDS = (",}",)  # the next argument, or none
ALL_ENDS = ("}]", ",")  # a comma only where something required is still missing


@dataclass
class Place:
    """Where a row of JSON stands: `argument` and `total` count tokens."""

    in_text: bool = False
    escaped: bool = False
    depth: int = 0
    argument: int = 0
    total: int = 0

    def feed(self, piece: bytes) -> None:
        """One token more."""
        for character in map(chr, piece):
            if self.escaped:
                self.escaped = False
            elif character == '"':
                self.in_text = not self.in_text
            elif self.in_text:
                self.escaped = character == "\\"
            elif character in "{[":
                self.depth += 1
            elif character in "}]":
                self.depth -= 1
            elif character == "," and self.depth == 1:
                self.argument = 0
        self.argument += 1
        self.total += 1

    def ends(self, per_argument: int, limit: int) -> tuple[str, ...]:
        """First characters that may follow where it is time to close, else nothing."""
        if self.argument <= per_argument and self.total <= limit:
            return ()
        if self.in_text:
            return TEXT_ENDS
        return ALL_ENDS if self.depth > 1 or self.total > limit else VALUE_ENDS


class Closing:
    """What the tokens of one constrainer write; building it reads the vocabulary once. Limits count tokens."""

    def __init__(self, constrainer: Constrainer, per_argument: int, limit: int) -> None:
        import torch

        self.constrainer, self.per_argument, self.limit = constrainer, per_argument, limit
        self.pieces = constrainer.pieces()
        firsts = [piece[:1].decode("latin-1") for piece in self.pieces]
        self.others = {
            ends: torch.tensor([first not in ends or not first for first in firsts])
            for ends in {*TEXT_ENDS, *VALUE_ENDS, *ALL_ENDS}
        }

    def processor(self, matchers: Sequence[Any]) -> ClosingMask:
        return ClosingMask(self, matchers)


class ClosingMask:
    """A LogitsProcessor: call it with (input_ids, scores) of shapes (B, T) and (B, V), once per generated token."""

    def __init__(self, closing: Closing, matchers: Sequence[Any]) -> None:
        self._closing = closing
        self._mask = LogitsMask(matchers, closing.constrainer.vocab_size, closing.constrainer.eos_id)
        self._places = [Place() for _ in matchers]
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        kept = self._mask(input_ids, scores)
        for row, place in enumerate(self._places):
            if self._begun:
                place.feed(self._closing.pieces[int(input_ids[row, -1])])
            for ends in place.ends(self._closing.per_argument, self._closing.limit):
                closed = kept[row].masked_fill(self._closing.others[ends].to(kept.device), float("-inf"))
                if closed.isfinite().any():
                    kept[row] = closed
                    break
        self._begun = True
        return kept
