"""Which texts are tried with which tool: the heuristics of the paper (arXiv 2302.04761, appendix A).

    wants_calculator("3 boxes of 12 are 36 pens.")        # True: 3 * 12 = 36

A text that only happens to hold three numbers is tried once in a hundred, by a hash of the text: the same texts on every run.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import combinations

WINDOW = 100  # words between which three numbers must stand
RARE = 100  # one in so many texts that match only the weakest rule is kept
MAX_NUMBERS = 12  # of a window that are tried together
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])-?\d+(?:\.\d+)?")
_SAID = re.compile(r"(?:=|\bequals?\b|\bequal to\b|\btotal of\b|\baverage of\b)\s*[$€£]?-?\d", re.IGNORECASE)


def wants_calculator(text: str) -> bool:
    """Three numbers in a window of 100 words of which one follows from the others, or a phrase that announces a result."""
    if _SAID.search(text):
        return True
    words = [match.start() for match in re.finditer(r"\S+", text)]
    found = [(bisect_left(words, match.start()), _value(match[0])) for match in _NUMBER.finditer(text)]
    if len(found) < 3:
        return False
    return any(_follows(*near) for near in _windows(found)) or _drawn(text)


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _windows(found: list[tuple[int, float]]) -> Iterator[list[float]]:
    """For every number itself and those at most WINDOW words behind it."""
    for i, (place, _) in enumerate(found):
        yield [value for other, value in found[i : i + MAX_NUMBERS] if other - place < WINDOW]


def _follows(first: float, *others: float) -> bool:
    """Whether of the first and two others one is the sum, difference, product or quotient of the rest (to two decimals)."""
    return any(
        _same(a + b, c) or _same(a * b, c)  # a difference is a sum, a quotient a product, read the other way
        for x, y in combinations(others, 2)
        for a, b, c in ((first, x, y), (first, y, x), (x, y, first))
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) < 0.005


def _drawn(text: str) -> bool:
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest()[:8], 16) % RARE == 0
