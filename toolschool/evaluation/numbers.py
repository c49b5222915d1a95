"""The number that a worked solution ends on, and when it is right: the strict rules, to be reported next to the published ones.

    answer = answer_of("... So, the answer is -1,234.5 dollars.\\n\\nQ: ...")    # Decimal("-1234.5")
    within(answer, "-1234")                   # True: at most 0.1 % off
    equal_when_rounded(answer, "-1234")       # False: -1235 half up
    within_or_equal(answer, "-1234")          # either rule

Only the first completed answer sentence counts ("the answer is X." or "#### X"), so a text that runs on into another question changes nothing. Minus
signs, commas and currency signs are read as in `math_answers.py`. The bug-compatible rules of ToolkenGPT are in `toolken_published.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from toolschool.evaluation.math_answers import predicted_number

TOLERANCE = 0.001  # ToolkenGPT's; relative to the gold number

_MARKER = re.compile(r"answer is|####", re.IGNORECASE)
# A point inside a number ends no sentence, and the end of an unfinished text may cut a number in two.
_SENTENCE = re.compile(r"(.*?)([.!?](?!\S)|\n|\Z)", re.DOTALL)


def answer_of(text: str, finished: bool = True) -> Decimal | None:
    """The number of the first completed answer sentence that has one; None without any.

    `text` is newly written only. A sentence ends at the next "answer is" too, and of an equation its last side with a number counts. With
    `finished=False`, of a text that was cut off, its very end completes nothing.
    """
    _, *tails = _MARKER.split(text)
    for left, tail in zip(range(len(tails) - 1, -1, -1), tails, strict=True):
        rest = tail.lstrip(" :")
        found = _SENTENCE.match(rest)
        completed = found and (finished or left or found[2] == "\n" or found.end() < len(rest))
        number = _last_side(found[1]) if found and completed else None
        if number is not None:
            return number
    return None


def within(prediction: Decimal | None, gold: str, tolerance: float = TOLERANCE) -> bool:
    """Whether the prediction is at most `tolerance` times the gold number away from it; a missing one is wrong. Gold: plain, no commas."""
    if prediction is None:
        return False
    number = Fraction(gold)
    return abs(Fraction(prediction) - number) <= Fraction(str(tolerance)) * abs(number)


def equal_when_rounded(prediction: Decimal | None, gold: str) -> bool:
    """Whether both are the same number at the decimals that the gold text shows, halves away from zero."""
    if prediction is None:
        return False
    scale = 10 ** len(gold.strip().partition(".")[2])
    return _nearest(Fraction(prediction) * scale) == _nearest(Fraction(gold) * scale)


def within_or_equal(prediction: Decimal | None, gold: str) -> bool:
    """Within 0.1 %, or equal at the gold's decimals: golds that were rounded last are no trap, nor are long ones."""
    return within(prediction, gold) or equal_when_rounded(prediction, gold)


def _last_side(sentence: str) -> Decimal | None:
    numbers = (predicted_number(side) for side in reversed(sentence.split("=")))
    return next((number for number in numbers if number is not None), None)


def _nearest(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return -whole if value < 0 else whole
