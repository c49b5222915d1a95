"""Constrained decoding on any Hugging Face tokenizer: llguidance computes, per step, which tokens may follow.

    constrainer = Constrainer(tokenizer, vocab_size)
    processor = constrainer.processor([grammar_a, grammar_b])   # a transformers LogitsProcessor, one grammar a row
    LogitsMask([constrainer.json_matcher(schema)], vocab_size, constrainer.eos_id)     # the same for JSON of a schema

Masks are computed with numpy: the torch variant compiles for minutes on CPU.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError

if TYPE_CHECKING:
    import torch

# How json.dumps writes; what training rows show is what decoding may write.
_AS_DUMPED: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def json_rule(schema: Mapping[str, Any]) -> str:
    """JSON of a schema as part of a Lark grammar: properties in its order, blanks as json.dumps has them."""
    return "%json " + json.dumps({**schema, "x-guidance": _AS_DUMPED})


def compiles(lark: str) -> bool:
    """Whether a grammar is one, and all words of its schemas are known."""
    return not compile_error(lark)


def compile_error(lark: str) -> str:
    """What is wrong with a grammar, "" where nothing is."""
    from llguidance import LLMatcher

    return str(LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(lark)))


class Constrainer:
    """Compiles grammars for one tokenizer; building it reads the whole vocabulary once."""

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        import llguidance.hf

        self.vocab_size = vocab_size
        self.eos_id = int(tokenizer.eos_token_id)
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocab_size)

    def matcher(self, lark: str) -> Any:
        """A fresh llguidance matcher; ModelError names what is wrong with the grammar."""
        from llguidance import LLMatcher

        matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(lark))
        if matcher.is_error():
            raise ModelError(f"the decoding grammar does not compile: {matcher.get_error()}")
        return matcher

    def json_matcher(self, schema: Mapping[str, Any]) -> Any:
        """A matcher of JSON that fits a schema: properties in its order, blanks as json.dumps has them. ModelError as above.

        Nothing is forced: what "give_answer" and "give_up" begin with alike would come in pieces in which only one of them was trained.
        """
        return self.matcher(f'%llguidance {{"no_forcing": true}}\nstart: {json_rule(schema)}')

    def pieces(self) -> list[bytes]:
        """What each token writes, by id."""
        return [self._tokenizer.decode_bytes([token]) for token in range(self.vocab_size)]

    def processor(self, grammars: Sequence[str]) -> LogitsMask:
        return LogitsMask([self.matcher(grammar) for grammar in grammars], self.vocab_size, self.eos_id)


class LogitsMask:
    """A LogitsProcessor: call it with (input_ids, scores) of shapes (B, T) and (B, V), once per generated token."""

    def __init__(self, matchers: Sequence[Any], vocab_size: int, eos_id: int) -> None:
        import llguidance.numpy

        self._matchers = list(matchers)
        self._done = [False] * len(self._matchers)
        self._mask = llguidance.numpy.allocate_token_bitmask(len(self._matchers), vocab_size)
        self._eos_id = eos_id
        self._length: int | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import llguidance.numpy
        import numpy as np
        import torch

        if self._length is not None:
            self._consume([int(token) for token in input_ids[:, -1]])
        self._length = input_ids.shape[1]
        for row, matcher in enumerate(self._matchers):
            if self._done[row]:
                self._mask[row] = 0
                self._mask[row, self._eos_id // 32] = np.int32(1 << (self._eos_id % 32))
            else:
                llguidance.numpy.fill_next_token_bitmask(matcher, self._mask, row)
        bits = np.unpackbits(self._mask.view(np.uint8), axis=1, bitorder="little")[:, : scores.shape[1]]
        allowed = torch.from_numpy(bits.astype(bool)).to(scores.device)
        return scores.masked_fill(~allowed, float("-inf"))

    def _consume(self, tokens: list[int]) -> None:
        for row, token in enumerate(tokens):
            if self._done[row]:
                continue
            if token == self._eos_id or not self._matchers[row].consume_token(token):
                self._done[row] = True
