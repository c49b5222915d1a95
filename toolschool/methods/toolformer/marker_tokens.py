"""Which tokens of a vocabulary begin a call, which end it, and which end a line: markers are text, tokens are what a model writes.

    tokens = marker_tokens(tokenizer, Markers())
    tokens.starts, tokens.ends

Several tokens may begin with the start marker (`[`, ` [`, `["`); the probability of a call is the sum of theirs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from toolschool.errors import ModelError
from toolschool.methods.toolformer.markers import Markers


class MarkerTokens(NamedTuple):
    """Ids of the tokens that begin with the start marker, after spaces perhaps, that hold the end marker, that hold a start marker."""

    starts: tuple[int, ...]
    ends: frozenset[int]
    marked: tuple[int, ...]


def marker_tokens(tokenizer: Any, markers: Markers) -> MarkerTokens:
    """ModelError when no token begins with the start marker."""
    strings = _strings(tokenizer)
    ends = frozenset(i for i, text in enumerate(strings) if markers.end in text)
    starts = tuple(i for i, text in enumerate(strings) if text.lstrip(" ").startswith(markers.start) and i not in ends)
    if not starts:
        raise ModelError(f"no token begins with {markers.start!r}; choose other markers or add them as tokens")
    return MarkerTokens(starts, ends, tuple(i for i, text in enumerate(strings) if markers.start in text))


def line_ends(tokenizer: Any) -> frozenset[int]:
    """Ids of the tokens that end a line or the text: no call goes on behind one."""
    ends = {i for i, text in enumerate(_strings(tokenizer)) if "\n" in text}
    return frozenset(ends | {tokenizer.eos_token_id} - {None})


def _strings(tokenizer: Any) -> list[str]:
    return list(tokenizer.batch_decode([[i] for i in range(len(tokenizer))]))
