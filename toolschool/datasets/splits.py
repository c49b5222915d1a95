"""Which rows may train, select or test: deterministic splits, and the guard that holds them. `docs/splits.md` is the table.

    part = split_of("tinyagent", row)            # "train" | "validation" | "test"
    guard("tinyagent", part, "train")            # DataError when the part must not be used for that

A split is a hash of what makes rows alike (tinyagent: the set of tools; word problems: the text with numbers blanked),
not of a row's position, so that it survives reordering and re-export; funcqa alone keeps its published development rows, which
are the last ones. Limits: rows alike in meaning but not in key may fall on both sides; deduplication is the pipeline's work.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from toolschool.datasets import funcqa, gsm8k_xl, kamel
from toolschool.errors import DataError

Split = Literal["train", "validation", "test"]
Purpose = Literal["train", "select", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
PURPOSES: tuple[str, ...] = get_args(Purpose)

# Which parts each purpose may touch: train what the model learns from, select what picks checkpoints, thresholds and
# recipes. Reporting ("test") may read every part, but calls it by its name.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "select": ("train", "validation"),
    "test": ("train", "validation", "test"),
}


def hash_percent(key: str) -> int:
    """A number in 0..99 from the key, the same on every machine and run (SHA-256, first 8 hex digits)."""
    return int(hashlib.sha256(key.encode("utf-8")).hexdigest()[:8], 16) % 100


def by_shares(key: str, train: int, validation: int) -> Split:
    """Split by hash: `train` and `validation` are percentages, the rest is test."""
    percent = hash_percent(key)
    if percent < train:
        return "train"
    return "validation" if percent < train + validation else "test"


def tool_set_key(tools: Iterable[str]) -> str:
    """The sorted tool set joined by commas: rows with the same tools never fall on two sides."""
    return ",".join(sorted(set(tools)))


def split_of_made_up(query: str) -> Split:
    """Requests that are made up from documentation (ToolGen): nothing is trained on what would be a test request of its tasks."""
    return by_shares(skeleton(query), train=90, validation=5)


def split_of_explored(query: str) -> Split:
    """Requests that STE's exploration made up, by the request that was explored: its paraphrases go with it."""
    return by_shares(skeleton(query), train=70, validation=10)


def skeleton(text: str) -> str:
    """Lower-case words with numbers blanked, so that copies of a problem with other numbers stay together."""
    return " ".join(re.sub(r"\d[\d.,]*", "0", text.lower()).split())


def _tinyagent(row: Mapping[str, Any]) -> Split:
    return by_shares(tool_set_key(row["tools"]), train=70, validation=10)


def _gsm8k(row: Mapping[str, Any]) -> Split:
    """The source's test file is test; a twentieth of its training file is validation."""
    if row.get("file") == "test":
        return "test"
    return by_shares(skeleton(row["question"]), train=95, validation=5)


def _funcqa(row: Mapping[str, Any]) -> Split:
    """As published: 611 rows to train on, 39 for development, the questions of both test files."""
    if row["file"] != funcqa.TRAIN:
        return "test"
    return "train" if row["index"] < funcqa.TRAINING else "validation"


def _gsm8k_xl(row: Mapping[str, Any]) -> Split:
    """A training row falls where `gsm8k` puts the row it was made from."""
    if row["file"] == gsm8k_xl.TEST:
        return "test"
    return _gsm8k({"question": gsm8k_xl.question_of(row["text"])})


def _virtualhome(row: Mapping[str, Any]) -> Split:
    return by_shares(skeleton(f"{row['goal']}\n{row['hint']}"), train=70, validation=10)


def _kamel(row: Mapping[str, Any]) -> Split:
    """The published test questions are test; a tenth of the training file is validation."""
    if row["file"] != kamel.TRAIN:
        return "test"
    return by_shares(skeleton(row["text"]), train=90, validation=10)


def _svamp(row: Mapping[str, Any]) -> Split:
    return by_shares(skeleton(row["Body"]), train=50, validation=10)


def _by_query(row: Mapping[str, Any]) -> Split:
    """Requests by their text; descriptions of tools are documentation, which any part may know, so they are train."""
    if row.get("kind") == "tool":
        return "train"
    return by_shares(skeleton(row["query"]), train=80, validation=10)


def _published_test(row: Mapping[str, Any]) -> Split:
    """Sources that publish test requests only: descriptions of tools are train, every request is test."""
    return "train" if row.get("kind") == "tool" else "test"


def _all_test(row: Mapping[str, Any]) -> Split:
    """Sources that are read to report and for nothing else."""
    return "test"


def _all_train(row: Mapping[str, Any]) -> Split:
    """Rows that were kept apart from test rows when they were made."""
    return "train"


def _given(row: Mapping[str, Any]) -> Split:
    """Generated rows: the generator keeps its parts apart (names, phrasings, sums, dates) and says which part it made."""
    part = row["split"]
    if part not in SPLITS:
        raise DataError(f"'{part}' is no split; use one of {', '.join(SPLITS)}")
    return part


SPLITTERS: Mapping[str, Callable[[Mapping[str, Any]], Split]] = {
    "tinyagent": _tinyagent,
    "tinyagent_official": _tinyagent,
    "harvested": _all_train,
    "gsm8k": _gsm8k,
    "svamp": _svamp,
    "funcqa": _funcqa,
    "gsm8k_xl": _gsm8k_xl,
    "virtualhome": _virtualhome,
    "kamel": _kamel,
    "mawps": _all_test,
    "asdiv": _all_test,
    "bfcl": _all_test,
    "metatool": _by_query,
    "toolbench": _published_test,
    "sealtools": _by_query,
    "ste": _published_test,
    "desk": _given,
    "written": _given,
    "own_documentation": _given,
    "arithmetic": _given,
    "sums": _given,
    "operations": _given,
    "no_tool": _given,
    "dateset": _given,
}


def split_of(source: str, row: Mapping[str, Any]) -> Split:
    """The part a raw row belongs to. DataError for a source without a split rule."""
    if source not in SPLITTERS:
        raise DataError(f"no split rule for '{source}'; sources with one: {', '.join(sorted(SPLITTERS))}")
    return SPLITTERS[source](row)


def guard(source: str, split: str, purpose: str) -> None:
    """DataError unless rows of `split` may serve `purpose` ("train", "select" or "test")."""
    if purpose not in ALLOWED:
        raise DataError(f"'{purpose}' is no purpose; use one of {', '.join(PURPOSES)}")
    if split not in SPLITS:
        raise DataError(f"'{split}' is no split of {source}; use one of {', '.join(SPLITS)}")
    if split not in ALLOWED[purpose]:
        allowed = " and ".join(ALLOWED[purpose])
        raise DataError(f"{split} rows of {source} must not be used to {purpose}; use {allowed} rows")
