"""Small pure functions on what planners write: names, lists, dates, sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")

_SHORTEST_PART = 3  # letters a query needs to match inside a word: "Al" must not find "Sally"


def squeeze(text: str | None) -> str:
    """One line with single spaces; None is empty."""
    return " ".join((text or "").split())


def words(text: str) -> list[str]:
    """Case-folded words; `celebrationNotes` and `celebration_notes` have two."""
    return [word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", text))]


def key(text: str) -> str:
    """What two spellings of one name share: case, spaces and punctuation do not count."""
    return "".join(words(text))


def stem(name: str) -> str:
    """A file's name without folder and suffix."""
    return _SUFFIX.sub("", PurePosixPath(squeeze(name)).name)


def suffix(name: str) -> str:
    """A file's suffix in lower case with its dot, or ""."""
    found = _SUFFIX.search(squeeze(name))
    return found.group().lower() if found else ""


def best_match(query: str, names: Sequence[str], *, loose: bool = False) -> int | None:
    """Index of the name that fits a query best, None if none does.

    In falling order: the same name; the query's words are words of the name ("Sid" for "Sid Sharma"); beginnings of
    words; a part of the name; and if `loose`, the name's words are among the query's ("the budget file" for
    "Budget"). Among equals the first wins. No edit distance: a mail to Hanna must not reach Anna.
    """
    ranks = [_rank(query, name, loose) for name in names]
    best = min((rank for rank in ranks if rank is not None), default=None)
    return None if best is None else ranks.index(best)


def _rank(query: str, name: str, loose: bool) -> int | None:
    wanted, offered = words(query), words(name)
    if not wanted or not offered:
        return None
    if key(query) == key(name):
        return 0
    if set(wanted) <= set(offered):
        return 1
    if all(any(word.startswith(part) for word in offered) for part in wanted):
        return 2
    if len(key(query)) >= _SHORTEST_PART and key(query) in key(name):
        return 3
    return 4 if loose and set(offered) <= set(wanted) else None


def as_list(value: str | Sequence[str] | None, separators: str) -> list[str]:
    """A single value or a list as a list: pieces trimmed, empty and repeated ones dropped.

    `separators` is a regular expression, because a value substituted into a string may itself hold several.
    """
    values = [value] if isinstance(value, str) else list(value or ())
    pieces = [squeeze(piece) for item in values for piece in re.split(separators, item)]
    return list(dict.fromkeys(piece for piece in pieces if piece))


def parse_date(text: str | None) -> datetime | None:
    """`YYYY-MM-DD`, with a time after a space or `T`, with or without seconds; None where it is something else.

    A time zone is dropped: the desk lives on one wall clock.
    """
    try:
        return datetime.fromisoformat(squeeze(text)).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return None


def stamp(moment: datetime) -> str:
    """How the desk writes a moment: `YYYY-MM-DD HH:MM:SS`."""
    return moment.isoformat(sep=" ", timespec="seconds")


def summary(text: str, sentences: int = 3, limit: int = 500) -> str:
    """The first sentences of a text, cut at a word so that at most `limit` characters remain."""
    lead = " ".join(_SENTENCE_END.split(squeeze(text))[:sentences])
    return lead if len(lead) <= limit else lead[:limit].rsplit(" ", 1)[0] + " …"
