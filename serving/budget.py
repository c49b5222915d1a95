"""Texts and their tokens: what may not have more than so many, a plan while it is written or an answer, and what a run used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any


def within(pieces: Iterator[str], count: Callable[[str], int], most: int | None) -> Iterator[str]:
    """The pieces as long as their text has at most `most` tokens, by the tokenizer that usage is counted with; None: all."""
    text = ""
    for piece in pieces:
        text += piece
        if most is not None and piece and count(text) > most:
            return
        yield piece


def beginning(text: str, most: int, tokenizer: Any) -> str:
    """The first `most` tokens of a text, in its own characters; `tokenizer` is a fast one of Hugging Face."""
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    # Where the first token that is too many begins: a character may be made of several tokens.
    return text if len(offsets) <= most else text[: offsets[most][0]]


async def usage(
    count: Callable[[Sequence[str]], Awaitable[list[int]]], read: Sequence[str], written: Sequence[str]
) -> dict[str, int]:
    """Tokens of what was read and written; asked for at once, because the tokenizer may be elsewhere."""
    counts = await count([*read, *written])
    return {"prompt_tokens": sum(counts[: len(read)]), "completion_tokens": sum(counts[len(read) :])}
