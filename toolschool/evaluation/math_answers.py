"""When a generated text answers a question: Toolformer's rules for mathematics and for short facts.

    number_is_right(" 5 + 3 = 8 apples.", "8")                       # True
    first_words_contain(" It was Paris, of course.", "Paris", 5)     # True

Source: arXiv 2302.04761, section 4.2: the first number of the prediction, or the first one after "=" if there is an equation; the gold
word within the first five words (LAMA) or twenty (question answering). `prediction` is newly generated text only, never the prompt, and
ends where generation was stopped: a text that goes on to ask itself the next question is read to its end. Inline calls are taken
out first, whole or broken off, so that no operand counts as an answer. A missing answer is wrong. Limit: number words are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal

from toolschool.datasets.inline_calls import plain

TOLERANCE = Decimal("0.005")  # the calculator rounds to two decimals
_BROKEN_CALL = re.compile(r"\[\w+\([^\]]*\]?")  # never executed, or cut off by the length limit
_SIGNS = str.maketrans({"−": "-", "–": "-", "$": None, "€": None, "£": None})
# The minus of "10-5" and of "covid-19" is no sign, and the point of "No.5" no decimal one.
_NUMBER = re.compile(
    r"(?:(?<![\w)])-)?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)",
    re.ASCII,
)


def predicted_number(prediction: str) -> Decimal | None:
    """The number that a prediction gives; None when it gives none."""
    text = _said(prediction).translate(_SIGNS)
    before, equals, after = text.partition("=")
    found = _NUMBER.search(after if equals else before)
    return Decimal(found[0].replace(",", "")) if found else None


def number_is_right(prediction: str, gold: str) -> bool:
    """Whether the predicted number is the gold one, up to the rounding of the calculator."""
    number = predicted_number(prediction)
    return number is not None and abs(number - Decimal(gold)) <= TOLERANCE


def first_words_contain(prediction: str, gold: str, n: int) -> bool:
    """Whether the gold text stands, as whole words in any case, within the first `n` words of a prediction."""
    first, wanted = (" ".join(words) for words in (_said(prediction).casefold().split()[:n], gold.casefold().split()))
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", first) is not None


def _said(prediction: str) -> str:
    """The text without calls."""
    return _BROKEN_CALL.sub("", plain(prediction))
