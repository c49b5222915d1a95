"""The mean of several models' weights: runs that went on from one checkpoint with other rows, made one model again.

    python -m training.average runs/planner runs/nano-anneal/model runs/nano-plans-1/model runs/nano-plans-2/model

Source: model soups (Wortsman et al. 2022, arXiv 2203.05482), section 3.1, uniform. The first folder after the target gives
tokenizer, template and card; the shared start is the caller's business: the mean of strangers is noise.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from toolschool.errors import ModelError

WEIGHTS = "model.safetensors"


def average(target: Path, folders: Sequence[Path]) -> None:
    """Write the mean of the models in `folders` to `target`. ModelError when their tensors differ in name or shape."""
    import torch
    from safetensors.torch import load_file, save_file

    states = [load_file(folder / WEIGHTS) for folder in folders]
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    for folder, shape in zip(folders, shapes, strict=True):
        if shape != shapes[0]:
            raise ModelError(f"{folder} has other weights than {folders[0]}; average runs of one model only")
    mean = {
        name: torch.stack([state[name].double() for state in states]).mean(0).to(first.dtype)
        for name, first in states[0].items()
    }
    shutil.copytree(folders[0], target, dirs_exist_ok=True)
    save_file(mean, target / WEIGHTS, metadata={"format": "pt"})


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="training.average", description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path, help="folder to write")
    parser.add_argument("folders", type=Path, nargs="+", help="model folders of runs with one start")
    options = parser.parse_args(argv)
    average(options.target, options.folders)
    print(options.target)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
