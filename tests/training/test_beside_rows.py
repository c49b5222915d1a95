"""What stands beside the rows reaches the model's folder; new tokens are found from any folder."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.models.backbone import read_artifact
from training.config import TrainConfig
from training.plain import fit_plain
from training.trainer import _loop_config


def test_files_of_the_rows_are_copied_beside_the_model(
    make_config: Callable[..., TrainConfig], rows_dir: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows"
    shutil.copytree(rows_dir, rows)
    (rows / "toolschool.json").write_text(json.dumps({"method": "toolgen", "files": ["notes.json"]}))
    (rows / "notes.json").write_text('{"tools": []}\n')
    model = Path(fit_plain(make_config({"rows": str(rows), "train": {"max_steps": 2, "eval_every": 2}})).model_dir)
    assert (model / "notes.json").read_text() == '{"tools": []}\n'
    assert read_artifact(model)["method"] == "toolgen"


def test_workers_find_the_new_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {
        "rows": "rows",
        "model": {"name": "x", "token_words": "runs/tokens.json"},
        "output": {"name": "o"},
    }
    placed = _loop_config(build(TrainConfig, given), "run")
    assert placed["model"]["token_words"] == os.path.realpath(tmp_path / "runs" / "tokens.json")
    assert (
        _loop_config(build(TrainConfig, given, {"model": {"token_words": None}}), "run")["model"]["token_words"] is None
    )
