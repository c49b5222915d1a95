"""Texts with the calls that were kept: what the model is fine-tuned on.

    merge(text, offsets, kept)      # "That is [Calculator(48 / 2)->24] 24."
    merge_ids(ids, kept)            # the same in tokens, those of the text untouched

x* = x_{<i}, e(c, r), x_{>=i} (arXiv 2302.04761, section 2). Of several calls kept at one place the one with the largest gain stands
(the paper merges "the remaining calls" and does not say which); a text may hold calls of several tools.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Kept(NamedTuple):
    """A call that stays: before token `place` of its text; `written` is e(c, r), `ids` its tokens, `gain` in nats."""

    place: int
    written: str
    ids: tuple[int, ...]
    gain: float


def best(calls: Iterable[Kept]) -> list[Kept]:
    """One call a place, the one with the largest gain (of equals the first in the alphabet), by place."""
    found: dict[int, Kept] = {}
    for call in sorted(calls, key=lambda call: (call.place, -call.gain, call.written)):
        found.setdefault(call.place, call)
    return list(found.values())


def merge(text: str, starts: Sequence[int], calls: Iterable[Kept]) -> str:
    """The text with its calls; `starts` is the first character of every token. A call and the text behind it keep one space between."""
    pieces, done = [], 0
    for call in best(calls):
        at = starts[call.place]
        spaced = text[at : at + 1] == " "
        pieces += [text[done:at], f" {call.written}" if spaced else f"{call.written} "]
        done = at
    return "".join([*pieces, text[done:]])


def merge_ids(ids: Sequence[int], calls: Iterable[Kept]) -> list[int]:
    """Token ids of the same: the text's own tokens in their order, those of the calls between."""
    merged, done = [], 0
    for call in best(calls):
        merged += [*ids[done : call.place], *call.ids]
        done = call.place
    return [*merged, *ids[done:]]
