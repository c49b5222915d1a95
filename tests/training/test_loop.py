"""The loop in plain torch: resuming is exact, cutting a step differently changes nothing, bad losses stop the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from toolschool.errors import PreflightError, TrainError
from training import flops, loop, objectives
from training.checkpoints import FolderReporter, State, trained_weights
from training.config import OptimConfig, TrainConfig, TrainResult
from training.engines import PlainEngine, autocasts
from training.objectives.causal_lm import CausalLM
from training.plain import fit_plain
from training.rows import read_folder
from training.world import World

Make = Callable[..., TrainConfig]


def weights(result: TrainResult) -> dict[str, torch.Tensor]:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(result.model_dir).state_dict()


def lines(result: TrainResult, key: str = "loss") -> list[float]:
    text = (Path(result.run_dir) / "metrics.jsonl").read_text()
    return [row[key] for row in map(json.loads, text.splitlines()) if key in row]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], tolerance: float = 0.0) -> None:
    assert a.keys() == b.keys()
    for name in a:
        assert torch.allclose(a[name].float(), b[name].float(), rtol=0, atol=tolerance), name


def test_it_learns_and_leaves_an_ordinary_folder(make_config: Make) -> None:
    result = fit_plain(make_config({"train": {"max_steps": 40, "lr": 1e-2, "eval_every": 10}}))
    losses = lines(result)
    assert len(losses) == 40
    assert losses[-1] < 0.5 * losses[0]
    assert {"config.json", "model.safetensors", "tokenizer.json", "toolschool.json"} <= {
        p.name for p in Path(result.model_dir).iterdir()
    }
    artifact = json.loads((Path(result.model_dir) / "toolschool.json").read_text())
    assert artifact["metrics"]["val_loss"] == pytest.approx(min(lines(result, "val_loss")))
    assert artifact["step"] == result.step
    assert result.steps == 40
    assert any((Path(result.run_dir) / "tensorboard").iterdir())


class Crash(Exception):
    """Stands for a killed process."""


@pytest.mark.parametrize("packing", [False, True], ids=["rows", "packs"])
@pytest.mark.parametrize("crash_at", [4, 6])
def test_resume_is_exact(make_config: Make, tmp_path: Path, monkeypatch: Any, packing: bool, crash_at: int) -> None:
    """Same weights bit for bit, same log, although the dropout of LoRA is on; the crash falls on and behind a checkpoint."""
    layer: dict[str, Any] = {"train": {"packing": packing}, "model": {"adapter": "lora", "lora": {"dropout": 0.3}}}
    whole = fit_plain(make_config(layer, {"output": {"name": "whole"}}))
    taken = loop.train_step

    def crash(session: Any, step: int, rate: float) -> Any:
        if step == crash_at:
            raise Crash
        return taken(session, step, rate)

    monkeypatch.setattr(loop, "train_step", crash)
    broken = make_config(layer, {"output": {"name": "broken"}})
    with pytest.raises(Crash):
        fit_plain(broken)
    monkeypatch.setattr(loop, "train_step", taken)
    resumed = fit_plain(broken)
    same(weights(whole), weights(resumed))
    assert lines(whole) == lines(resumed)
    assert lines(whole, "val_loss") == lines(resumed, "val_loss")
    assert whole.metrics == resumed.metrics


def test_a_notice_of_preemption_saves_at_once(make_config: Make, monkeypatch: Any) -> None:
    """Between two evaluations, and never as the best step; what follows goes on from there, as if nothing had been."""
    whole = fit_plain(make_config({"output": {"name": "whole"}}))
    looks: list[int] = []
    monkeypatch.setattr(loop, "NOTICE_S", 0.0)
    monkeypatch.setattr(FolderReporter, "warned", lambda self: looks.append(1) or len(looks) == 6)
    taken, steps = loop.train_step, []

    def crash(session: Any, step: int, rate: float) -> Any:
        if step == 6 and len(looks) == 6:
            looks.append(1)
            raise Crash
        steps.append(step)
        return taken(session, step, rate)

    monkeypatch.setattr(loop, "train_step", crash)
    broken = make_config({"output": {"name": "broken"}})
    with pytest.raises(Crash):
        fit_plain(broken)
    assert len(looks) == 7, "once warned, nobody asks again"
    kept = sorted(folder.name for folder in (Path(broken.output.storage) / "broken" / "checkpoints").iterdir())
    assert kept == ["step-00000004", "step-00000006"]
    resumed = fit_plain(broken)
    assert steps == list(range(8)), "no step was done twice"
    same(weights(whole), weights(resumed))
    assert whole.metrics == resumed.metrics


def test_a_finished_run_is_not_trained_again(make_config: Make, monkeypatch: Any) -> None:
    first = fit_plain(make_config())
    monkeypatch.setattr(loop, "train_step", lambda *_: pytest.fail("trained again"))
    assert fit_plain(make_config()) == first


def test_resuming_with_other_batches_is_refused(make_config: Make) -> None:
    fit_plain(make_config())
    with pytest.raises(TrainError, match="other batch sizes"):
        fit_plain(make_config({"train": {"batch_size": 2}}))


def test_accumulation_is_one_big_batch(make_config: Make) -> None:
    """Rows supervise different numbers of tokens, so averaging per micro-batch would not pass."""
    big = fit_plain(make_config({"train": {"batch_size": 6}, "output": {"name": "big"}}))
    cut = fit_plain(make_config({"train": {"batch_size": 2, "grad_accumulation": 3}, "output": {"name": "cut"}}))
    assert lines(big) == pytest.approx(lines(cut), rel=1e-5)
    same(weights(big), weights(cut), tolerance=2e-5)


def test_packed_training_is_unpacked_training(make_config: Make) -> None:
    """All rows in one step, once as single rows and once as packs."""
    single = fit_plain(make_config({"train": {"batch_size": 24, "max_steps": 3}, "output": {"name": "single"}}))
    rows = read_folder(str(Path(make_config().rows) / "train"))
    packs = len(CausalLM.from_config(make_config({"train": {"packing": True}})).units(rows))
    assert packs < 24
    packed = fit_plain(
        make_config({"train": {"batch_size": packs, "max_steps": 3, "packing": True}, "output": {"name": "packed"}})
    )
    assert lines(single) == pytest.approx(lines(packed), rel=1e-5)


def test_best_step_is_kept_not_the_last(make_config: Make, monkeypatch: Any) -> None:
    scores = iter([3.0, 1.0, 2.0, 1.0])
    monkeypatch.setattr(CausalLM, "evaluate", lambda *_, **__: {"val_loss": next(scores)})
    result = fit_plain(make_config({"train": {"eval_every": 2, "num_to_keep": 1}}))
    assert (result.step, result.steps, result.metrics["val_loss"]) == (4, 8, 1.0)
    kept = sorted(p.name for p in (Path(result.run_dir) / "checkpoints").iterdir())
    assert kept == ["step-00000004", "step-00000008"]  # the best, and the latest to resume from
    tensors = trained_weights(Path(result.run_dir) / "checkpoints" / "step-00000004")
    same({k: weights(result)[k] for k in tensors}, tensors)


def test_rising_metrics_are_kept_by_their_maximum(make_config: Make) -> None:
    result = fit_plain(make_config({"train": {"metric": "val_token_accuracy", "eval_every": 1, "lr": 1e-2}}))
    assert result.metrics["val_token_accuracy"] == max(lines(result, "val_token_accuracy"))


def test_early_stop(make_config: Make, monkeypatch: Any) -> None:
    scores = iter([3.0, 1.0, 2.0, 4.0, 0.0])
    monkeypatch.setattr(CausalLM, "evaluate", lambda *_, **__: {"val_loss": next(scores)})
    config = make_config({"train": {"eval_every": 1, "patience": 2}})
    result = fit_plain(config)
    assert (result.step, result.steps) == (2, 4)
    assert fit_plain(config).steps == 4  # run again: it stays stopped, and asks for no further score


def test_loss_that_is_not_finite_stops_the_run_before_the_update(make_config: Make, monkeypatch: Any) -> None:
    plain = CausalLM.loss
    calls: list[int] = []

    def spoilt(self: CausalLM, model: Any, batch: Any) -> Any:
        calls.append(1)
        return plain(self, model, batch) * (float("nan") if len(calls) == 6 else 1.0)

    monkeypatch.setattr(CausalLM, "loss", spoilt)
    config = make_config()
    with pytest.raises(TrainError, match="the loss of step 6 is nan"):
        fit_plain(config)
    run = Path(config.output.storage) / config.output.name
    assert State.read(FolderReporter(run, "val_loss", 2).latest()).step == 4


def test_preflight_comes_before_the_first_step(make_config: Make, kit: Any, tokenizer: Any, tmp_path: Path) -> None:
    kit.write_rows(kit.example_rows(tokenizer, 8, supervise_prompt=True), tmp_path / "bad" / "train")
    with pytest.raises(PreflightError, match="prompt"):
        fit_plain(make_config({"rows": str(tmp_path / "bad")}))
    assert not (tmp_path / "runs" / "run" / "metrics.jsonl").exists()
    plain_text = {"supervise_prompt": True, "require_eos": False}
    assert fit_plain(make_config({"rows": str(tmp_path / "bad"), "objective_args": plain_text})).steps == 8


def test_without_validation_rows_the_training_loss_decides(
    make_config: Make, kit: Any, tokenizer: Any, tmp_path: Path
) -> None:
    kit.write_rows(kit.example_rows(tokenizer, 8), tmp_path / "only" / "train")
    result = fit_plain(make_config({"rows": str(tmp_path / "only")}))
    assert result.steps == 8
    assert "val_loss" not in result.metrics


def test_unknown_metric_is_named(make_config: Make) -> None:
    with pytest.raises(TrainError, match="known: val_loss, val_token_accuracy"):
        fit_plain(make_config({"train": {"metric": "val_bleu"}}))


@pytest.fixture
def matrix_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that says it is fast at bfloat16."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})


def test_autocast_trains_float32_weights(make_config: Make, matrix_units: None) -> None:
    exact = fit_plain(make_config({"output": {"name": "exact"}}))
    rough = fit_plain(make_config({"train": {"autocast": True}, "output": {"name": "rough"}}))
    assert lines(exact) != lines(rough)
    assert lines(exact) == pytest.approx(lines(rough), rel=0.02)
    assert all(t.dtype == torch.float32 for t in weights(rough).values())


def test_a_cpu_that_is_slow_at_bfloat16_trains_in_float32(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": False})
    exact = fit_plain(make_config({"output": {"name": "exact"}}))
    asked = fit_plain(make_config({"train": {"autocast": True}, "output": {"name": "asked"}}))
    assert lines(exact) == lines(asked)
    assert not autocasts(OptimConfig(lr=1e-3), "cuda"), "nobody asked"
    assert autocasts(OptimConfig(lr=1e-3, autocast=True), "cuda")


class OneOf(World):
    """A worker of two whose partner's numbers are not added."""

    def __init__(self, rank: int) -> None:
        self.rank, self.size = rank, 2


