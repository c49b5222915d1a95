"""Rows for the benchmark of training: generated here, of mixed length, the completion alone supervised. No data set is needed.

    folder = write(mixed(tokenizer, 256, "train"), Path("x/train"))

A third each: word problems with their call (25 to 150 tokens), desk requests with their plan (20 to 260), dialogues of trial and
error (150 and more). Rows outside `LENGTHS` are left out, so that a batch drawn at random is padded a lot and none is cut.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.rows import Row, Rows, from_lists

LENGTHS = (20, 400)  # fewest and most tokens
ENDLESS = 10**9  # rows are made when they are asked for
Text = tuple[str, str]  # prompt and completion


def texts(split: str) -> Iterator[Text]:
    """A word problem, a desk request, a dialogue, and again."""
    from pipelines.nano import NanoRows, Texts
    from toolschool.datasets import arithmetic, trials

    problems = ((f"{row['question']} ", row["call"]) for row in arithmetic.generate(0, ENDLESS, split))
    requests = Texts(NanoRows(), None).of({"part": "desk", "seed": 0, "count": ENDLESS, "split": split})
    dialogues = (_cut(text) for text in trials.generate(0, ENDLESS, split))
    return itertools.chain.from_iterable(zip(problems, requests, dialogues, strict=True))


def _cut(dialogue: str) -> Text:
    """The first attempt and what follows are the completion."""
    asked, mark, rest = dialogue.partition("\nAction: ")
    return asked + mark, rest


def mixed(tokenizer: Any, count: int, split: str) -> Rows:
    """`count` rows of `LENGTHS` tokens; the same ones every time."""
    from toolschool.models.templates import encode_row

    encoded = (encode_row(tokenizer, *text, max_length=10**6) for text in texts(split))
    kept = (row for row in encoded if LENGTHS[0] <= len(row["input_ids"]) <= LENGTHS[1])
    return from_lists(_row(f"{number:05d}", row) for number, row in enumerate(itertools.islice(kept, count)))


def _row(name: str, encoded: dict[str, list[int]]) -> Row:
    import numpy as np

    return Row(name, np.array(encoded["input_ids"], dtype=np.int32), np.array(encoded["labels"], dtype=np.int32))


def columns(rows: Rows) -> dict[str, list[Any]]:
    """Ids, tokens and labels as lists, for a Parquet file or another library."""
    return {
        "id": rows.ids,
        "input_ids": [row.input_ids.tolist() for row in rows],
        "labels": [row.labels.tolist() for row in rows],
    }


def write(rows: Rows, folder: Path) -> Path:
    """One Parquet file, as prepare writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.records import token_schema

    folder.mkdir(parents=True)
    pq.write_table(pa.table(columns(rows), schema=token_schema()), folder / "rows.parquet")
    return folder


def useful_tokens(rows: Rows, epochs: int = 1) -> int:
    """Tokens of prompts and completions, every row once an epoch; padding is none."""
    return int(rows.lengths.sum()) * epochs
