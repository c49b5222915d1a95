"""A seeded generator of one-hop questions over FuncQA's 13 operations, with numbers that nobody works out in the head.

    for row in generate(seed=0, count=1000, split="train"): text(row), marked(row)
    call_text(row)          # what a model reads and writes in tool mode

`rows.py` says what a row is, `compose.py` makes one, `four.py`, `powers.py`, `counting.py` and `readings.py` hold what is asked.
"""

from toolschool.datasets.operations.compose import call_split
from toolschool.datasets.operations.rows import NONE, answer, call_text, family_of, generate, marked, question, text

__all__ = ["NONE", "answer", "call_split", "call_text", "family_of", "generate", "marked", "question", "text"]
