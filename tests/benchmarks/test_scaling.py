"""docs/scaling.md: limits that every prediction must keep, the simulation against the formula, and the committed tables."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.documents import part
from benchmarks.scaling import reality, tables
from benchmarks.scaling.annotation import annotation, stage, text_seconds
from benchmarks.scaling.collecting import measure
from benchmarks.scaling.disturbed import simulated
from benchmarks.scaling.figures import A10G, A100, H100, LAYER_S, LENGTHS, LLAMA_8B, MACHINES, TINYLLAMA, Machine
from benchmarks.scaling.training import Run, efficiency, messages, step, tokens_per_s

ROOT = Path(__file__).resolve().parents[2]
RUN = Run(TINYLLAMA, stage=2, rows=256, length=1024)
ENDLESS = replace(H100, link=math.inf, network=math.inf)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.gpu)
@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_one_gpu_talks_to_nobody(machine: Machine, stage: int) -> None:
    assert messages(replace(RUN, stage=stage), 1, machine) == 0.0
    assert efficiency(replace(RUN, stage=stage), 1, machine) == 1.0


@pytest.mark.parametrize("workers", [2, 8, 64])
def test_without_messages_and_checkpoints_training_is_linear(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.scaling.training.HOP_S", 0.0)
    run = replace(RUN, rows=256 * 64, checkpoint_every=10**12)
    assert efficiency(run, workers, ENDLESS) == pytest.approx(1.0)


def test_messages_go_with_bytes_and_against_bandwidth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.scaling.training.HOP_S", 0.0)
    once = messages(RUN, 16, A100)
    twice = replace(RUN, model=replace(TINYLLAMA, weights=2 * TINYLLAMA.weights))
    assert messages(twice, 16, A100) == pytest.approx(2 * once)
    assert messages(RUN, 16, replace(A100, network=2 * A100.network)) == pytest.approx(once / 2)
    assert messages(replace(RUN, stage=3), 16, A100) == pytest.approx(1.5 * once)
    assert messages(RUN, 2, A100) == pytest.approx(2 * 0.5 * 2 * TINYLLAMA.weights / (0.7 * 300e9)), (
        "2 (n-1)/n of the bytes"
    )
    assert messages(RUN, 8, A100) < messages(RUN, 9, A100) / 5, "the ninth GPU is behind the network"


def test_more_gpus_than_rows_gain_nothing() -> None:
    few = replace(RUN, rows=16, checkpoint_every=10**12)
    assert tokens_per_s(few, 64, H100) <= tokens_per_s(few, 16, H100)
    assert step(few, 64, H100).largest[0] == "launches"


@pytest.mark.parametrize("workers", [1, 2, 16, 256])
def test_parts_add_up_and_no_stage_beats_its_work(workers: int) -> None:
    parts = stage(10_000, 0.5, workers, nodes=-(-workers // 8))
    assert parts.seconds == pytest.approx(sum(vars(parts).values()))
    assert parts.seconds >= 10_000 * 0.5 / workers
    assert all(value >= 0 for value in vars(parts).values())


def test_the_tail_is_the_blocks_that_do_not_go_round() -> None:
    even = stage(64 * 32, 0.5, 32, 4)
    assert even.tail == pytest.approx(0.0)
    one_more = stage(64 * 33, 0.5, 32, 4)
    assert one_more.tail == pytest.approx(32.0 - 0.5 * 64 / 32), "31 of 32 wait while one does a block"
    assert stage(100_000, 0.5, 256, 32, block=4).tail < stage(100_000, 0.5, 256, 32, block=64).tail / 5


def test_a_text_costs_the_larger_of_arithmetic_and_passes() -> None:
    fast, slow = text_seconds(TINYLLAMA, H100), text_seconds(LLAMA_8B, A10G)
    assert fast["annotate"] == pytest.approx(29 * 22 * LAYER_S), "passes one after the other"
    assert slow["filter"] == pytest.approx(5053 * 2 * LLAMA_8B.shape.weights / (70e12 * 0.35)), "arithmetic"


@pytest.mark.parametrize("workers", [1, 4, 32, 256])
def test_the_simulation_agrees_with_the_formula_where_texts_are_many(workers: int) -> None:
    formula = annotation(64 * 20 * workers, workers, A100, TINYLLAMA).seconds
    found = simulated(64 * 20 * workers, workers, A100, TINYLLAMA, seed=1, disturbed=False)
    assert found.seconds == pytest.approx(formula, rel=0.03)
    assert found.again == 0


def test_slow_and_lost_workers_cost_time() -> None:
    calm, worse = (simulated(50_000, 64, A100, TINYLLAMA, seed=3, disturbed=d) for d in (False, True))
    assert calm.seconds < worse.seconds < 1.5 * calm.seconds


def test_shapes_are_the_architectures() -> None:
    from toolschool.models.backbone import ModelConfig
    from training.memory import model_sizes

    for model in (TINYLLAMA, LLAMA_8B):
        sizes, shape = model_sizes(ModelConfig(name=model.name))
        assert (sizes.weights, shape) == (model.weights, model.shape)


def test_lengths_are_those_of_the_texts(data_root: Path) -> None:
    from toolschool.datasets import registry

    found = sorted(len(text) for text in registry.texts("gsm8k", split="train", purpose="train"))
    mean = sum(found) / len(found)
    middles = [found[int((i + 0.5) / len(LENGTHS) * len(found))] / mean for i in range(len(LENGTHS))]
    assert middles == pytest.approx(LENGTHS, abs=0.03)


def test_collecting_is_measured_over_rows_of_that_kind() -> None:
    seconds, size = measure(texts=128)
    assert 0 < seconds < 1
    assert size == pytest.approx(4200, rel=0.3)


def test_four_workers_are_foretold_from_two() -> None:
    share = reality.fixed_share(8, 2, reality.MEASURED[2])
    assert reality.speed_up(8, 2, share) == pytest.approx(reality.MEASURED[2])
    assert reality.speed_up(8, 4, share) == pytest.approx(reality.MEASURED[4], rel=0.03)
    assert reality.simulated_speed_up(8, 4, share) == pytest.approx(reality.speed_up(8, 4, share))


@pytest.mark.timeout(900)  # seconds of arithmetic, minutes on a busy machine
def test_the_committed_tables_are_what_the_code_gives() -> None:
    document = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    for name, table in tables.tables().items():
        assert part(document, name) == table, f"{name} is old: run `python -m benchmarks scaling`"


def test_pictures_are_drawn() -> None:
    for name, png in tables.pictures().items():
        assert png.startswith(b"\x89PNG")
        assert (ROOT / "docs/results" / name).is_file()
