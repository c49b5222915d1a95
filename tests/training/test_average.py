"""The mean of weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from toolschool.errors import ModelError
from training.average import average, main


def folder(path: Path, value: float, shape: tuple[int, ...] = (2, 3)) -> Path:
    path.mkdir()
    save_file({"weight": torch.full(shape, value, dtype=torch.bfloat16)}, path / "model.safetensors")
    (path / "config.json").write_text(str(path.name))
    return path


def test_the_mean_has_the_first_folders_files_and_type(tmp_path: Path) -> None:
    parts = [folder(tmp_path / name, value) for name, value in (("a", 1.0), ("b", 2.0), ("c", 6.0))]
    assert main([str(tmp_path / "out"), *map(str, parts)]) == 0
    mean = load_file(tmp_path / "out" / "model.safetensors")["weight"]
    assert mean.dtype == torch.bfloat16
    assert mean.eq(3).all()
    assert (tmp_path / "out" / "config.json").read_text() == "a"


def test_models_of_other_shapes_are_refused(tmp_path: Path) -> None:
    parts = [folder(tmp_path / "a", 1.0), folder(tmp_path / "b", 1.0, (3, 2))]
    with pytest.raises(ModelError, match="other weights"):
        average(tmp_path / "out", parts)
    assert not (tmp_path / "out").exists()
