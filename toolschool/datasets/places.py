"""Where the results of calls stand in a text, found from the calls themselves.

    result_places("2*4=8, and 8+4=12.", [Call("multiply", ("2", "4"), "8"), Call("add", ("8", "4"), "12")])   # [(4, 5), (15, 17)]
    word_place("Who made the Ferrari F8? It was Ferrari.", "Ferrari", ("Ferrari F8",))                          # (32, 39)

Published token indices belong to one tokenizer (LLaMA-1 with BOS) and are never used. Measured on GSM8K-XL's rebuilt training rows, whose
character offsets are known: 18,944 of 18,963 results are found where they are, all of them in 6,243 of 6,258 rows. Limit: a wrong place still
reads as the result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolschool.datasets.gold_calls import Call
from toolschool.datasets.written_numbers import number_value, numbers_in
from toolschool.errors import RowError

WINDOW = 40  # characters before a result in which its arguments are looked for
_EQUALS = re.compile(r"=\s*[$€£]?\s*$")

Place = tuple[int, int]


def result_places(text: str, calls: Sequence[Call], start: int = 0) -> list[Place]:
    """One place for each call's number, in the calls' order; the search begins at `start`. RowError when there is none.

    Of all ways to place them the one with the most evidence: an equals sign right before a number (2), its arguments shortly
    before it (1); of equals the earliest, because later ones repeat a result to go on with it.
    """
    best: list[tuple[int, list[Place]]] = [(0, [])]  # evidence and places so far, the ways that may still win
    for call in calls:
        found = _candidates(text, call, start)
        best = _extended(best, found)
        if not best:
            raise RowError(f"the result {call.result} of {call.tool} does not stand in the text as a number of its own")
    return max(best, key=lambda way: (way[0], [-begin for begin, _ in way[1]]))[1]


def word_place(text: str, result: str, subjects: Sequence[str]) -> Place:
    """The last place of a result as whole words, outside of the call's subjects if it can be. RowError when there is none.

    Texts about "Ferrari F8" name Ferrari before they say who made it; the answer comes last.
    """
    places = _whole(text, result)
    if not places:
        raise RowError(f"the result {result!r} does not stand in the text as words of their own")
    taken = [place for subject in subjects if subject for place in _whole(text, subject)]
    free = [place for place in places if not any(a <= place[0] and place[1] <= b for a, b in taken)]
    return (free or places)[-1]


def _whole(text: str, words: str) -> list[Place]:
    if not words.strip():
        return []
    return [found.span() for found in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]


def _candidates(text: str, call: Call, start: int) -> list[tuple[int, Place]]:
    """Places of numbers that equal the result, with the evidence for each."""
    value = number_value(call.result)
    same = [number for number in numbers_in(text, start) if number.value == value]
    return [(_evidence(text, number.start, call), (number.start, number.end)) for number in same]


def _evidence(text: str, place: int, call: Call) -> int:
    before = text[max(0, place - WINDOW) : place]
    near = {number.value for number in numbers_in(before)}
    arguments = {number_value(argument) for argument in call.arguments}
    return 2 * bool(_EQUALS.search(before)) + (arguments <= near)


def _extended(
    ways: Sequence[tuple[int, list[Place]]], found: Sequence[tuple[int, Place]]
) -> list[tuple[int, list[Place]]]:
    """For every place of the next result the best way that leads to it."""
    longer = []
    for evidence, place in found:
        fitting = [way for way in ways if not way[1] or way[1][-1][1] <= place[0]]
        if fitting:
            score, places = max(fitting, key=lambda way: (way[0], [-begin for begin, _ in way[1]]))
            longer.append((score + evidence, [*places, place]))
    return longer
