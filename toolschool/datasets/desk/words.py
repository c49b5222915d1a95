"""Small text helpers: lists, capitals, quotation marks, determiners."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolschool.datasets.desk.draw import Draw

SMALL_WORDS = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
TITLE_SLOTS = {
    "create_calendar_event": (0,),
    "get_zoom_meeting_link": (0,),
    "create_reminder": (0,),
    "compose_new_email": (2,),
}  # Title Case by convention, whatever the query
DETERMINER = re.compile(r"^(the|a|an|my|our|your|some|all|this|that) ", re.IGNORECASE)


def headline(text: str) -> str:
    """'lunch with the sales team' -> 'Lunch with the Sales Team': how people write titles themselves."""
    words = text.split(" ")
    return " ".join(w if i and w in SMALL_WORDS else w[:1].upper() + w[1:] for i, w in enumerate(words))


def bare(phrase: str) -> str:
    """A noun phrase without its determiner: 'the action items' -> 'action items'."""
    return DETERMINER.sub("", phrase)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(draw: Draw, items: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c' with or without the comma before 'and'."""
    if len(items) == 1:
        return items[0]
    if len(items) == 2:
        return f"{items[0]}{draw.pick((' and ', ' and ', ' and ', ' & ', ', '))}{items[1]}"
    return ", ".join(items[:-1]) + draw.pick((", and ", " and ")) + items[-1]


def quoted(draw: Draw, text: str, rate: float = 0.75) -> str:
    """The text in quotation marks, or bare at 1 - rate."""
    if not draw.chance(rate):
        return text
    mark = draw.rng.random()
    if mark < 0.82 or (mark < 0.92 and ("'" in text or " " not in text)):
        return f'"{text}"'
    return f"'{text}'" if mark < 0.92 else f"\u201c{text}\u201d"


def possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") and " " in name else f"{name}'s"
