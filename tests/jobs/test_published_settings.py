"""The recipes of the published settings say what was published, number by number, and fit on the hardware that they were run on, or are likely to be.

Sources: Toolformer, arXiv 2302.04761, appendix B. ToolkenGPT, 2305.11554, and its code. ToolGen, 2410.03439, and its code; the small
re-implementation with Llama-3.2-1B. TinyAgent, its authors' post, and the reproductions. STE, 2403.04746, and its scripts.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jobs import plan
from jobs.chain import ChainConfig
from jobs.chain import plan as steps_of
from jobs.train import TrainJob, check
from toolschool.config import build, merged, read_yaml

ROOT = Path(__file__).resolve().parents[2]


class Published(NamedTuple):
    """A training as published: recipes, rows (or texts) of a step, dotted settings, and GPUs it fits on, theirs first."""

    recipes: tuple[str, ...]
    step_rows: int
    settings: dict[str, Any]
    hardware: tuple[tuple[str, int], ...] = ()


BF16 = {"deepspeed.precision": "bfloat16", "train.autocast": False, "engine": "deepspeed"}
ADAMW = {"train.optimizer": "adamw", "train.weight_decay": 0.0}
NF4 = {
    "model.adapter": "qlora",
    "model.lora.r": 8,
    "model.lora.alpha": 32,
    "model.lora.dropout": 0.05,
    "train.lr": 5e-5,
    "train.epochs": 3,
}
TOOLGEN = {
    **BF16,
    **ADAMW,
    "model.name": "meta-llama/Meta-Llama-3-8B",
    "model.adapter": "full",
    "train.lr": 2e-5,
    "train.warmup_ratio": 0.03,
}
TOOLGEN |= {"train.schedule": "linear", "workers.count": 8}
HEAD = {"objective": "tool_head", "train.lr": 1e-3, "train.epochs": 10}

TRAININGS = {
    "toolformer": Published(
        ("toolformer/train", "toolformer/train-gpt-j-6b"),
        128,
        {
            **BF16,
            **ADAMW,
            "model.name": "EleutherAI/gpt-j-6b",
            "model.adapter": "full",
            "train.lr": 1e-5,
            "train.warmup_ratio": 0.1,
            "train.max_steps": 2000,
            "train.max_length": 1024,
            "train.eval_every": 500,
            "train.eval_rows": 1000,
            "train.packing": False,
            "objective_args.supervise_prompt": True,
            "deepspeed.stage": 3,
            "workers.count": 8,
        },
        (("A100", 8), ("H100", 8)),
    ),
    "toolken-gsm8k-xl": Published(
        ("toolken/train", "toolken/gsm8k-xl-llama-30b"), 16, {**HEAD, "model.name": "huggyllama/llama-30b"}
    ),
    "toolken-kamel": Published(
        ("toolken/train", "toolken/kamel-llama-13b"), 16, {**HEAD, "model.name": "huggyllama/llama-13b"}
    ),
    "toolgen-1b": Published(
        ("toolgen/memorize", "toolgen/llama-3.2-1b"),
        8,
        {
            **NF4,
            "model.name": "meta-llama/Llama-3.2-1B",
            "model.lora.target_modules": ("q_proj", "k_proj", "v_proj", "o_proj"),
            "train.max_length": 512,
        },
        (("T4", 1), ("L4", 1)),
    ),
    "tinyagent-planner": Published(
        ("tinyagent/planner-tinyllama",),
        8,
        {
            **BF16,
            "model.name": "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
            "model.adapter": "lora",
            "model.lora.r": 16,
            "model.lora.dropout": 0.1,
            "train.lr": 7e-5,
            "train.epochs": 3,
            "train.max_length": 4608,
        },
        (("L4", 1), ("A100", 1)),
    ),
    "tinyagent-toolrag": Published(
        ("tinyagent/toolrag-deberta",),
        128,
        {
            "objective": "tool_classifier",
            "model.name": "microsoft/deberta-v3-small",
            "model.adapter": "full",
            "objective_args.pos_weight": 60,
            "objective_args.threshold": 0.5,
            "objective_args.pooling": "mean",
            "train.lr": 4e-5,
            "train.epochs": 6,
            "train.warmup_ratio": 0.33,
            "train.max_length": 512,
        },
    ),
    "ste": Published(
        ("ste/train", "ste/train-llama-2-7b"),
        64,
        {
            **BF16,
            **ADAMW,
            "model.name": "meta-llama/Llama-2-7b-chat-hf",
            "model.adapter": "full",
            "train.lr": 2e-5,
            "train.schedule": "cosine",
            "train.warmup_ratio": 0.03,
            "train.epochs": 2,
            "train.batch_size": 1,
            "train.grad_accumulation": 16,
            "train.max_length": 2048,
            "workers.count": 4,
        },
        (("A100 80GB", 4), ("H100", 4)),
    ),
}
STAGES = {
    "chain-llama-3-8b": {
        "memorize": (1024, {**TOOLGEN, "train.epochs": 8, "train.max_length": 1024, "deepspeed.stage": 2}),
        "retrieve": (
            1024,
            {**TOOLGEN, "model.name": "{memorize}", "train.epochs": 1, "train.max_length": 1024, "deepspeed.stage": 2},
        ),
        "act": (
            512,
            {
                **TOOLGEN,
                "model.name": "{retrieve}",
                "train.epochs": 1,
                "train.max_length": 6144,
                "deepspeed.stage": 3,
                "deepspeed.offload": "all",
            },
        ),
    },
    "chain-llama-3.2-1b": {
        "memorize": (8, NF4),
        "retrieve": (16, {**NF4, "model.name": "{memorize}"}),
        "act": (16, {**NF4, "model.name": "{retrieve}", "train.max_length": 512}),
    },
}


def at(config: TrainJob, key: str) -> Any:
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def differing(config: TrainJob, settings: dict[str, Any]) -> dict[str, Any]:
    return {key: at(config, key) for key, wanted in settings.items() if at(config, key) != wanted}


def step_rows(config: TrainJob) -> int:
    assert config.train.batch_tokens is None, "a step of so many tokens has no certain number of rows"
    return config.train.batch_size * config.train.grad_accumulation * config.workers.count


def paths(published: Published) -> list[str]:
    return [str(ROOT / "recipes" / f"{name}.yaml") for name in published.recipes]


@pytest.mark.parametrize("name", TRAININGS)
def test_a_recipe_says_what_was_published(name: str) -> None:
    published = TRAININGS[name]
    config = build(TrainJob, merged(map(read_yaml, paths(published))))
    check(config)
    assert differing(config, published.settings) == {}
    assert step_rows(config) == published.step_rows


@pytest.mark.parametrize("name", STAGES)
def test_a_chain_says_what_was_published_stage_by_stage(name: str, tmp_path: Path) -> None:
    recipes = [read_yaml(ROOT / "recipes" / "toolgen" / f"{file}.yaml") for file in ("chain", name)]
    chain = build(ChainConfig, merged([*recipes, {"output": {"storage": str(tmp_path)}}]))
    run = tmp_path / chain.output.name
    todo = {step.name: step.config for step in steps_of(chain)}
    for stage, (rows, settings) in STAGES[name].items():
        wanted = {
            key: re.sub(r"\{(\w+)\}", rf"{run}/\1/model", v) if isinstance(v, str) else v for key, v in settings.items()
        }
        assert differing(todo[stage], wanted) == {}, stage
        assert step_rows(todo[stage]) == rows, stage


PLANS = [(name, gpu, count) for name, published in TRAININGS.items() for gpu, count in published.hardware]


@pytest.mark.parametrize(("name", "gpu", "count"), PLANS)
def test_a_recipe_fits_on_what_it_was_run_on_and_on_newer(
    name: str, gpu: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the layout that a plan chooses, with the published rows of a step."""
    published = TRAININGS[name]
    words = [word for path in paths(published) for word in ("--config", path)]
    code = plan.main([*words, "rows=runs/nothing-is-prepared-here", f"hardware.gpu={gpu}", f"hardware.count={count}"])
    said = capsys.readouterr()
    assert code == 0, said.err
    chosen = dict(line.strip().split("=", 1) for line in said.out.split("add to the recipe:\n")[1].splitlines())
    rows = int(chosen["train.batch_size"]) * int(chosen["train.grad_accumulation"]) * int(chosen["workers"])
    assert rows == published.step_rows


