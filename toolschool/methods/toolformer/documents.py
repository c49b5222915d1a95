"""The texts that are annotated, and where in them a call may stand.

    document = read_document({"text": "...", "url": "https://example.org/2024/03/05/floods"})
    document.date                                    # 2024-03-05, from the address
    boundaries("4 boxes of 12 are 48.")              # {0, 1, 7, 10, 13, 17, 20}

A row is `{text}` with perhaps `date` (ISO) or `url`. As in the paper (arXiv 2302.04761, appendix A) the date of a text is that in its
address. A call stands before a word, number or sign together with the space in front of it, never inside one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from toolschool.errors import RowError

_DAY_IN_URL = re.compile(r"(?<!\d)((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?!\d)")
_UNIT = re.compile(r" *(?:\d(?:[\d.,]*\d)?|[^\W\d]+|[^\w\s])")


class Document(NamedTuple):
    """A text and the day it is from, None where nobody knows."""

    text: str
    date: datetime | None = None


def read_document(row: Mapping[str, Any]) -> Document:
    """A raw row as a document. RowError: no text, an empty one, a date that is none."""
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RowError("a row wants a field `text` that is not empty")
    given = row.get("date")
    if given is None:
        return Document(text, date_in_url(str(row.get("url", ""))))
    try:
        return Document(text, datetime.fromisoformat(given))
    except (TypeError, ValueError) as error:
        raise RowError(f"the date {given!r} is not ISO, such as 2024-03-05") from error


def date_in_url(url: str) -> datetime | None:
    """The first year/month/day in an address that is a day of the calendar."""
    for found in _DAY_IN_URL.finditer(url):
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            continue
    return None


def boundaries(text: str) -> set[int]:
    """Characters before which a call may stand: the starts of words, numbers and signs, each with the space before it."""
    return {match.start() for match in _UNIT.finditer(text)}


class Tokens(NamedTuple):
    """A text's token ids, and the character at which each begins."""

    ids: list[int]
    starts: list[int]


def encode(tokenizer: Any, text: str) -> Tokens:
    """The tokens of a text alone. A token begins where the one before it ends, so that a space belongs to the word behind it;
    the pieces of one character begin together."""
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    starts, end = [], 0
    for first, last in found["offset_mapping"]:
        starts.append(min(first, end))
        end = last
    return Tokens(list(found["input_ids"]), starts)


def places(tokens: Tokens, text: str, first: int, inside_words: bool = False) -> Sequence[int]:
    """Token indices from `first` on before which a call may stand."""
    allowed = boundaries(text)
    starts = tokens.starts
    whole = (i for i in range(first, len(starts)) if i == 0 or starts[i] != starts[i - 1])
    return [i for i in whole if inside_words or starts[i] in allowed]
