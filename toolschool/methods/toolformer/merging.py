"""Texts with the calls that were kept: what the model is fine-tuned on.

    merge(text, kept)                        # "That is [Calculator(48 / 2)->24] 24."
    encode_merged(tokenizer, merged)         # its tokens, those of the text as they are without the calls

x* = x_{<i}, e(c, r), x_{>=i} (arXiv 2302.04761, section 2). The paper merges "the remaining calls" and does not say which: here of calls that
help with the same tokens (at one place, or fewer tokens apart than a loss looks ahead: before "=" and before "$" of "= $24"), and of one call at
several places of a text, the one with the largest gain stands. A text may hold several tools.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, NamedTuple

from toolschool.methods.toolformer.documents import Tokens, encode
from toolschool.methods.toolformer.losses import WEIGHTS
from toolschool.methods.toolformer.markers import Markers

AHEAD = len(WEIGHTS)  # tokens that a call's loss looks at


class Kept(NamedTuple):
    """A call that stays: before character `at` of its text, which is its token `place`; `written` is e(c, r), `gain` in nats."""

    at: int
    place: int
    written: str
    gain: float


def best(calls: Iterable[Kept]) -> list[Kept]:
    """One call for the same tokens and each call once a text, those with the largest gain (of equals the first), by place."""
    written: set[str] = set()
    found: list[Kept] = []
    for call in sorted(calls, key=lambda call: (-call.gain, call.at, call.written)):
        if call.written not in written and all(abs(call.place - other.place) >= AHEAD for other in found):
            written.add(call.written)
            found.append(call)
    return sorted(found)


def merge(text: str, calls: Iterable[Kept]) -> str:
    """The text with its calls; a call and the text behind it keep one space between."""
    pieces, done = [], 0
    for call in best(calls):
        pieces += [text[done : call.at], spaced(text, call.at, call.written)]
        done = call.at
    return "".join([*pieces, text[done:]])


def spaced(text: str, at: int, written: str) -> str:
    """A call as it stands before character `at`: its space is before it where the text goes on with one, else behind it."""
    return f" {written}" if text[at : at + 1] == " " else f"{written} "


def split(merged: str, markers: Markers) -> tuple[str, list[tuple[int, str]]]:
    """A merged text as plain text and its calls, each with its character in the plain text: the inverse of `merge`."""
    plain, done = "", 0
    calls: list[tuple[int, str]] = []
    for match in markers.pattern.finditer(merged):
        plain += merged[done : match.start()]
        done = match.end()
        if merged[done : done + 1] == " ":
            if plain.endswith(" "):
                plain = plain[:-1]  # "is [c] 24": the space behind the call is the text's own
            else:
                done += 1  # "$[c] 24": the space is the call's
        calls.append((len(plain), match[0]))
    return plain + merged[done:], calls


def encode_merged(tokenizer: Any, merged: str, markers: Markers, results: bool = True) -> list[int]:
    """Token ids of a merged text: those of the text alone in their order, those of each call, encoded apart, between.

    A call that stands inside a token of the text moves before it. Without `results` calls are e(c), as the annotation prompt wants them.
    """
    text, calls = split(merged, markers)
    tokens = encode(tokenizer, text)
    ids: list[int] = []
    done = 0
    for at, written in calls:
        place = _token_at(tokens, at, len(text))
        shown = written if results else markers.pattern.sub(lambda call: markers.call(call[1], call[2]), written)
        apart = tokenizer(spaced(text, at, shown), add_special_tokens=False)["input_ids"]
        ids += [*tokens.ids[done:place], *apart]
        done = place
    return [*ids, *tokens.ids[done:]]


def _token_at(tokens: Tokens, at: int, length: int) -> int:
    """The first token that begins at a character, else the one that holds it."""
    if at >= length:
        return len(tokens.ids)
    place = bisect_left(tokens.starts, at)
    return place if place < len(tokens.starts) and tokens.starts[place] == at else place - 1
