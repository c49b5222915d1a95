"""A real sweep: trials with their own trainers, reports that reach ASHA, a best recipe; on a tiny model."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from toolschool.config import build
from toolschool.records import token_schema
from tuning.config import SweepConfig
from tuning.sweep import sweep


def write_rows(folder, tokenizer, count: int) -> None:
    rows = []
    for number in range(count):
        prompt = tokenizer(f"question {number} is")["input_ids"]
        answer = [*tokenizer(f" answer {number}")["input_ids"], tokenizer.eos_token_id]
        rows.append({"id": f"{number:03d}", "input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer})
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=token_schema()), folder / "part-0.parquet")


@pytest.mark.cluster
@pytest.mark.timeout(280)
def test_two_trials(tmp_path, ray_cluster):
    from toolschool.models.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([f"question {k} is answer {k}" for k in range(20)], 300, [])
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    write_rows(tmp_path / "rows" / "train", tokenizer, 16)
    write_rows(tmp_path / "rows" / "validation", tokenizer, 4)
    shape = {"tokenizer": str(tmp_path / "tokenizer"), "hidden_size": 16, "layers": 1, "heads": 2}
    config = build(
        SweepConfig,
        {
            "trial": {
                "rows": os.path.relpath(tmp_path / "rows"),  # as recipes name them, from where the sweep is started
                "model": {"fresh": shape},
                "train": {"max_steps": 4, "eval_every": 2, "batch_size": 4, "max_length": 64, "log_every": 1},
                "workers": 1,
                "deepspeed": {"stage": 1},
            },
            "space": {"train.lr": {"choice": [0.0001, 0.05]}},
            "search": {"trials": 2, "metric": "val_loss", "mode": "min", "evaluations": 2, "seed": 1},
        },
    )
    result = sweep(config, str(tmp_path / "sweep"))
    assert len(result.trials) == 2
    assert all(not trial.error for trial in result.trials)
    assert all(trial.values["train.lr"] in (0.0001, 0.05) for trial in result.trials)
    losses = [trial.metrics["val_loss"] for trial in result.trials]
    assert losses == sorted(losses)
    assert result.best.history, "every evaluation reached Tune, not only the last"
    assert {row["step"] for row in result.best.history} <= {2.0, 4.0}
    assert any(trial.finished for trial in result.trials)