def test_two_workers_losses_add_up_to_the_single_loss(make_config: Make, tmp_path: Path) -> None:
    """Each worker's share is divided by the weight of the whole step, not by its own."""

    def session(world: World, batch: int) -> loop.Session:
        config = make_config({"train": {"batch_size": batch}})
        rows = read_folder(str(Path(config.rows) / "train"))
        reporter = FolderReporter(tmp_path / "none", "loss", 1)
        made = objectives.make(config)
        return loop.prepare(config, made, lambda m: PlainEngine(m, config.train, world), rows, None, world, reporter)

    whole = loop.train_step(session(World(), 8), 3, 0.0)
    parts = [loop.train_step(session(OneOf(rank), 4), 3, 0.0) for rank in (0, 1)]
    assert sum(p.loss for p in parts) == pytest.approx(whole.loss, rel=1e-6)
    assert sum(p.tokens for p in parts) == whole.tokens
    assert parts[0].loss != pytest.approx(parts[1].loss)


def test_mfu_stands_beside_the_speed_where_the_peak_is_known(make_config: Make, monkeypatch: Any) -> None:
    assert lines(fit_plain(make_config({"output": {"name": "cpu"}})), "mfu") == []
    monkeypatch.setattr(loop, "_ideal_seconds", lambda *_: 2e-6)
    result = fit_plain(make_config({"output": {"name": "gpu"}}))
    speeds = lines(result, "tokens_per_s")
    assert lines(result, "mfu") == [pytest.approx(speed * 2e-6) for speed in speeds] != []


def test_the_peak_is_that_of_all_workers_devices(monkeypatch: Any) -> None:
    class Two(World):
        size = 2

    class OnGpu:
        device = torch.device("cuda", 0)

    class Lengths:
        lengths = torch.tensor([10, 30])

    shape = flops.ModelShape(weights=1000, trainable=1000, layers=2, width=8)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA L4")
    found: Any = loop._ideal_seconds(shape, Lengths(), OnGpu(), Two())  # type: ignore[arg-type]
    assert found == pytest.approx(flops.flops_per_token(shape, 25) / (2 * 121e12))
    assert loop._ideal_seconds(None, Lengths(), OnGpu(), Two()) is None  # type: ignore[arg-type]
