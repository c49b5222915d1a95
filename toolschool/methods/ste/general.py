"""Rows that keep a model's manners while it learns tools: requests answered in words, under another system message.

    for request, answer in general_rows(500, seed=0, part="train"): ...
    general_completion("Hello! What can I do for you?")          # 'Final Answer: Hello! What can I do for you?'

The published training mixes in 2,000 rows of FLAN in a "normal mode" (arXiv 2403.04746, section 4.3; reference 6); these are made by this
project's own generators, every other one a sum, every other one talk that needs no tool (`datasets/no_tool.py`), with a reply that suits its
topic. Limit: replies are few and short; a model that is to talk well takes other rows.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Mapping

from toolschool.datasets import no_tool, sums
from toolschool.datasets.splits import Split, by_shares
from toolschool.errors import DataError
from toolschool.methods.ste.parsing import FINAL

NORMAL_SYSTEM = "You have no tools now. Answer the request in words."

REPLIES: Mapping[str, tuple[str, ...]] = {
    "greeting": ("Hello! What can I do for you?", "Hi, good to hear from you. How can I help?", "Hello there!"),
    "thanks": ("You are welcome.", "I am glad that it helped.", "Any time."),
    "closing": ("Good luck, and see you next time.", "Take care.", "Goodbye for now, and all the best."),
    "small_talk": ("That is good to know about you.", "Tell me more about it, if you like.", "I can picture that."),
    "news": ("What news! Thank you for telling me.", "That is quite something.", "Thank you for sharing that with me."),
    "feeling": ("I hear you. I am here if you want to say more.", "That sounds hard.", "It is all right to feel so."),
    "comfort": (
        "I am sorry. Be kind to yourself today.",
        "That was a lot. Take a deep breath; it gets easier.",
        "I am sorry to hear it. You are not alone.",
    ),
    "settled": ("Good to hear that it is done.", "Then there is nothing left to do.", "Well done."),
}


def general_rows(count: int, seed: int, part: Split) -> Iterator[tuple[str, str]]:
    """`count` requests of a part with their answers; the first are the same whatever the count."""
    both = itertools.chain.from_iterable(zip(_sums(count, seed, part), _talk(seed, part), strict=False))
    return itertools.islice(both, count)


def read_general(path: str, part: Split, validation: int) -> Iterator[tuple[str, str]]:
    """Requests and answers of a part of a JSONL file, {"query", "answer"} each; `validation` per cent, by a hash of the request, are to validate on.

    DataError: a row that is not that.
    """
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                query, answer = str(row["query"]), str(row["answer"])
            except (ValueError, TypeError, KeyError) as error:
                raise DataError(f'{path} line {number} is no {{"query": ..., "answer": ...}}') from error
            if by_shares(query, 100 - validation, validation) == part:
                yield query, answer


def general_completion(answer: str) -> str:
    """What a model writes, without the end-of-sequence token."""
    return f"{FINAL} {answer}"


def _sums(count: int, seed: int, part: Split) -> Iterator[tuple[str, str]]:
    for row in sums.generate(seed, count // 2 + 1, part):
        yield row["question"].removeprefix("Question: ").removesuffix("\nAnswer:"), row["answer"]


def _talk(seed: int, part: Split) -> Iterator[tuple[str, str]]:
    rng = random.Random(f"general/{part}/{seed}")
    for row in no_tool.generate(seed, 1_000_000, part):
        if row["topic"] in REPLIES:
            yield no_tool.query(row), rng.choice(REPLIES[row["topic"]])
