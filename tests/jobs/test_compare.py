"""A comparison over made-up jobs: every figure is a step's, what is missing has its reason, and mistakes are told before anything starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import chain, compare
from jobs.chain import Verb
from jobs.compare import CompareConfig
from jobs.results import flat
from pipelines import manifest
from toolschool.config import Config, OutputConfig, build
from toolschool.errors import ConfigError, DataError
from toolschool.evaluation.intervals import wilson

PNG = b"\x89PNG"


class AskConfig(Config):
    """A made-up job's."""

    right: int = 0
    of: int = 10
    model: str = ""
    output: OutputConfig


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the steps that were done, by a job that knows how many answers are right."""
    names: list[str] = []

    def work(config: AskConfig) -> None:
        names.append(config.output.name)
        metrics = flat("quiz.sums.enabled.accuracy", wilson(config.right, config.of))
        metrics |= flat("quiz.sums.enabled.accuracy_given_call", wilson(config.right // 2, config.of // 2))
        metrics |= {"ours.seconds.p50": 0.25, "ours.requests": 2, "ours.prompt_tokens": 60, "ours.completion_tokens": 9}
        counts = {"in": config.of, "trained": 7, "parameters": 70}
        folder = Path(config.output.storage, config.output.name)
        folder.mkdir(parents=True, exist_ok=True)
        written = config.model_dump(mode="json")
        manifest.write(str(folder), "quiz", config=written, metrics=metrics, counts=counts, wall_s=60)

    monkeypatch.setattr(chain, "verb_named", lambda name: Verb(AskConfig, lambda config: None, work))
    return names


def config(tmp_path: Path, **more: Any) -> CompareConfig:
    """Two methods, of which one does sums alone."""
    score = {"step": "asked", "metric": "quiz.sums.enabled.accuracy"}
    given = {
        "steps": {
            "model": {"verb": "train"},
            "asked": {"verb": "quiz", "set": {"right": 6, "model": "{model}"}},
            "other": {"verb": "quiz", "set": {"right": 3}},
        },
        "methods": {
            "a": {"title": "A", "taught": ["model"], "served": {"step": "asked", "metric": "ours"}},
            "b": {"title": "B"},
        },
        "tasks": {
            "sums": {
                "title": "sums",
                "group": "arithmetic",
                "measure": "right",
                "scores": {"a": score, "b": "B cannot add"},
            },
            "tools": {
                "title": "tools",
                "group": "choice",
                "measure": "chosen",
                "scores": {"a": "A knows no tools", "b": {**score, "step": "other"}},
            },
        },
        "curves": {"size": {"title": "Size", "along": "parameters", "points": {"A": {1e6: score}}}},
        "stacks": {
            "why": {
                "title": "Why",
                "groups": {"sums": {"A": {"step": "asked", "metric": "quiz.sums.enabled"}}},
            }
        },
        "output": {"storage": str(tmp_path), "name": "run"},
    }
    return build(CompareConfig, given, more)


def test_every_figure_is_a_steps(done: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare.check(config(tmp_path))
    compare.work(config(tmp_path))
    assert done == ["model", "asked", "other"]
    run = tmp_path / "run"
    page = (run / "comparison.md").read_text()
    assert "| sums | 60.0 [31.3, 83.2] | – a | 10 | right |" in page
    assert "a: B cannot add." in page
    assert "| tools | – a | 30.0 [10.8, 60.3] | 10 | chosen |" in page
    assert "| A | 7 | 1.0 | 250 | 30 / 4 |" in page
    assert "| sums | A | asked: quiz.sums.enabled.accuracy |" in page
    names = ["arithmetic", "choice", "size", "why"]
    assert all((run / f"comparison-{name}.png").read_bytes().startswith(PNG) for name in names)
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["sums.a"] == 0.6
    assert "sums.b" not in metrics
    assert set(json.loads((run / "manifest.json").read_text())["inputs"]) == {"model", "asked", "other"}
    compare.work(config(tmp_path))
    assert done == ["model", "asked", "other"], "what has ended is not done again"
    assert "finished before" in capsys.readouterr().out


def test_a_group_alone_needs_its_steps_alone(done: list[str], tmp_path: Path) -> None:
    compare.work(config(tmp_path, only=["choice"]))
    assert done == ["other"]
    assert "| sums |" not in (tmp_path / "run" / "comparison.md").read_text()
    assert not (tmp_path / "run" / "comparison-size.png").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tasks": {"sums": {"scores": {"c": "why"}}}}, "c is missing, or is no method"),
        ({"tasks": {"sums": {"scores": {"b": {"step": "askd", "metric": "x"}}}}}, "there is no step askd"),
        ({"methods": {"a": {"taught": ["modl"]}}}, "methods.a: there is no step modl"),
        ({"methods": {"a": {"served": {"step": "askd"}}}}, "methods.a: there is no step askd"),
        ({"only": ["arithmetik"]}, "there is no group arithmetik; there are arithmetic, choice"),
    ],
)
def test_mistakes_are_told_before_anything_starts(done: list[str], tmp_path: Path, wrong: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        compare.check(config(tmp_path, **wrong))
    assert not done


def test_a_figure_that_was_not_measured_is_no_zero(done: list[str], tmp_path: Path) -> None:
    wrong = {"sums": {"scores": {"a": {"step": "asked", "metric": "quiz.sums.accuracy"}}}}
    with pytest.raises(DataError, match=r"step asked has not measured quiz.sums.accuracy"):
        compare.work(config(tmp_path, tasks=wrong))
