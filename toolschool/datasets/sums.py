"""Bare sums of one to five digits: what a calculator should make easy, and a small model finds hard without one.

    for row in generate(seed=0, count=1300, split="test"): row["question"] + " " + row["answer"]

A row is `{id, split, family, question, expression, answer, call}`: `question` ends with `Answer:`, `call` is what follows it
with Toolformer's inline call. Families: 2da .. 5da add, 2ds .. 5ds subtract and 2dm .. 5dm multiply two numbers drawn from
0 .. 10^N-1, 1dc is `(a o1 b) o2 c` of single digits; ONE_DIGIT is for evaluation. After GPT-3's families
(arXiv 2005.14165, section 3.9.1). A sum belongs to one split by its hash, whatever the order of what is added or multiplied. Limits:
small families have few questions, and one may come again; `arithmetic` may show the same sum in other words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from toolschool.datasets.splits import by_shares, guard
from toolschool.tools.calculator import calculate

FAMILIES = tuple("2da 3da 4da 5da 2ds 3ds 4ds 5ds 2dm 3dm 4dm 5dm 1dc".split())
ONE_DIGIT = ("1da", "1ds", "1dm")
OPERATIONS = {"a": ("plus", "+"), "s": ("minus", "-"), "m": ("times", "*")}


class Sum(NamedTuple):
    """As the question says it, as the calculator reads it, and what all forms of the same sum share."""

    words: str
    expression: str
    key: str


def generate(seed: int, count: int, split: str, families: Sequence[str] = FAMILIES) -> Iterator[dict[str, str]]:
    """`count` rows of a split, the families in turn; row `i` depends on (seed, split, i) only."""
    guard("sums", split, "test")  # no sum belongs to an unknown split: it would be drawn for ever
    for index in range(count):
        family = families[index % len(families)]
        drawn = _of_split(random.Random(f"sums/{split}/{seed}/{index}"), family, split)
        value = calculate(drawn.expression)
        yield {
            "id": f"sums-{split}-{seed}-{index}",
            "split": split,
            "family": family,
            "question": f"Question: What is {drawn.words}?\nAnswer:",
            "expression": drawn.expression,
            "answer": value,
            "call": f" [Calculator({drawn.expression})->{value}] {value}",
        }


def text(row: Mapping[str, str]) -> str:
    """Question and answer as running text, without a call."""
    return f"{row['question']} {row['answer']}"


def _of_split(rng: random.Random, family: str, split: str) -> Sum:
    while True:
        drawn = _single_digits(rng) if family == "1dc" else _two_numbers(rng, family)
        if by_shares(f"sums:{drawn.key}", train=50, validation=10) == split:
            return drawn


def _single_digits(rng: random.Random) -> Sum:
    a, b, c = (rng.randrange(10) for _ in range(3))
    expression = f"({a} {rng.choice('+-*')} {b}) {rng.choice('+-*')} {c}"
    return Sum(expression, expression, expression)


def _two_numbers(rng: random.Random, family: str) -> Sum:
    a, b = (rng.randrange(10 ** int(family[0])) for _ in range(2))
    word, sign = OPERATIONS[family[-1]]
    first, second = (a, b) if sign == "-" else sorted((a, b))
    return Sum(f"{a} {word} {b}", f"{a} {sign} {b}", f"{first} {sign} {second}")