@pytest.mark.parametrize(
    "words", [("train.epochs=8",), ("train.batch_size=1", "train.max_length=6144", "deepspeed.stage=3")]
)
def test_the_stages_of_toolgen_fit_on_eight_gpus(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    recipes = [str(ROOT / "recipes" / "toolgen" / f"{name}.yaml") for name in ("memorize", "llama-3-8b")]
    given = [word for path in recipes for word in ("--config", path)]
    assert plan.main([*given, *words, "rows=none", "hardware.gpu=A100 80GB", "hardware.count=8"]) == 0
    assert "8.03 billion weights" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "billions"),
    [
        ("EleutherAI/gpt-j-6b", 6.05),
        ("meta-llama/Llama-2-7b-chat-hf", 6.74),
        ("mistralai/Mistral-7B-Instruct-v0.2", 7.24),
        ("meta-llama/Meta-Llama-3-8B", 8.03),
        ("huggyllama/llama-13b", 13.02),
        ("huggyllama/llama-30b", 32.53),
    ],
)
def test_shapes_have_as_many_weights_as_their_models_are_known_to(model: str, billions: float) -> None:
    from toolschool.models.shapes import shape_config, skeleton

    weights = sum(parameter.numel() for parameter in skeleton(shape_config(model)).parameters())
    assert round(weights / 1e9, 2) == billions
