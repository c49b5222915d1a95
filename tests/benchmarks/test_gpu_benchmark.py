"""`python -m benchmarks gpu` at its tiny size: the code that a GPU runs, without Ray, DeepSpeed and whatever else its image may lack."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import gpu
from benchmarks.gpu_arms import Line, forward_flops
from benchmarks.gpu_setup import batch_that_fits, train_config
from toolschool.models.backbone import ModelConfig
from training.flops import ModelShape, flops_per_token
from training.memory import GIB, gpu_bytes, model_sizes

ROOT = Path(__file__).resolve().parents[2]
ABSENT = (
    "ray",
    "deepspeed",
    "pyarrow",
    "bitsandbytes",
    "llguidance",
    "simpleeval",
    "jsonschema",
    "docstring_parser",
    "datasets",
)
WITHOUT = f"""
import sys
for name in {ABSENT}: sys.modules[name] = None
from benchmarks import gpu
print(gpu.measured(gpu.TINY, "cpu"))
"""


def test_the_tiny_size_runs_with_torch_transformers_and_peft_alone() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| assets/nano")]
    assert [line[1] for line in lines] == ["train, full", "train, lora", "score calls", "annotate"]
    assert all(float(line[3].replace(",", "")) > 0 for line in lines)
    assert "Left out" not in done.stdout
    assert "No GPU" in done.stdout


def test_what_cannot_run_says_why_and_the_rest_goes_on() -> None:
    line = Line("m", "train, full", 4, 1234.5, 0.4, 8 * GIB, 4 * GIB)

    def absent() -> Line:
        raise ModuleNotFoundError("No module named 'peft'")

    lines, left_out = gpu.run([("a", absent), ("b", lambda: line)], 60)
    assert (lines, left_out) == ([line], [("a", "No module named 'peft'")])
    assert "| m | train, full | 4 | 1,234 | 40.0 | 8.0 | 4.0 | 2.00 |" in gpu.table(lines)
    assert gpu.run([("b", lambda: line)], -1)[1] == [("b", "-1 s were over")]


def test_an_error_of_ours_is_not_left_out() -> None:
    def wrong() -> Line:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        gpu.run([("a", wrong)], 60)


def test_a_forward_pass_is_a_third_of_a_training_step() -> None:
    shape = ModelShape(weights=1000, trainable=1000, layers=2, width=16)
    assert 3 * forward_flops(shape, 200, 7, 7, 64) == pytest.approx(7 * flops_per_token(shape, 64))
    assert forward_flops(shape, 200, 7, 0, 64) == pytest.approx(forward_flops(shape, 200, 7, 7, 64) - 2 * 200 * 7)


def test_batches_are_those_of_the_plan() -> None:
    for name in gpu.REAL.models:
        for adapter in ("full", "lora"):
            config = train_config(name, adapter, gpu.REAL.length)
            assert batch_that_fits(config, gpu.REAL.most, gpu_bytes(139)) >= 4, "an H200 is busy"
            assert batch_that_fits(config, gpu.REAL.most, 1.0) == 0
    sizes, shape = model_sizes(ModelConfig(name=gpu.REAL.models[0]))
    assert sizes.weights - shape.weights == sizes.vocabulary * sizes.hidden, "TinyLlama's input table is looked up"
