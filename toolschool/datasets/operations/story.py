"""What a story is, and the phrases that fit every story.

Questions and leads are templates of `desk.draw`: `[a|b]` is a choice, `{slots}` are filled: a, b, c are the call's arguments, all
their list; the rest stands in `words.py` or comes with the numbers. A lead is what an answer says before the expression, in
words that go on with `5572 mod 3241=`, with `the remainder of …, which is` and with the bare result alike: "What is left over is".
"""

from __future__ import annotations

from typing import NamedTuple

from toolschool.datasets.operations.numbers import Maker


class Story(NamedTuple):
    """One setting: how its numbers are drawn, what is asked and how an answer begins."""

    numbers: Maker
    questions: tuple[str, ...]
    leads: tuple[str, ...]


# Where a split may use no lead of a story.
PLAIN_LEADS = ("The result is", "That is", "This comes to")
# How an answer goes on: with the expression and `=` in 63 % of FuncQA's training texts, else with a blank, there often without any expression.
WORDED, WORDS_ALONE = "{lead} {words}, which is ", "{Words} [is|equals|comes to] "
ENDINGS: dict[str, float] = {
    "{lead} {signs}=": 55,
    "{signs}=": 8,
    WORDED: 11,
    WORDS_ALONE: 8,
    "{lead} {signs}, which is ": 4,
    "The value of {signs} is ": 2,
    "{lead} ": 12,
}
