"""`toolschool plan`: what is proposed, what is refused, and that the settings it prints are settings."""

from typing import Any

import pytest

from jobs.plan import main
from jobs.train import TrainJob
from toolschool.config import build, override, read_yaml

PLANNER = "recipes/tinyagent/planner-tinyllama.yaml"


def run(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main(["--config", PLANNER, *more])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def settings(printed: str) -> dict[str, Any]:
    import yaml

    lines = printed.split("add to the recipe:\n")[1].splitlines()
    return {key: yaml.safe_load(value) for key, _, value in (line.strip().partition("=") for line in lines)}


def test_the_proposal_is_a_configuration_with_the_recipes_batch(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "hardware.gpu=A100 80GB", "hardware.count=4", "hardware.price=1.8")
    assert code == 0
    assert "1.10 billion weights, 12.6 million learn" in out
    recipe = read_yaml(PLANNER)
    job = build(TrainJob, override(recipe, settings(out)))
    assert job.train.batch_size * job.train.grad_accumulation * job.workers.count == 8
    assert (job.deepspeed.stage, job.deepspeed.precision) == (0, "bfloat16"), (
        "an adapter needs no sharding on such GPUs"
    )


def test_what_is_short_of_memory_is_sharded_or_waits_in_host_memory(capsys: pytest.CaptureFixture[str]) -> None:
    full = ("model.adapter=full", "model.name=meta-llama/Llama-3.2-3B", "hardware.gpu=A100")
    _, out, _ = run(capsys, *full)
    assert settings(out)["deepspeed.offload"] == "optimizer"
    assert "none" in out.split("ZeRO-0")[1].split("\n")[0]
    _, out, _ = run(capsys, *full, "hardware.count=4")
    assert settings(out)["deepspeed.stage"] == 1, "states in quarters fit, and that moves least"
    assert settings(out)["deepspeed.offload"] == "none"
    _, out, _ = run(capsys, "hardware.gpu=T4")
    assert settings(out)["deepspeed.precision"] == "float16", "a T4 has no bfloat16"


def test_four_bits_go_without_sharding(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "model.adapter=qlora", "deepspeed.stage=2", "hardware.gpu=L4")
    assert settings(out)["engine"] == "plain"


def test_what_cannot_fit_is_refused_with_what_would(capsys: pytest.CaptureFixture[str]) -> None:
    big = ("model.name=meta-llama/Llama-3.1-8B", "model.adapter=full", "train.max_length=1024", "hardware.gpu=L4")
    code, _, err = run(capsys, *big, "hardware.gib=6")
    assert code == 2
    assert "does not fit on 1 x L4" in err
    assert "it would with model.adapter=lora" in err
    _, _, err = run(capsys, *big, "hardware.gib=2")
    assert "take a smaller model or shorter rows" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("hardware.gpu=Abacus", "set hardware.gib"),
        ("objective=tool_classifier", "a plan is for language models"),
        ("model.name=Nobody/knows-this", "is not known here"),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], given: str, said: str) -> None:
    code, _, err = run(capsys, given)
    assert code == 2
    assert said in err


def test_a_typo_is_told_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(capsys, "hardware.giib=3")
    assert "did you mean gib" in capsys.readouterr().err
