"""A tiny tokenizer, tiny random models and encoded rows, all made here; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from training.config import TrainConfig
from training.rows import Row, Rows, from_lists

TEXTS = [
    "add the numbers two and three please",
    "who is invited to the meeting on monday",
    "send a message to sid and lee about lunch",
    "open the file and summarise it for me",
]
WORDS = " ".join(TEXTS).split()


def build_tokenizer(texts: list[str], size: int = 300) -> Any:
    """Byte-level BPE with bos, eos and pad apart."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def encode(tokenizer: Any, row_id: str, prompt: str, completion: str, supervise_prompt: bool = False) -> Row:
    """One row: prompt masked, completion and end of sequence supervised."""
    import numpy as np

    head = [tokenizer.bos_token_id, *tokenizer.encode(prompt, add_special_tokens=False)]
    tail = [*tokenizer.encode(completion, add_special_tokens=False), tokenizer.eos_token_id]
    labels = [*(head if supervise_prompt else [-100] * len(head)), *tail]
    return Row(row_id, np.array([*head, *tail], dtype=np.int32), np.array(labels, dtype=np.int32))


def example_rows(tokenizer: Any, count: int, supervise_prompt: bool = False) -> Rows:
    """`count` different rows of varying length behind one common head."""
    return from_lists(
        encode(
            tokenizer,
            f"row-{i:04d}",
            f"Plan the request.\nQuestion: {' '.join(WORDS[i % 7 : i % 7 + 2 + i % 5])} {i}",
            f"\n1. tool({i % 3})\n" + " ".join(WORDS[i % 11 : i % 11 + 1 + i % 4]),
            supervise_prompt,
        )
        for i in range(count)
    )


def write_rows(rows: Rows, folder: Path, files: int = 2) -> None:
    """Parquet files as prepare writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.records import token_schema

    folder.mkdir(parents=True, exist_ok=True)
    for k in range(files):
        part = [rows[i] for i in range(k, len(rows), files)]
        columns = {
            "id": [r.id for r in part],
            "input_ids": [r.input_ids.tolist() for r in part],
            "labels": [r.labels.tolist() for r in part],
        }
        pq.write_table(pa.table(columns, schema=token_schema()), folder / f"part-{k}.parquet")


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return build_tokenizer(TEXTS * 4)


@pytest.fixture(scope="session")
def tokenizer_dir(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def rows_dir(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 6 validation rows."""
    folder = tmp_path_factory.mktemp("rows")
    rows = example_rows(tokenizer, 30)
    write_rows(from_lists(rows[i] for i in range(24)), folder / "train")
    write_rows(from_lists(rows[i] for i in range(24, 30)), folder / "validation")
    return folder


@pytest.fixture
def make_config(tokenizer_dir: Path, rows_dir: Path, tmp_path: Path) -> Callable[..., TrainConfig]:
    """A run of a tiny Llama from scratch: 8 steps of 4 rows, evaluated every 4; layers of overrides on top."""

    def make(*layers: dict[str, Any]) -> TrainConfig:
        base = {
            "rows": str(rows_dir),
            "model": {"fresh": {"tokenizer": str(tokenizer_dir), "hidden_size": 32, "layers": 2, "heads": 2}},
            "train": {"lr": 3e-3, "max_steps": 8, "batch_size": 4, "eval_every": 4, "log_every": 1, "max_length": 96},
            "workers": {"count": 0},
            "output": {"storage": str(tmp_path / "runs"), "name": "run"},
        }
        return build(TrainConfig, base, *layers)

    return make


@pytest.fixture(scope="session")
def kit() -> Any:
    """The functions of this file for tests, which cannot import it by name."""
    from types import SimpleNamespace

    return SimpleNamespace(
        build_tokenizer=build_tokenizer, encode=encode, example_rows=example_rows, write_rows=write_rows
    )
