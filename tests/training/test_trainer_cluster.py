"""A real worker group on a local cluster: two workers with ZeRO, and a worker killed in the middle of its work."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolschool.config import build
from toolschool.errors import PreflightError
from training.config import TrainConfig, TrainResult
from training.plain import fit_plain
from training.rows import Row, from_lists
from training.trainer import fit

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
Make = Callable[..., TrainConfig]
TWO = {"workers": {"count": 2, "timeout_s": 30}, "train": {"batch_size": 2}}


def read(run: Path, key: str = "loss") -> dict[int, float]:
    """A column of metrics.jsonl by step."""
    file = run / "metrics.jsonl"
    whole = (
        [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")] if file.is_file() else []
    )
    return {row["step"]: row[key] for row in map(json.loads, whole) if key in row}


def assert_same_model(a: TrainResult, b: TrainResult, tolerance: float) -> None:
    from safetensors.torch import load_file

    left, right = (load_file(Path(r.model_dir) / "model.safetensors") for r in (a, b))
    assert left.keys() == right.keys()
    for name in left:
        assert float((left[name].float() - right[name].float()).abs().max()) < tolerance, name


@pytest.mark.parametrize("stage", [2, *(pytest.param(stage, marks=pytest.mark.verify) for stage in (0, 1, 3))])
def test_two_workers_equal_one_process(ray_cluster: None, make_config: Make, stage: int) -> None:
    """DeepSpeed over Ray Data shards, end to end, against plain torch on batches of twice the size.

    The workers take every free CPU, as two do on a machine with two: reading rows must not wait for another.
    """
    import ray
    from transformers import AutoModelForCausalLM, AutoTokenizer

    all_cpus = {"workers": {"cpus": int(ray.available_resources()["CPU"] * 5) / 10}}
    both = fit(make_config(TWO, all_cpus, {"deepspeed": {"stage": stage}, "output": {"name": "both"}}))
    alone = fit_plain(make_config({"output": {"name": "alone"}}))
    assert read(Path(both.run_dir)) == pytest.approx(read(Path(alone.run_dir)), rel=1e-4)
    assert (both.step, both.steps) == (alone.step, alone.steps)
    assert both.metrics["val_loss"] == pytest.approx(alone.metrics["val_loss"], rel=1e-4)
    assert_same_model(both, alone, 1e-4)
    assert len(AutoTokenizer.from_pretrained(both.model_dir)) == 300
    assert AutoModelForCausalLM.from_pretrained(both.model_dir).config.vocab_size == 300


def test_two_workers_with_whole_models_equal_one(ray_cluster: None, make_config: Make) -> None:
    """`engine: plain` sums gradients over the workers: muon, which ZeRO cannot have, learns the same on two."""
    muon = {"engine": "plain", "train": {"optimizer": "muon"}}
    both = fit(make_config(TWO, muon, {"output": {"name": "muon-both"}}))
    alone = fit_plain(make_config(muon, {"output": {"name": "muon-alone"}}))
    assert read(Path(both.run_dir)) == pytest.approx(read(Path(alone.run_dir)), rel=1e-3)
    assert_same_model(both, alone, 1e-3)


def kill_one_worker(run: Path, at_step: int, killed: list[int]) -> None:
    """SIGKILL a training worker of this test's own cluster once `at_step` is logged."""
    import psutil

    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if max(read(run), default=0) >= at_step:
            mine = psutil.Process().children(recursive=True)
            workers = [p for p in mine if "RayTrainWorker" in " ".join(p.cmdline())]
            workers[-1].kill()
            killed.append(workers[-1].pid)
            return
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("stage", "bf16"),
    [
        (2, False),
        *(pytest.param(s, b, marks=pytest.mark.verify) for s, b in ((1, False), (3, False), (2, True), (3, True))),
    ],
)
def test_killed_worker_resumes_to_the_same_result(ray_cluster: None, make_config: Make, stage: int, bf16: bool) -> None:
    """The kill comes between two checkpoints, so steps are repeated; nothing of the result may tell."""
    layer = {
        "train": {"max_steps": 120, "eval_every": 40, "lr": 1e-3},
        "deepspeed": {"stage": stage, "precision": "bfloat16" if bf16 else "float32"},
    }
    whole = fit(make_config(layer, {"output": {"name": "whole"}}))  # never broken: one process, the same batches
    config = make_config(layer, TWO, {"output": {"name": "broken"}})
    run = Path(config.output.storage).resolve() / "broken"
    killed: list[int] = []
    killer = threading.Thread(target=kill_one_worker, args=(run, 50, killed))
    killer.start()
    resumed = fit(config)
    killer.join()
    assert len(killed) == 1
    first, again = read(Path(whole.run_dir)), read(run)
    assert list(again) == list(range(1, 121))
    assert again[120] == pytest.approx(first[120], rel=0.02 if bf16 else 1e-3)
    assert resumed.metrics["val_loss"] == pytest.approx(whole.metrics["val_loss"], rel=0.02 if bf16 else 1e-3)
    if not bf16:
        assert_same_model(whole, resumed, 1e-3)


