"""Pointers of the compact style in a grammar: their token ids in one tokenizer, and the request they point into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolschool.methods.tinyagent.spans import MAX_SPANS, Request


@dataclass(frozen=True)
class Pointers:
    """Ids of `COMPACT_TOKENS` by their text, and a request cut into spans."""

    ids: Mapping[str, int]
    request: Request

    @property
    def count(self) -> int:
        """Spans that can be pointed at."""
        return min(len(self.request.spans), MAX_SPANS)

    def one_of(self, *tokens: str) -> str:
        """These tokens, one of which may follow; "" for none."""
        return token_set([self.ids[token] for token in tokens])

    def spans(self, indices: Sequence[int]) -> str:
        """The index tokens of these spans, one of which may follow; "" for none."""
        return self.one_of(*(f"<{index}>" for index in indices))

    def token_text(self, pointer: str) -> str:
        """A pointer such as `<Aa><7>` as llguidance writes its tokens."""
        return " ".join(f"<[{self.ids[part]}]>" for part in re.findall("<[^>]+>", pointer))


def token_set(ids: Sequence[int]) -> str:
    """Token ids as llguidance writes them, e.g. `<[7,9-12]>`."""
    runs: list[list[int]] = []
    for token in sorted(ids):
        if runs and token == runs[-1][1] + 1:
            runs[-1][1] = token
        else:
            runs.append([token, token])
    text = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
    return f"<[{text}]>" if text else ""