def test_preflight_failure_is_not_retried(
    ray_cluster: None, make_config: Make, kit: Any, tokenizer: Any, tmp_path: Path
) -> None:
    """The typed error crosses from the workers to the caller, after one attempt."""
    kit.write_rows(kit.example_rows(tokenizer, 8, supervise_prompt=True), tmp_path / "bad" / "train")
    began = time.monotonic()
    with pytest.raises(PreflightError, match="8 of 8 rows supervise their first token"):
        fit(make_config(TWO, {"rows": str(tmp_path / "bad")}))
    assert time.monotonic() - began < 120


@pytest.fixture
def tool_rows(kit: Any, tmp_path: Path) -> Path:
    """Rows of ToolGen's stage retrieve for twelve tools, with what stands beside them."""
    from toolschool.datasets.api_docs import ApiDoc
    from toolschool.methods.toolgen.indexing import build_index, token_words
    from toolschool.methods.toolgen.stages import StageTemplate, retrieve_rows
    from toolschool.models.backbone import ModelConfig, load_tokenizer

    folder = tmp_path / "retrieve"
    folder.mkdir()
    docs = [ApiDoc("Facts", f"{thing} base", f"find {n}", "Finds.") for n, thing in enumerate(["river", "train"] * 6)]
    index = build_index("atomic", docs)
    index.save(folder)
    (folder / "tokens.json").write_text(json.dumps(token_words(index, docs)))
    tokenizer = load_tokenizer(ModelConfig(name="assets/nano", token_words=str(folder / "tokens.json")))
    rows = []
    for number in range(96):
        doc = docs[number % 12]
        (made,) = retrieve_rows(StageTemplate(), tokenizer, f"{doc.api} of {doc.tool}, {number}?", [doc.key], index, 99)
        ids, labels = (np.array(made[name], dtype=np.int32) for name in ("input_ids", "labels"))
        rows.append(Row(f"row-{number:03d}", ids, labels))
    kit.write_rows(from_lists(rows[:84]), folder / "train")
    kit.write_rows(from_lists(rows[84:]), folder / "validation")
    return folder


@pytest.mark.verify
def test_a_killed_stage_of_toolgen_ends_as_if_nothing_had_happened(
    ray_cluster: None, tool_rows: Path, tmp_path: Path
) -> None:
    """As recipes/toolgen/retrieve.yaml trains: muon, padded batches of like length, new rows; two workers, bit for bit."""
    model = {"fresh": {"tokenizer": "assets/nano", "hidden_size": 32, "layers": 2, "heads": 2}}
    layer = {
        "rows": str(tool_rows),
        "model": {**model, "token_words": str(tool_rows / "tokens.json"), "attention": "eager"},
        "engine": "plain",
        "train": {"optimizer": "muon", "batch_tokens": 256, "lr": 1e-3, "max_length": 99, "autocast": True},
        "workers": {"count": 2, "timeout_s": 30},
    }
    steps = {"max_steps": 120, "eval_every": 40, "log_every": 1}

    def config(name: str) -> TrainConfig:
        output = {"storage": str(tmp_path / "runs"), "name": name}
        return build(TrainConfig, layer, {"train": steps, "output": output})

    whole = fit(config("whole"))
    killed: list[int] = []
    killer = threading.Thread(target=kill_one_worker, args=(tmp_path / "runs" / "broken", 50, killed))
    killer.start()
    resumed = fit(config("broken"))
    killer.join()
    assert len(killed) == 1
    first, again = read(Path(whole.run_dir)), read(tmp_path / "runs" / "broken")
    assert again == first
    assert first[120] < 0.6 * first[1]
    assert (resumed.metrics, resumed.step) == (whole.metrics, whole.step)
    assert_same_model(whole, resumed, 1e-12)
